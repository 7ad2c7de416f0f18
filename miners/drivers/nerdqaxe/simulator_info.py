"""What a simulated NerdOS device of each version shows at /api/system/info."""

from typing import TYPE_CHECKING, Any

from miners.drivers.esp_simulator import FALLBACK_KEYS, POOL_KEYS, difficulty

if TYPE_CHECKING:
    from miners.drivers.nerdqaxe.simulator import NerdQaxeSimulator

POOL_DIFFICULTY = 4096


def info_of(device: "NerdQaxeSimulator") -> dict[str, Any]:
    """Return the flat object with the fields, and the spellings, of the device's version."""
    return {**measured(device), **identity(device), **pools(device), **switches(device)}


def measured(device: "NerdQaxeSimulator") -> dict[str, Any]:
    """Heat, power and work; the mean over ten minutes lags, so it is not 0 at once after a stop."""
    physics, settings, now = device.physics, device.settings, device.clock()
    work, power, version = device.work_ghs(now), device.power_w(), device.version
    as_text = version < (1, 0, 35)
    fields: dict[str, Any] = {
        "power": round(power, 3),
        "minPower": round(device.facts.max_power * 0.52),
        "maxPower": device.facts.max_power,
        "voltage": float(device.facts.input_mv - 120),
        "minVoltage": round(device.facts.input_mv * 0.92 / 1000, 1),  # volts, beside millivolts
        "maxVoltage": round(device.facts.input_mv * 1.09 / 1000, 1),
        "current": round(power / device.facts.input_mv * 1e6, 1),
        "temp": round(physics.temp_c, 2),
        "vrTemp": round(physics.temp_c + 5),
        "hashRateTimestamp": int((now - device.booted_at) * 1000),
        "hashRate_10m": round(work, 3),
        "hashRate_1h": round(work, 3),
        "hashRate_1d": round(work, 3),
        "coreVoltage": settings["coreVoltage"],
        "coreVoltageActual": settings["coreVoltage"] - 1 if device.runs() else 0,
        "frequency": settings["frequency"],
        "fanspeed": round(physics.fan_percent),
        "fanrpm": round(physics.fan_percent * 31),
        "sharesAccepted": physics.shares,
        "sharesRejected": physics.rejected,
        "bestDiff": difficulty(physics.best, as_text=as_text),
        "bestSessionDiff": difficulty(physics.best_session, as_text=as_text),
        "uptimeSeconds": max(0, int(now - device.booted_at)),
    }
    if not (1, 0, 2) <= version < (1, 0, 20):
        fields["hashRate"] = round(work, 3)
    if version >= (1, 0, 31):
        fields["hashRate_1m"] = round(work, 3)
    if version >= (1, 0, 30):
        fields["poolDifficulty"] = POOL_DIFFICULTY
    if version >= (1, 0, 37):
        fields["vrTempInt"] = physics.temp_c + 8
        fields["asicTemps"] = [0] * device.facts.chips
    return fields


def identity(device: "NerdQaxeSimulator") -> dict[str, Any]:
    fields: dict[str, Any] = {
        "version": device.firmware,
        "deviceModel": device.facts.device_model,
        "ASICModel": device.facts.asic,
        "asicCount": device.facts.chips,
        "smallCoreCount": device.facts.cores,
        "defaultFrequency": device.facts.frequency,
        "defaultCoreVoltage": device.facts.voltage,
        "hostip": "192.168.1.32",
        "hostname": device.settings["hostname"],
        "ssid": "example-wifi",
        "wifiStatus": "WiFi Connected!",
        "wifiRSSI": -58,
        "lastResetReason": "SYSTEM.RESET_SOFTWARE",
        "runningPartition": "ota_0",
        "freeHeap": 6_890_556,
    }
    if device.version >= (1, 0, 30):
        fields["macAddr"] = device.mac
    return fields


def switches(device: "NerdQaxeSimulator") -> dict[str, Any]:
    names = ("autofanspeed", "overheat_temp", "pidTargetTemp", "stratumDifficulty")
    fields = {name: device.settings[name] for name in names}
    fields["autoscreenoff"] = int(device.settings["autoscreenoff"])
    if device.version >= (1, 0, 35):
        fields["manualFanSpeed"] = device.settings["manualFanSpeed"]
    if device.version >= (1, 0, 34):
        fields["otp"] = bool(device.otp_secret)
    if device.version >= (1, 0, 36):
        fields["shutdown"] = device.stopped
    return fields


def pools(device: "NerdQaxeSimulator") -> dict[str, Any]:
    """Configured pools, and their state: two flags in older firmware, one object in newer."""
    settings, version = device.settings, device.version
    fields = {name: settings[name] for name in (*POOL_KEYS[:3], *FALLBACK_KEYS[:3])}
    fallback = not device.connected[0] and device.connected[1]
    if (1, 0, 25) <= version < (1, 0, 35):
        fields["isUsingFallbackStratum"] = fallback
    if (1, 0, 29) <= version < (1, 0, 35):
        fields["isStratumConnected"] = any(device.connected)
    if version >= (1, 0, 35):
        fields["stratum"] = stratum(device, fallback=fallback)
        fields["stratumProtocol"] = 0
    return fields


def stratum(device: "NerdQaxeSimulator", *, fallback: bool) -> dict[str, Any]:
    """Return the pools' state: the active one in failover, both in dual mode and in the 1.1.0 betas."""
    both = [pool_state(device, connected=connected) for connected in device.connected]
    told: dict[str, Any] = {
        "poolMode": device.settings["poolMode"],
        "activePoolMode": device.settings["poolMode"],
        "poolBalance": device.settings["poolBalance"],
        "totalBestDiff": round(device.physics.best),
    }
    if device.is_dual:
        return {**told, "pools": both}
    active = both if "beta" in device.firmware else [both[1 if fallback else 0]]
    return {**told, "usingFallback": fallback, "pools": active}


def pool_state(device: "NerdQaxeSimulator", *, connected: bool) -> dict[str, Any]:
    return {
        "connected": connected and not device.stopped,
        "poolDifficulty": POOL_DIFFICULTY,
        "networkDifficulty": 124_932_866_000_000,
        "accepted": device.physics.shares,
        "rejected": device.physics.rejected,
        "pingRtt": 34.1,
        "pingLoss": 0,
        "bestDiff": round(device.physics.best_session),
    }
