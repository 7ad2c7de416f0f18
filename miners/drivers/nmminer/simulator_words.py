"""The words of the simulated NMMiner, one function for each thing it shows."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class BoardFacts:
    """What a board is called and does, in hashes a second; only some have a sensor."""

    name: str
    hashes: float
    temp_c: float


BOARDS = {
    "d0": BoardFacts("ESP32-WROOM-CYD", 1_015_000.0, 0.0),
    "s3": BoardFacts("ESP32-S3-LCD", 390_000.0, 48.5),
    "c3": BoardFacts("ESP32-C3-SPOTPEAR", 400_000.0, 51.0),
    "c5": BoardFacts("NM-CYD-C5", 956_000.0, 51.3),
}


def clock_words(seconds: float) -> str:
    whole = int(seconds)
    return f"{whole // 86400:03d}d {whole % 86400 // 3600:02d}:{whole % 3600 // 60:02d}:{whole % 60:02d}"


def host_port(url: str) -> str:
    return url.rsplit("/", 1)[-1]


def datagram_of(device: Any) -> dict[str, Any]:
    """Return a broadcast: bare figures with a prefix before v1, units and two figures in one text from then on."""
    old = device.version < (1, 0, 0)
    accepted, session = device.accepted(), 0.5 + device.accepted() / 100
    hashes = device.hashes()
    return {
        "BoardType": device.board.name,
        "HashRate": f"{hashes / 1e3:.2f}K" if old else f"{hashes / 1e6:.4f}MH/s",
        "Share": f"1/{accepted}" if old else f"2/{accepted}/{100 * accepted / (accepted + 2):.1f}%",
        "NetDiff": "129.7T",
        "PoolDiff": "0.0014",
        "LastDiff": "0.0021",
        "BestDiff": "38.17K" if old else f"{session:.3f}\r38.17K",
        "Valid": 0,
        "Temp": device.board.temp_c,
        "RSSI": -51,
        "FreeHeap": 92.4,
        "Uptime": clock_words(device.up_s())
        if old
        else f"{clock_words(device.up_s())}\r{clock_words(device.up_before_s + device.up_s())}",
        "Version": device.firmware,
        "PoolInUse": host_port(device.live["PrimaryPool"]),
    }


def swarm_of(device: Any) -> dict[str, Any]:
    """Return the list of generation 2, with this unit alone in it."""
    told = datagram_of(device)
    unit = {
        "ip": device.host,
        "hashRate": told["HashRate"],
        "share": told["Share"],
        "bestDiff": told["BestDiff"].replace("\r", " /"),
        "poolDiff": told["PoolDiff"],
        "netDiff": told["NetDiff"],
        "rssi": told["RSSI"],
        "temp": told["Temp"] or "N/A",
        "uptime": told["Uptime"],
        "version": device.firmware,
        "boardType": device.board.name,
        "pool": told["PoolInUse"],
        "lastseen": 1200,
    }
    summary = {"totalWorkers": 1, "totalHashRate": told["HashRate"], "bestDiff": "38.17K"}
    return {"summary": summary, "devices": [unit]}


def probe_of(device: Any) -> dict[str, Any]:
    return {
        "model": "NMMiner",
        "hostname": device.hostname,
        "ver": device.firmware,
        "sw": 320,
        "sh": 240,
        "hr": round(device.hashes()),
        "sbd": 0.0421,
        "ebd": device.best_ever,
        "ut": int(device.up_s()),
    }


def info_of(device: Any) -> dict[str, Any]:
    """Return /api/system/info of v2: giga-hashes, difficulties as text."""
    return {
        "identity": {"hwModel": "NMMiner", "hostName": device.hostname, "fwVersion": device.firmware, "rssi": -52},
        "miner": {
            "hashRate": device.hashes() / 1e9,
            "sAccepted": device.accepted(),
            "sRejected": 2,
            "uptimeSeconds": int(device.up_s()),
            "uptimeEver": int(device.up_before_s + device.up_s()),
            "networkDiff": "129700000000000.0",
            "poolDiff": "0.00050",
            "lastDiff": "0.00073",
            "bestDiffSession": f"{0.5 + device.accepted() / 100:.5f}",
            "bestDiffEver": f"{device.best_ever:.5f}",
            "blkhits": 0,
            "freeHeap": 118432,
            "minFreeHeap": 94312,
        },
        "stratum": {"url": host_port(device.live["PrimaryPool"]), "user": device.live["PrimaryAddress"]},
        "temps": {"vcore": device.board.temp_c or None, "asic": None},
        "storage": {"fsTotal": 1048576, "fsUsed": 262144},
    }
