"""NMMiner as its three generations write themselves, turned into a reading and back. Pure.

Generation 1 (v0.3 to v1.8) broadcasts a flat object; generation 2 (from v1.7.06) also shows a list with the
same words in another spelling; generation 3 (v2) answers over HTTP with a nested object and says nothing by
itself. Source: the vendor's wiki (docs/api) and its controller programs.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from miners.drivers.base import (
    DeviceState,
    Heard,
    LivePool,
    NotAMinerError,
    OtherDeviceError,
    PayloadError,
    PoolEntry,
    PoolTarget,
    Reading,
    Trust,
)
from miners.drivers.nmminer import fields

KIND = "nmminer"
HW_MODEL = "NMMiner"
MODE = "fixed"
STARTING_S = 90
DATAGRAM_MAX = 4096
HASHES_IN_TERA, HASHES_IN_GIGA = 1e12, 1e9
NO_ADDRESS = "0.0.0.0"  # in a configuration it means every device that hears it

# The whole configuration; whether a device blanks what is missing is not known, so nothing is left out.
CONFIGURATION: dict[str, type] = {
    "WiFiSSID": str,
    "WiFiPWD": str,
    "PrimaryPool": str,
    "PrimaryPassword": str,
    "PrimaryAddress": str,
    "SecondaryPool": str,
    "SecondaryPassword": str,
    "SecondaryAddress": str,
    "Timezone": int,
    "UIRefresh": int,
    "ScreenTimeout": int,
    "Brightness": int,
    "SaveUptime": bool,
    "LedEnable": bool,
    "RotateScreen": bool,
    "BTCPrice": bool,
    "AutoBrightness": bool,
}


# --- generation 3 ----------------------------------------------------------------------------------


def reading(info: Any, setting: Any = None) -> Reading:
    """Turn /api/system/info, and /api/setting/mining where it is known, into a reading."""
    if not isinstance(info, Mapping):
        raise PayloadError("The device answered with something that is no object.")
    refuse_others(info)
    miner, identity = part(info, "miner"), part(info, "identity")
    hashrate = fields.amount(miner, "hashRate")  # GH/s here, H/s at /probe
    up = fields.count(miner, "uptimeSeconds")
    return Reading(
        family=KIND,
        trust=Trust.FULL,
        state=state_of(hashrate, up),
        model=fields.words(identity, "hwModel"),
        firmware=fields.words(identity, "fwVersion"),
        hostname=fields.words(identity, "hostName"),
        wifi_rssi_dbm=fields.signal(identity, "rssi"),
        hashrate_ths=hashrate * HASHES_IN_GIGA / HASHES_IN_TERA if hashrate is not None else None,
        chip_temp_c=chip_temperature(info),
        shares_accepted=fields.count(miner, "sAccepted"),
        shares_rejected=fields.count(miner, "sRejected"),
        best_difficulty=fields.amount(miner, "bestDiffEver"),
        best_session_difficulty=fields.amount(miner, "bestDiffSession"),
        pool_difficulty=fields.amount(miner, "poolDiff"),
        uptime_s=up,
        mode=MODE,
        pool=live_pool(part(info, "stratum"), pools := configured(setting)),
        pools=pools,
    )


def refuse_others(info: Mapping[str, Any]) -> None:
    """Raise NotAMinerError for another family's answer; the same path has three shapes."""
    identity = info.get("identity")
    if not isinstance(identity, Mapping):
        raise NotAMinerError("Something answers there, and it is no NMMiner.")
    model = fields.words(identity, "hwModel")
    if model != HW_MODEL or "asic" in info:
        raise OtherDeviceError(f"This is a {model or 'device without a name'}, a family HMM cannot drive yet.")
    if not isinstance(info.get("miner"), Mapping) or "hashRate" not in info["miner"]:
        raise PayloadError("The device's answer lacks miner.hashRate.")


