"""What a simulated Bitaxe of each version shows at /api/system/info."""

from typing import TYPE_CHECKING, Any

from miners.drivers.bitaxe.wire import TLS_SINCE
from miners.drivers.esp_simulator import MASK, difficulty

if TYPE_CHECKING:
    from miners.drivers.bitaxe.simulator import BitaxeSimulator


TLS_KEYS = ("stratumTLS", "fallbackStratumTLS")


def info_of(device: "BitaxeSimulator") -> dict[str, Any]:
    """Return the flat object with the fields, and the spellings, of the device's version."""
    version = device.version
    fields = {**measured(device), **identity(device), **pools(device), **switches(device)}
    if device.is_fork:
        fields |= {"chiptemp1": fields["temp"] - 1.5, "chiptemp2": fields["temp"]}
    if version >= (2, 8):
        fields["expectedHashrate"] = expected(device)
    if version >= (2, 11):
        fields["errorPercentage"] = 0.1
        fields["hashrateMonitor"] = {"asics": chips(device, fields["hashRate"])}
        fields["blockFound"] = 0
    if version >= (2, 12):
        fields |= {f"hashRate_{span}": fields["hashRate"] for span in ("1m", "10m", "1h")}
        fields["resetReason"] = "Software reset via esp_restart"
    if version >= (2, 14):
        fields["miningPaused"] = device.paused
        fields["actualFrequency"] = device.settings["frequency"]
    return fields


def expected(device: "BitaxeSimulator") -> float:
    frequency = float(device.settings["frequency"])
    return round(frequency * device.facts.cores * device.facts.chips / 1000, 1)


def measured(device: "BitaxeSimulator") -> dict[str, Any]:
    """Heat, power and work; a cold chip shows -1, a difficulty is text up to 2.10."""
    physics, settings, now = device.physics, device.settings, device.clock()
    runs, work, power = device.runs(), device.work_ghs(now), device.power_w()
    version = device.version
    fields: dict[str, Any] = {
        "power": round(power, 3),
        "voltage": device.facts.input_mv + 60 - power,
        "current": round(power / device.facts.input_mv * 1e6, 1),
        "temp": round(physics.temp_c, 3),
        "hashRate": round(work, 3),
        "fanspeed": round(physics.fan_percent, 1) if version in {(2, 12), (2, 13)} else round(physics.fan_percent),
        "coreVoltage": settings["coreVoltage"],
        "coreVoltageActual": round(settings["coreVoltage"] * 0.993) if runs else 0,
        "frequency": settings["frequency"],
        "sharesAccepted": physics.shares,
        "sharesRejected": physics.rejected,
        "bestDiff": difficulty(physics.best, as_text=version <= (2, 10)),
        "bestSessionDiff": difficulty(physics.best_session, as_text=version <= (2, 10)),
        "uptimeSeconds": max(0, int(now - device.booted_at)),
    }
    fields["fanrpm" if version >= (2, 2) else "fanSpeedRpm"] = round(physics.fan_percent * 62)
    fields["poolDifficulty" if version >= (2, 9) else "stratumDiff"] = 4096
    if version >= (2, 2):
        fields["vrTemp"] = round(physics.temp_c + 4)
    if version >= (2, 10):
        fields["temp2"] = -1
    if version >= (2, 6):
        fields |= {
            "maxPower": device.facts.max_power,
            "nominalVoltage": device.facts.input_mv // 1000,
            "wifiRSSI": -52,
        }
    return fields


def chips(device: "BitaxeSimulator", work: float) -> list[dict[str, Any]]:
    count = device.facts.chips
    return [{"total": round(work / count, 3), "domains": [], "errorCount": 12 + place} for place in range(count)]


def identity(device: "BitaxeSimulator") -> dict[str, Any]:
    fields: dict[str, Any] = {
        "version": device.firmware,
        "idfVersion": "v5.5.1",
        "boardVersion": device.facts.version,
        "ASICModel": device.facts.asic,
        "hostname": device.settings["hostname"],
        "ssid": "example-wifi",
        "wifiStatus": "Connected!",
        "runningPartition": "factory",
        "freeHeap": 8_200_000,
    }
    if device.version >= (2, 2):
        fields["smallCoreCount"] = device.facts.cores
    if (2, 2) <= device.version < (2, 9):
        fields["asicCount"] = device.facts.chips
    if device.version >= (2, 3):
        fields["macAddr"] = device.mac
    if device.version >= (2, 9):
        fields["axeOSVersion"] = device.firmware
    return fields


def switches(device: "BitaxeSimulator") -> dict[str, Any]:
    fields: dict[str, Any] = {
        "autofanspeed": device.settings["autofanspeed"],
        "overclockEnabled": device.settings["overclockEnabled"],
    }
    if device.version >= (2, 2):
        fields["overheat_mode"] = device.settings["overheat_mode"]
    if device.version >= (2, 11):
        fields["manualFanSpeed"] = device.settings["manualFanSpeed"]
    if device.version >= (2, 7):
        fields["temptarget"] = device.settings["temptarget"]
    return fields


def pools(device: "BitaxeSimulator") -> dict[str, Any]:
    """Configured pools; from 2.15 on as a list too, passwords masked."""
    settings = device.settings
    fields = {key: settings[key] for key in ("stratumURL", "stratumPort", "stratumUser")}
    if device.version >= TLS_SINCE:
        fields |= {key: settings[key] for key in TLS_KEYS}
    if device.version >= (2, 3):
        fields |= {key: settings[key] for key in ("fallbackStratumURL", "fallbackStratumPort", "fallbackStratumUser")}
        fields["isUsingFallbackStratum"] = int(device.live_fallback)
    if device.has_pool_list:
        fields |= {
            "primaryPoolIndex": 0,
            "secondaryPoolIndex": 1,
            "useFallbackStratum": settings["useFallbackStratum"],
            "pools": [pool_slot(settings, 0, "stratum"), pool_slot(settings, 1, "fallbackStratum")],
        }
    return fields


def pool_slot(settings: dict[str, Any], place: int, prefix: str) -> dict[str, Any]:
    return {
        "id": place,
        "stratumProtocol": "SV1",
        "stratumURL": settings[f"{prefix}URL"],
        "stratumPort": settings[f"{prefix}Port"],
        "stratumUser": settings[f"{prefix}User"],
        "stratumPassword": MASK,
        "stratumSuggestedDifficulty": 1000,
        "stratumExtranonceSubscribe": False,
        "stratumTLS": settings[f"{prefix}TLS"],
        "stratumDecodeCoinbase": True,
    }
