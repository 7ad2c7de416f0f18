"""NerdOS as it writes itself, turned into a reading and back. Pure.

Source: NerdOS tags v1.0.x and the v1.1.0 betas, `main/http_server`. A version only tells what cannot be
seen otherwise: everything else is recognised by the fields that are there.
"""

import re
from collections.abc import Mapping
from typing import Any

from miners.drivers.base import (
    Board,
    DeviceState,
    LivePool,
    NotAMinerError,
    OtherDeviceError,
    PayloadError,
    PoolEntry,
    Preset,
    Reading,
    Trust,
)
from miners.drivers.esp_wire import flat_pools, shared_figures
from miners.drivers.fields import first_number, flag, number, positive, shown, text, whole
from miners.drivers.nerdqaxe import boards

KIND = "nerdqaxe"
STARTING_S = 90  # after a boot the hash rate is 0 for up to a minute and a half
HASHRATES = ("hashRate", "hashRate_1m", "hashRate_10m")  # the first is missing in v1.0.2 to v1.0.19
VERSION = re.compile(r"v[0-9]+\.[0-9]+", re.I)
MANUAL, CLASSIC, PID = 0, 1, 2  # autofanspeed
FAILOVER, DUAL = "failover", "dual"


def reading(info: Any, *, board: Board | None = None) -> Reading:
    """Turn /api/system/info into a reading.

    Raise PayloadError naming the field that cannot be read, NotAMinerError for another family.
    """
    if not isinstance(info, Mapping):
        raise PayloadError("The device answered with something that is no object.")
    refuse_other_families(info)
    version, device_model, asic_model = text(info, "version"), text(info, "deviceModel"), text(info, "ASICModel")
    model = boards.model_named(device_model)
    hashrate = first_number(info, *HASHRATES)
    return Reading(
        family=KIND,
        trust=trust_of(version, device_model, asic_model),
        state=state_of(info, hashrate),
        model=model.name if model is not None else device_model,
        firmware=version,
        hashrate_ths=hashrate / 1000 if hashrate is not None else None,
        chip_temp_c=hottest(info),
        fan_rpm=whole(info, "fanrpm"),
        auto_fan=auto_fan(info),
        pool_difficulty=number(info, "poolDifficulty"),
        paused=flag(info, "shutdown"),
        can_pause="shutdown" in info,
        locked=flag(info, "otp"),
        overheated=is_overheated(info),
        pool=live_pool(info),
        pools=pools_of(info),
        pool_mode=pool_mode(info),
        pool_needs_restart=not has_stratum(info),
        **shared_figures(
            info,
            asic_model=asic_model,
            chips=(model.chips if model is not None else None) or whole(info, "asicCount"),
            presets=board.presets if board is not None else presets(device_model, asic_model),
        ),
    )


def refuse_other_families(info: Mapping[str, Any]) -> None:
    """Raise unless this is NerdOS: it names its board, and no other family does so here."""
    name = info.get("deviceModel")
    if not isinstance(name, str) or not name:
        if "ASICModel" in info:
            raise OtherDeviceError("This device speaks AxeOS, not NerdOS.")
        raise NotAMinerError("Something answers there, and it is no NerdOS device.")
    if not boards.is_nerd(name) and "hostip" not in info:
        raise OtherDeviceError(f"This is a {name:.40}, which is no NerdOS device.")
    missing = [key for key in ("ASICModel", "version", "frequency") if key not in info]
    if missing or all(key not in info for key in HASHRATES):
        raise PayloadError(f"The device's answer lacks {missing[0] if missing else HASHRATES[0]}.")


def trust_of(version: str | None, device_model: str | None, asic_model: str | None) -> Trust:
    """Trust the boards that are in the table with the chip they should have; others are read until proven."""
    model = boards.model_named(device_model)
    genuine = model is not None and model.asic_model == asic_model and bool(VERSION.match(version or ""))
    return Trust.FULL if genuine else Trust.READ_ONLY


def presets(device_model: str | None, asic_model: str | None) -> Mapping[str, Preset]:
    known = boards.figures_of(device_model, asic_model)
    return known.presets if known is not None else {}


# --- heat and state -------------------------------------------------------------------------------


def hottest(info: Mapping[str, Any]) -> float | None:
    """Return the hottest chip; `asicTemps` are all 0 where a board has no sensor on each chip."""
    listed = info.get("asicTemps")
    places = {str(place): value for place, value in enumerate(listed)} if isinstance(listed, list) else {}
    known = [positive(info, "temp"), *(positive(places, place) for place in places)]
    return max((value for value in known if value is not None), default=None)


