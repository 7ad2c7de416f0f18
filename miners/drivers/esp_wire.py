"""What AxeOS and NerdOS write alike: expectations, flat pools and the bodies of settings. Pure."""

from collections.abc import Mapping
from typing import Any

from miners.drivers.base import PoolEntry, PoolTarget, Preset
from miners.drivers.chips import ASICS, mode_of
from miners.drivers.fields import difficulty, mac, number, positive, text, whole


def table_presets(asic_model: str | None) -> Mapping[str, Preset]:
    known = ASICS.get(asic_model or "")
    return known.presets if known is not None else {}


def expected_ths(
    info: Mapping[str, Any], frequency: float | None, asic_model: str | None, chips: int | None
) -> float | None:
    """Return what the device should do: as it says, else clock x small cores x chips."""
    told = positive(info, "expectedHashrate")
    if told is not None:
        return told / 1000
    known = ASICS.get(asic_model or "")
    cores = whole(info, "smallCoreCount") or (known.small_cores if known is not None else None)
    if not frequency or not cores or not chips:
        return None
    return frequency * cores * chips / 1_000_000


def shared_figures(
    info: Mapping[str, Any], *, asic_model: str | None, chips: int | None, presets: Mapping[str, Preset]
) -> dict[str, Any]:
    """Return the fields of a reading that both firmwares write in the same words."""
    frequency, core = number(info, "frequency"), whole(info, "coreVoltage")
    return {
        "asic_model": asic_model,
        "chip_count": chips,
        "mac": mac(info),
        "hostname": text(info, "hostname"),
        "expected_hashrate_ths": expected_ths(info, frequency, asic_model, chips),
        "power_w": number(info, "power"),
        "max_power_w": number(info, "maxPower"),
        "input_voltage_mv": number(info, "voltage"),
        "vr_temp_c": positive(info, "vrTemp"),
        "fan_percent": number(info, "fanspeed"),
        "frequency_mhz": frequency,
        "core_voltage_mv": core,
        "core_voltage_actual_mv": whole(info, "coreVoltageActual"),
        "shares_accepted": whole(info, "sharesAccepted"),
        "shares_rejected": whole(info, "sharesRejected"),
        "best_difficulty": difficulty(info, "bestDiff"),
        "best_session_difficulty": difficulty(info, "bestSessionDiff"),
        "uptime_s": whole(info, "uptimeSeconds"),
        "mode": mode_of(frequency, core, presets),
        "wifi_rssi_dbm": whole(info, "wifiRSSI"),
    }


def flat_pools(info: Mapping[str, Any]) -> tuple[PoolEntry, ...]:
    """Return the first pool and the fallback, from their flat keys."""
    return tuple(
        PoolEntry(position=place, host=host, port=whole(info, f"{prefix}Port"), user=text(info, f"{prefix}User"))
        for place, prefix in enumerate(("stratum", "fallbackStratum"))
        if (host := text(info, f"{prefix}URL"))
    )


def flat_pool_patch(target: PoolTarget) -> dict[str, Any]:
    """Return the first pool's flat keys; the host without a scheme, the port as a whole number."""
    return {
        "stratumURL": target.host,
        "stratumPort": target.port,
        "stratumUser": target.user,
        "stratumPassword": target.password,
    }


def tuning_patch(preset: Preset) -> dict[str, Any]:
    """Clock and core voltage together, as whole numbers; both apply within seconds, without a restart."""
    return {"frequency": int(preset.frequency_mhz), "coreVoltage": int(preset.core_voltage_mv)}
