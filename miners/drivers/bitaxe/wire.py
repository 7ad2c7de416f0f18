"""AxeOS as it writes itself, turned into a reading and back. Pure.

Source: ESP-Miner tags v2.0.0 to v2.15.0, `main/http_server`. Absence, -1 and 0 for a missing sensor,
numbers that were text in older versions and switches that are 0/1 or true/false are all accepted.
"""

import re
from collections.abc import Mapping
from typing import Any

from miners.drivers.base import (
    Board,
    ChipReading,
    DeviceState,
    LivePool,
    NotAMinerError,
    OtherDeviceError,
    PayloadError,
    PoolEntry,
    PoolTarget,
    Reading,
    Trust,
)
from miners.drivers.bitaxe import boards
from miners.drivers.chips import ASICS, STOPPED_MHZ
from miners.drivers.esp_wire import flat_pool_patch, flat_pools, shared_figures, table_presets
from miners.drivers.fields import (
    first_number,
    first_whole,
    flag,
    hottest,
    number,
    since,
    text,
    whole,
)

KIND = "bitaxe"
STARTING_S = 90  # after a boot the hash rate is 0 for up to a minute and a half
AXEOS_VERSION = re.compile(r"v2\.[0-9]+\.")
PAUSE_SINCE, IDENTIFY_SINCE, TLS_SINCE = (2, 14), (2, 12), (2, 13)
TLS_OFF, TLS_BY_SYSTEM = 0, 1  # a certificate is checked by the authorities the firmware knows
POOL_FIELDS_KEPT = (
    "stratumProtocol",
    "stratumSuggestedDifficulty",
    "stratumExtranonceSubscribe",
    "stratumTLS",
    "stratumDecodeCoinbase",
)


def reading(info: Any, *, board: Board | None = None) -> Reading:
    """Turn /api/system/info into a reading.

    Raise PayloadError naming the field that cannot be read, NotAMinerError for another family.
    """
    if not isinstance(info, Mapping):
        raise PayloadError("The device answered with something that is no object.")
    refuse_other_families(info)
    version, board_version = text(info, "version"), text(info, "boardVersion")
    asic_model, hashrate = text(info, "ASICModel"), number(info, "hashRate")
    return Reading(
        family=KIND,
        trust=trust_of(info, version, board_version, asic_model),
        state=state_of(info, hashrate),
        model=boards.model_of(board_version) or text(info, "hostname"),
        firmware=version,
        web_firmware=text(info, "axeOSVersion"),
        board_version=board_version,
        hashrate_ths=hashrate / 1000 if hashrate is not None else None,
        chip_temp_c=hottest(info),
        fan_rpm=first_whole(info, "fanrpm", "fanSpeedRpm"),
        auto_fan=flag(info, "autofanspeed"),
        pool_difficulty=first_number(info, "poolDifficulty", "stratumDiff"),
        error_percent=number(info, "errorPercentage"),
        paused=flag(info, "miningPaused"),
        can_pause=since(version, PAUSE_SINCE) and "miningPaused" in info,
        overheated=is_overheated(info),
        fault=text(info, "hardware_fault") or text(info, "power_fault"),
        pool=live_pool(info),
        pools=pools_of(info),
        chips=chips_in(info),
        **shared_figures(
            info,
            asic_model=asic_model,
            chips=boards.chips_of(board_version) or whole(info, "asicCount"),
            presets=board.presets if board is not None else table_presets(asic_model),
        ),
    )


def refuse_other_families(info: Mapping[str, Any]) -> None:
    if "deviceModel" in info:
        raise OtherDeviceError(f"This is a {info['deviceModel']!s:.40}, which is no AxeOS device.")
    missing = [name for name in ("ASICModel", "version", "hashRate", "frequency") if name not in info]
    if len(missing) >= 3:
        raise NotAMinerError("Something answers there, and it is no AxeOS device.")
    if missing:
        raise PayloadError(f"The device's answer lacks {missing[0]}.")


def trust_of(
    info: Mapping[str, Any], version: str | None, board_version: str | None, asic_model: str | None
) -> Trust:
    """Trust the boards and versions that are known; forks are read until they are proven."""
    known = boards.model_of(board_version) is not None and asic_model in ASICS
    genuine = bool(version and AXEOS_VERSION.match(version)) and "chiptemp1" not in info
    return Trust.FULL if known and genuine else Trust.READ_ONLY