def is_overheated(info: Mapping[str, Any]) -> bool:
    """A chip at or above the threshold, which is a setting here and not a flag; a flag before v1.0.4."""
    chip, threshold = hottest(info), positive(info, "overheat_temp")
    above = chip is not None and threshold is not None and chip >= threshold
    return above or bool(flag(info, "overheat_mode"))


def state_of(info: Mapping[str, Any], hashrate: float | None) -> DeviceState:
    """Say what the device is doing. Shut down it still answers, and that is no failure."""
    if is_overheated(info):
        return DeviceState.OVERHEATED
    if flag(info, "shutdown"):
        return DeviceState.IDLE
    if hashrate:
        return DeviceState.HASHING
    uptime = whole(info, "uptimeSeconds")
    return DeviceState.STARTING if uptime is not None and uptime < STARTING_S else DeviceState.STALLED


def auto_fan(info: Mapping[str, Any]) -> bool | None:
    setting = whole(info, "autofanspeed")
    return setting != MANUAL if setting is not None else None


# --- pools ----------------------------------------------------------------------------------------


def has_stratum(info: Mapping[str, Any]) -> bool:
    """From v1.0.35 on the pools' state is one object, and a new pool counts without a restart."""
    return isinstance(info.get("stratum"), Mapping)


def stratum_of(info: Mapping[str, Any]) -> Mapping[str, Any]:
    told = info.get("stratum")
    if told is not None and not isinstance(told, Mapping):
        raise PayloadError(f"stratum is {shown(told)}, which is no object.")
    return told or {}


def pool_mode(info: Mapping[str, Any]) -> str | None:
    """Return whether the device works for one pool at a time, or shares its work between two."""
    stratum = stratum_of(info)
    told = whole(stratum, "activePoolMode")
    told = whole(stratum, "poolMode") if told is None else told
    return {0: FAILOVER, 1: DUAL}.get(told) if told is not None else None


def connections(info: Mapping[str, Any]) -> list[bool | None]:
    """Return whether each listed pool is connected; in failover only the active one is listed, but for betas."""
    listed = stratum_of(info).get("pools")
    entries = [entry for entry in listed if isinstance(entry, Mapping)] if isinstance(listed, list) else []
    return [flag(entry, "connected") for entry in entries]


def uses_fallback(info: Mapping[str, Any]) -> bool | None:
    """Return whether the second pool gets the work; None where both do or nothing tells."""
    if pool_mode(info) == DUAL:
        return None
    told = flag(stratum_of(info), "usingFallback")
    return told if told is not None else flag(info, "isUsingFallbackStratum")


def pools_of(info: Mapping[str, Any]) -> tuple[PoolEntry, ...]:
    """Return the configured pools with what is known of each; in dual mode the share of the work too."""
    configured, known = flat_pools(info), connections(info)
    balance = whole(stratum_of(info), "poolBalance")
    shares = (balance, 100 - balance) if pool_mode(info) == DUAL and balance is not None else (None, None)
    first_listed = 1 if len(known) == 1 and uses_fallback(info) else 0
    told = dict(enumerate(known, start=first_listed))
    return tuple(
        PoolEntry(
            position=entry.position,
            host=entry.host,
            port=entry.port,
            user=entry.user,
            connected=told.get(entry.position),
            share_percent=shares[entry.position],
        )
        for entry in configured
    )


def live_pool(info: Mapping[str, Any]) -> LivePool | None:
    """Return the pool that gets the work now; in dual mode the first that is connected."""
    configured, fallback = pools_of(info), uses_fallback(info)
    by_place = {entry.position: entry for entry in configured}
    place = 1 if fallback else 0
    if pool_mode(info) == DUAL:
        place = next((entry.position for entry in configured if entry.connected), 0)
    entry = by_place.get(place)
    if entry is None:
        return None
    return LivePool(host=entry.host, port=entry.port, user=entry.user, fallback=fallback)


# --- writes ---------------------------------------------------------------------------------------


def fan_patch(percent: int | None, info: Any) -> dict[str, Any]:
    """Whole numbers only. Handed back, the fan goes to the newer control where there is one."""
    if percent is None:
        has_pid = isinstance(info, Mapping) and "pidTargetTemp" in info
        return {"autofanspeed": PID if has_pid else CLASSIC}
    return {"autofanspeed": MANUAL, "fanspeed": percent, "manualFanSpeed": percent}