def part(info: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = info.get(name)
    return value if isinstance(value, Mapping) else {}


def chip_temperature(info: Mapping[str, Any]) -> float | None:
    """The on-chip sensor is called vcore; asic is kept for boards to come."""
    temps = part(info, "temps")
    return fields.temperature(temps, "asic") or fields.temperature(temps, "vcore")


def configured(setting: Any) -> tuple[PoolEntry, ...]:
    """Return the two configured pools; passwords are not looked at."""
    if not isinstance(setting, Mapping):
        return ()
    entries = []
    for position, which in enumerate(("Primary", "Secondary")):
        host, port = fields.pool(setting, f"{which}Pool")
        if host:
            user = fields.words(setting, f"{which}Address", most=200)
            entries.append(PoolEntry(position=position, host=host, port=port, user=user))
    return tuple(entries)


def live_pool(stratum: Mapping[str, Any], pools: Sequence[PoolEntry]) -> LivePool | None:
    host, port = fields.pool(stratum, "url")
    if host is None:
        return None
    fallback = (host, port) != (pools[0].host, pools[0].port) if pools else None
    return LivePool(host=host, port=port, user=fields.words(stratum, "user", most=200), fallback=fallback)


def pool_setting(target: PoolTarget) -> dict[str, str]:
    """Return the body that writes the first pool and nothing else."""
    return {
        "PrimaryPool": target.address,
        "PrimaryAddress": target.user,
        "PrimaryPassword": target.password,
    }


# --- generations 1 and 2 ---------------------------------------------------------------------------


def heard(datagram: bytes) -> Heard:
    """Turn a broadcast into a reading and the address it claims. Anyone in the network can send one.

    Raise PayloadError for what is too long, no JSON or lacks a hash rate.
    """
    if len(datagram) > DATAGRAM_MAX:
        raise PayloadError(f"The datagram is longer than {DATAGRAM_MAX} bytes.")
    try:
        told = json.loads(datagram.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise PayloadError("The datagram is no JSON.") from error
    if not isinstance(told, Mapping):
        raise PayloadError("The datagram is no object.")
    return Heard(reading=flat_reading(told), claimed_host=fields.words(lower(told), "ip"))


def swarm_reading(answer: Any, host: str) -> Reading:
    """Return what the list of a unit says of the unit at `host`."""
    listed = answer.get("devices") if isinstance(answer, Mapping) else None
    if not isinstance(listed, list):
        raise NotAMinerError("Something answers there, and it is no NMMiner.")
    units = [unit for unit in listed if isinstance(unit, Mapping)]
    own = [unit for unit in units if unit.get("ip") == host] or (units if len(units) == 1 else [])
    if not own:
        raise PayloadError(f"The device's list of {len(units)} units does not name {host}.")
    return flat_reading(own[0])


def lower(told: Mapping[str, Any]) -> dict[str, Any]:
    """Return the words in one spelling: `IP` and `ip`, `HashRate` and `hashRate`, `PoolInUse` and `pool`."""
    plain = {str(name).lower(): value for name, value in told.items()}
    return {"poolinuse": plain.get("pool"), **plain}


def flat_reading(told: Mapping[str, Any]) -> Reading:
    """Turn a flat object into a reading."""
    told = lower(told)
    if "hashrate" not in told:
        raise PayloadError("The device's words lack HashRate.")
    hashrate = fields.amount(told, "hashrate")  # H/s, whatever the prefix
    up = fields.uptime(told, "uptime")
    session, ever = fields.difficulties(told, "bestdiff")
    accepted, rejected = fields.shares(told, "share")
    host, port = fields.pool(told, "poolinuse")
    return Reading(
        family=KIND,
        trust=Trust.FULL,
        state=state_of(hashrate, up),
        model=fields.words(told, "boardtype"),
        firmware=fields.words(told, "version"),
        hashrate_ths=hashrate / HASHES_IN_TERA if hashrate is not None else None,
        power_w=fields.amount(told, "power"),
        chip_temp_c=fields.temperature(told, "temp"),
        shares_accepted=accepted,
        shares_rejected=rejected,
        best_difficulty=ever,
        best_session_difficulty=session,
        pool_difficulty=fields.amount(told, "pooldiff"),
        uptime_s=up,
        mode=MODE,
        wifi_rssi_dbm=fields.signal(told, "rssi"),
        pool=LivePool(host=host, port=port, user=None, fallback=None) if host else None,
    )


def state_of(hashrate: float | None, up: int | None) -> DeviceState:
    if hashrate:
        return DeviceState.HASHING
    return DeviceState.STARTING if up is not None and up < STARTING_S else DeviceState.STALLED


def configuration(template: Mapping[str, Any], *, ip: str, target: PoolTarget | None = None) -> bytes:
    """Return the datagram that configures the one device at `ip`.

    Raise PayloadError when the template is not whole or when the address means more than one device:
    an incomplete one may cost a device its Wi-Fi.
    """
    if ip in {NO_ADDRESS, "255.255.255.255", "::", ""}:
        raise PayloadError("A configuration is sent to one device at its own address only.")
    whole = dict(template)
    if target is not None:
        whole |= pool_setting(target)
    for name, kind in CONFIGURATION.items():
        value = whole.get(name)
        if type(value) is not kind:
            raise PayloadError(f"The configuration lacks {name}; nothing is sent.")
    body = {"IP": ip, **{name: whole[name] for name in CONFIGURATION}}
    return json.dumps(body, ensure_ascii=False).encode()