def state_of(info: Mapping[str, Any], hashrate: float | None) -> DeviceState:
    """Say what the device is doing. Reachable and hashing are two things."""
    if is_overheated(info):
        return DeviceState.OVERHEATED
    if flag(info, "miningPaused"):
        return DeviceState.IDLE
    if hashrate:
        return DeviceState.HASHING
    uptime = whole(info, "uptimeSeconds")
    return DeviceState.STARTING if uptime is not None and uptime < STARTING_S else DeviceState.STALLED


def is_overheated(info: Mapping[str, Any]) -> bool:
    """The flag, or the 50 MHz and 1000 mV that versions up to 2.10 leave in the settings."""
    frozen = number(info, "frequency") == STOPPED_MHZ and whole(info, "coreVoltage") == 1000
    return bool(flag(info, "overheat_mode")) or frozen


# --- pools ---------------------------------------------------------------------------------------


def has_pool_list(info: Mapping[str, Any]) -> bool:
    """Tell the interface of 2.15 and later from the one before, by what it shows and not by its version."""
    return isinstance(info.get("pools"), list) and "primaryPoolIndex" in info


def speaks_tls(info: Any) -> bool:
    """Tell whether the firmware knows TLS to a pool, by what it shows."""
    return isinstance(info, Mapping) and (has_pool_list(info) or "stratumTLS" in info)


def pools_of(info: Mapping[str, Any]) -> tuple[PoolEntry, ...]:
    """Return the configured pools, the primary one first."""
    if not has_pool_list(info):
        return flat_pools(info)
    slots = [slot for slot in info["pools"] if isinstance(slot, Mapping)]
    order = [whole(info, "primaryPoolIndex"), whole(info, "secondaryPoolIndex")]

    def rank(slot: Mapping[str, Any]) -> tuple[int, int]:
        place = whole(slot, "id") or 0
        return (order.index(place) if place in order else len(order), place)

    return tuple(
        PoolEntry(
            position=whole(slot, "id") or 0,
            host=text(slot, "stratumURL"),
            port=whole(slot, "stratumPort"),
            user=text(slot, "stratumUser"),
        )
        for slot in sorted(slots, key=rank)
    )


def live_pool(info: Mapping[str, Any]) -> LivePool | None:
    """Return the pool that gets the work now: the fallback when the device says so."""
    fallback = flag(info, "isUsingFallbackStratum")
    configured = pools_of(info)
    place = 1 if fallback else 0
    if place >= len(configured):
        return None
    entry = configured[place]
    return LivePool(host=entry.host, port=entry.port, user=entry.user, fallback=fallback)


def pool_patch(target: PoolTarget, *, uses_pool_list: bool, primary: int | None, info: Any = None) -> dict[str, Any]:
    """Return the body that writes the first pool and nothing else.

    Up to 2.14 these are flat keys; from 2.15 on they are ignored with a 200, and a slot is written.
    A slot's other settings would go back to their defaults, so those that were read are sent along.
    """
    fields = flat_pool_patch(target)
    if speaks_tls(info):  # said both ways: what the pool before had would stay
        fields["stratumTLS"] = TLS_BY_SYSTEM if target.tls else TLS_OFF
    if not uses_pool_list:
        return fields
    return {"pools": [{"id": primary or 0, **kept_of(info, primary or 0), **fields}]}


def kept_of(info: Any, primary: int) -> dict[str, Any]:
    slots = info.get("pools", []) if isinstance(info, Mapping) else []
    slot = next((slot for slot in slots if isinstance(slot, Mapping) and slot.get("id") == primary), {})
    return {name: slot[name] for name in POOL_FIELDS_KEPT if name in slot}


def fan_patch(percent: int | None) -> dict[str, Any]:
    """The duty under its old and its new name; sending both is harmless."""
    if percent is None:
        return {"autofanspeed": 1}
    return {"autofanspeed": 0, "fanspeed": percent, "manualFanSpeed": percent}


def chips_in(info: Mapping[str, Any]) -> tuple[ChipReading, ...]:
    """Return each chip's work, where the firmware tells it."""
    monitor = info.get("hashrateMonitor")
    listed = monitor.get("asics") if isinstance(monitor, Mapping) else None
    if not isinstance(listed, list):
        return ()
    chips = [chip for chip in listed if isinstance(chip, Mapping)]
    return tuple(
        ChipReading(
            position=place,
            hashrate_ths=total / 1000 if (total := number(chip, "total")) is not None else None,
            error_count=whole(chip, "errorCount"),
        )
        for place, chip in enumerate(chips)
    )
