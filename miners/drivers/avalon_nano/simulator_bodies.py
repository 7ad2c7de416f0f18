"""What a simulated Avalon is and how it writes itself: figures in brackets, one shape a product."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from miners.drivers.avalon_nano.simulator import AvalonSimulator

Answer = tuple[int, str, str, list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class RunMode:
    """What a device does in one of its modes once it has settled."""

    ghs: float
    watts: float
    target_c: int


@dataclass(frozen=True, slots=True)
class Slot:
    """One place in the list of pools."""

    host: str
    port: int
    user: str
    password: str = "x"  # noqa: S105  # the usual one, of a simulated device


@dataclass(frozen=True, slots=True)
class Body:
    """What is fixed about a product."""

    product: str
    name: str
    hardware: str
    software: str
    stats_id: str
    core: str
    chips: int
    modes: tuple[RunMode, ...]
    slots: int = 3
    has_mac: bool = True
    has_levels: bool = False  # the Nano 3: no workmode, watts elsewhere
    has_standby: bool = False  # and the newer wrapping of its figures
    web_user: str = "admin"


BODIES: dict[str, Body] = {
    "nano3s": Body(
        "Avalon Nano3s",
        "Nano3s",
        "N_MM1v1_X1",
        "MM319",
        "AVALON0",
        "A3197S",
        12,
        (RunMode(3600, 66, 80), RunMode(5200, 101, 85), RunMode(6450, 132, 90)),
    ),
    "nano3": Body(
        "Avalonnano",
        "nano3",
        "PMMv1_X1",
        "MM318_X2",
        "AVANANO0",
        "A3198S",
        10,
        (RunMode(2300, 60, 80), RunMode(3340, 90, 85), RunMode(4150, 125, 90)),
        has_mac=False,
        has_levels=True,
        web_user="root",
    ),
    "q": Body(
        "Avalon Q",
        "Q",
        "Q_MM1v1_X1",
        "MM319",
        "AVALON0",
        "A3197S",
        160,
        (RunMode(55_000, 800, 65), RunMode(80_000, 1300, 70), RunMode(90_000, 1674, 75)),
        slots=1,
        has_standby=True,
    ),
}


def version(device: "AvalonSimulator") -> Answer:
    body = device.body
    row: dict[str, Any] = {
        "CGMiner": "4.11.1",
        "API": "3.7",
        "PROD": body.product,
        "MODEL": body.name,
        "HWTYPE": body.hardware,
        "SWTYPE": body.software,
    }
    if body.has_mac:
        row |= {"LVERSION": device.firmware, "BVERSION": device.firmware, "CGVERSION": device.firmware}
        row |= {"DNA": device.dna, "MAC": device.mac}
    else:
        row |= {"VERSION": device.firmware, "HVERSION": "24071801_b906c52_6223725"}
    return 22, "CGMiner versions", "VERSION", [{**row, "UPAPI": "2"}]


def summary(device: "AvalonSimulator") -> Answer:
    mhs = device.hashrate_ghs() * 1000
    row = {
        "Elapsed": elapsed(device),
        "MHS av": round(mhs, 2),
        "MHS 5s": round(mhs * (1 + 12 * device.noise), 2),  # swings far more than the work does
        "MHS 1m": round(mhs, 2),
        "Found Blocks": 0,
        "Accepted": device.accepted,
        "Rejected": device.rejected,
        "Hardware Errors": 0,
        "Stale": 0,
        "Best Share": device.best,
        "Pool Rejected%": 0.03,
        "Last getwork": 0,
    }
    return 11, "Summary", "SUMMARY", [row]


def elapsed(device: "AvalonSimulator") -> int:
    return max(0, int(device.clock() - device.booted_at))


def stats(device: "AvalonSimulator") -> Answer:
    line = " ".join(f"{name}[{value}]" for name, value in figures(device).items())
    key, held = ("MM ID0:Summary", f"'STATS':{{{line}}}") if device.body.has_standby else ("MM ID0", line)
    rows: list[dict[str, Any]] = [
        {"STATS": 0, "ID": device.body.stats_id, "Elapsed": elapsed(device), "Calls": 0, key: held, "MM Count": 1}
    ]
    rows += [{"STATS": place + 1, "ID": f"POOL{place}", "Pool Calls": 0} for place in range(len(device.slots))]
    return 70, "CGMiner stats", "STATS", rows


def figures(device: "AvalonSimulator") -> dict[str, Any]:
    """Return the tokens of the product; a Nano 3 has no system status and calls its mode a level."""
    body, mode = device.body, device.body.modes[device.mode]
    work, runs, hot = device.hashrate_ghs(), device.runs(), round(device.temp_c)
    told = identity(device)
    told |= {"Elapsed": elapsed(device) + 12, "HW": 0, "DH": "2.130%"}
    told |= {"Temp": 52} if body.has_levels else {"ITemp": -273}
    told |= {
        "OTemp": 58 if runs else 30,
        "TMax": hot + 5 if runs else 0,
        "TAvg": hot if runs else 0,
        "TarT": mode.target_c,
        "Fan1": round(device.fan_percent * 47),
        "FanR": f"{round(device.fan_percent)}%",
        "PS": supply(device),
        "GHSspd": f"{work:.2f}",
        "GHSmm": f"{mode.ghs * 1.02:.2f}",
        "GHSavg": f"{mode.ghs * 0.98:.2f}",
        "Freq": "0.00" if body.has_levels else f"{mode.ghs / 14.25:.2f}",
        "TA": body.chips,
        "Core": body.core,
        "PING": 71,
        "SoftOFF": device.soft_off,
        "ECHU": 0,
        "ECMM": 0,
        "PVT_T0": " ".join(f" {hot + place % 5 - 2}" for place in range(min(body.chips, 12))),
        "CRC": 0,
    }
    if body.has_levels:
        told |= {"WORKLEVEL": device.mode}
    else:
        told |= {"WORKMODE": device.mode, "WORKLEVEL": 0, "CALIALL": 7}
    told |= {"MPO": round(mode.watts), "ADJ": int(not device.is_calibrating())}
    if device.is_calibrating():
        told["BAR"] = round(100 * max(0.0, device.clock() - device.mode_set_at) / max(1.0, device.calibration_s))
    return told


def identity(device: "AvalonSimulator") -> dict[str, Any]:
    """Return the tokens that say what it is and what it does."""
    told: dict[str, Any] = {"Ver": f"{device.body.name}-{device.firmware}"}
    if device.body.has_levels:
        return told | {"HVer": "24071801_b906c52_6223725", "DNA": "0" * 16, " HDNA": device.dna}
    state = "In Idle" if device.soft_off else "In Init" if elapsed(device) < 10 else "In Work"
    told |= {"LVer": device.firmware, "FW": "Release", "DNA": device.dna}
    return told | {"NETFAIL": "0 0 0 0 0 0 0 0", "SYSTEMSTATU": f"Work: {state}, Hash Board: 1"}


def supply(device: "AvalonSimulator") -> str:
    watts = round(device.power_w())
    if device.body.has_levels:
        return f"{device.supply_bits} 0 0 3 2780 {watts} 314"
    if device.body.has_standby:
        return f"{device.supply_bits} 1222 4 0 {round(watts * 0.92)} 2245 {watts}"
    return f"{device.supply_bits} 0 27697 4 0 3678 {watts}"


def pools(device: "AvalonSimulator") -> Answer:
    live = device.live_slot()
    rows = []
    for place, slot in enumerate(device.slots):
        rows.append(
            {
                "POOL": place,
                "URL": f"stratum+tcp://{slot.host}:{slot.port}" if slot.host else "",
                "Status": "Dead" if place in device.dead or not slot.host else "Alive",
                "Priority": device.order.index(place),
                "Accepted": device.accepted if place == live else 0,
                "Rejected": 0,
                "Stale": 0,
                "User": slot.user,
                "Last Share Time": 0,
                "Work Difficulty": 8192.0,
                "Stratum Active": place == live and not device.soft_off,
                "Best Share": device.best if place == live else 0,
                "Current Block Height": 943768,
            }
        )
    return 7, f"{len(rows)} Pool(s)", "POOLS", rows
