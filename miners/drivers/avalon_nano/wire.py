"""An Avalon's answers turned into a reading, and orders into what it takes. Pure.

Source: vendor firmware of January 2025 and captures of the Nano 3, the Nano 3S and the Avalon Q. The hash rate
is GHSspd: `MHS 5s` of the summary swings by a factor of three.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from miners.drivers.avalon_nano.products import BY_LABEL, BY_NAME, Model, model_named
from miners.drivers.avalon_nano.replies import (
    ACCESS_DENIED,
    Section,
    code_of,
    expect,
    figure,
    figures,
    rows_of,
    succeeded,
    tokens_of,
)
from miners.drivers.base import (
    Board,
    DeviceState,
    LivePool,
    NotAMinerError,
    OtherDeviceError,
    PayloadError,
    PoolEntry,
    PoolTarget,
    Reading,
    UnsafeSettingError,
)
from miners.drivers.fields import flag, number, text, whole

KIND = "avalon_nano"
NO_SENSOR_C = -273
PLAUSIBLE_POWER_FACTOR = 1.6  # of the mode's target; idle supplies have shown more, and stale, watts
STARTING_S = 600
FAN_RPM_MAX, COUNT_MAX = 100_000, 10**15
FIRMWARE_MAX, HOST_MAX, USER_MAX, WORD_MAX = 60, 253, 200, 20  # characters that are kept
SUPPLY_TOO_HOT = 2 | 4 | 8
SUPPLY_FAULTS = (
    (1, "input under-voltage"),
    (SUPPLY_TOO_HOT, "over-temperature"),
    (16, "input over-current"),
    (32, "output under-voltage"),
    (64, "output over-current"),
    (128 | 256 | 512 | 1024, "internal sharing"),
    (2048, "supply fan"),
)
POOL_URL = re.compile(r"\s*(?:[a-z0-9+.]+://)?(\[[^\]]+\]|[^:/\s]+)(?::([0-9]{1,5}))?(?:/.*)?\s*", re.I | re.S)
SLOTS, URL_MAX, NAME_MAX = 3, 384, 128


def identity(answer: Section) -> Mapping[str, Any]:
    """Return the row of `version`. Raise NotAMinerError, naming what it is where it says so, for other makers."""
    if code_of(answer) == ACCESS_DENIED:
        expect(answer, what="version")
    rows = answer.get("VERSION")
    row = rows[0] if isinstance(rows, list) and rows and isinstance(rows[0], dict) else {}
    product, model = str(row.get("PROD", "")), str(row.get("MODEL", ""))
    if succeeded(answer) and (product.lower().startswith("avalon") or model.strip().lower() in BY_NAME):
        return row
    status = answer.get("STATUS")
    first = status[0] if isinstance(status, list) and status and isinstance(status[0], dict) else answer
    name = row.get("Type") or product or first.get("Description")
    if not name or str(name).lower().startswith("cgminer"):
        raise NotAMinerError("Something answers there like cgminer, and it is no Avalon.")
    raise OtherDeviceError(f"This is a {str(name)!s:.40}, which is no Avalon of a kind HMM knows.")


def model_of(version: Mapping[str, Any] | None, tokens: Mapping[str, str], board: Board | None) -> Model:
    """Return the product: as `version` says, else as the figures' own version begins, else as it was stored."""
    if version and text(version, "MODEL"):
        return model_named(str(version["MODEL"]))
    prefix, dash, _firmware = tokens.get("Ver", "").partition("-")
    if dash:
        return model_named(prefix)
    return BY_LABEL.get(board.model or "", model_named("")) if board is not None else model_named("")


def reading(
    *,
    stats: Section,
    summary: Section,
    pools: Section | None = None,
    version: Mapping[str, Any] | None = None,
    board: Board | None = None,
) -> Reading:
    """Make one reading of the answers to stats, summary, pools and, at the first contact, version.

    Raise PayloadError naming what cannot be read.
    """
    tokens = tokens_in(stats)
    model = model_of(version, tokens, board)
    totals = first_row(summary, "SUMMARY")
    listed = rows_of(pools, "POOLS") if pools is not None else []
    hashrate = figure(tokens, "GHSspd")
    if hashrate is None:
        raise PayloadError("The device's figures lack GHSspd.")
    standby = is_standing_by(tokens)
    uptime = count(totals, "Elapsed")
    state = state_of(tokens, hashrate, uptime)
    expected = figure(tokens, "GHSmm")
    best = number(totals, "Best Share")
    entries = entries_of(listed)
    live = next((row for row in listed if flag(row, "Stratum Active")), None)
    return Reading(
        family=KIND,
        trust=model.trust,
        state=state,
        model=model.label,
        firmware=firmware_of(version, tokens),
        asic_model=tokens.get("Core", "")[:20] or None,
        chip_count=rounded(figure(tokens, "TA")),
        mac=mac_of(version),
        hashrate_ths=hashrate / 1000,
        expected_hashrate_ths=expected / 1000 if expected else None,
        power_w=power_of(tokens, model, standby=standby),
        max_power_w=figure(tokens, "MPO") or None,
        chip_temp_c=above_zero(figure(tokens, "TMax")),
        board_temp_c=board_temp_of(tokens),
        fan_rpm=rounded(within(figure(tokens, "Fan1"), 0, FAN_RPM_MAX)),
        fan_percent=figure(tokens, "FanR"),
        frequency_mhz=above_zero(figure(tokens, "Freq")),
        shares_accepted=count(totals, "Accepted"),
        shares_rejected=count(totals, "Rejected"),
        best_difficulty=best,
        best_session_difficulty=best,
        pool_difficulty=number(live, "Work Difficulty") if live is not None else None,
        error_percent=figure(tokens, "DH"),
        uptime_s=uptime,
        mode=mode_of(tokens, model),
        paused=standby,
        can_pause=model.has_standby,
        overheated=state is DeviceState.OVERHEATED,
        fault=fault_of(tokens),
        wifi_rssi_dbm=rounded(within(figure(tokens, "RSSI"), -150, -1)),
        pool=live_pool(live, entries),
        pools=entries,
        pool_needs_restart=False,  # a slot is switched to at once; one that is written is restarted for by itself
    )


def tokens_in(stats: Section) -> dict[str, str]:
    """Return the figures of the one module. Raise PayloadError without any, or with those of several."""
    rows = rows_of(stats, "STATS")
    found = [
        (name, value) for row in rows for name, value in row.items() if re.fullmatch(r"MM ID[0-9]+(:Summary)?", name)
    ]
    if len(found) != 1:
        raise PayloadError(
            "The device's figures are those of several modules." if found else "Its figures are missing."
        )
    value = found[0][1]
    if not isinstance(value, str):
        raise PayloadError(f"{found[0][0]} is {value!r:.60}, which is no text.")
    return tokens_of(value)


def first_row(answer: Section, name: str) -> Section:
    rows = rows_of(answer, name)
    if not rows:
        raise PayloadError(f"The device's answer lacks {name}.")
    return rows[0]


# --- what it does ----------------------------------------------------------------------------------


def is_standing_by(tokens: Mapping[str, str]) -> bool:
    """Tell whether it stands by: told so by a reason above 0, or by its own word."""
    return bool(figure(tokens, "SoftOFF")) or "In Idle" in tokens.get("SYSTEMSTATU", "")


def state_of(tokens: Mapping[str, str], hashrate_ghs: float, uptime_s: int | None) -> DeviceState:
    """Say what it does. Calibrating counts as starting: it hashes a little, and takes no other mode."""
    status = tokens.get("SYSTEMSTATU", "")
    if is_standing_by(tokens):
        return DeviceState.IDLE
    faults = supply_faults(tokens)
    if "In Fault" in status or (faults and not hashrate_ghs):
        return DeviceState.OVERHEATED if faults & SUPPLY_TOO_HOT else DeviceState.STALLED
    if figure(tokens, "ADJ") == 0 or "In Init" in status:
        return DeviceState.STARTING
    if hashrate_ghs > 0:
        return DeviceState.HASHING
    return DeviceState.STARTING if uptime_s is not None and uptime_s < STARTING_S else DeviceState.STALLED


def supply_faults(tokens: Mapping[str, str]) -> int:
    row = figures(tokens, "PS")
    return int(row[0]) if row else 0


def fault_of(tokens: Mapping[str, str]) -> str | None:
    """Return what its supply complains of; a nonzero ECHU alone is seen on healthy devices."""
    bits = supply_faults(tokens)
    names = [name for mask, name in SUPPLY_FAULTS if bits & mask]
    if names:
        return f"Power supply: {', '.join(names)}"
    return "The device reports a fault." if "In Fault" in tokens.get("SYSTEMSTATU", "") else None


def power_of(tokens: Mapping[str, str], model: Model, *, standby: bool) -> float | None:
    """Return the watts at the place the product keeps them, None where they are stale, absurd or missing."""
    row, target = figures(tokens, "PS"), figure(tokens, "MPO")
    if standby or model.watts_at is None or len(row) <= model.watts_at:
        return None
    watts = row[model.watts_at]
    plausible = watts > 0 and (not target or watts < PLAUSIBLE_POWER_FACTOR * target)
    return watts if plausible else None


def mode_of(tokens: Mapping[str, str], model: Model) -> str | None:
    place = figure(tokens, model.mode_figure)
    known = place is not None and place.is_integer() and 0 <= place < len(model.modes)
    return model.modes[int(place)] if known and place is not None else None


def board_temp_of(tokens: Mapping[str, str]) -> float | None:
    """Return the board's warmest sensor; the small ones have one only, at the outlet."""
    known = [figure(tokens, name) for name in ("HBTemp", "HBITemp", "HBOTemp", "Temp")]
    working = [value for value in known if value is not None and value > NO_SENSOR_C]
    if working:
        return max(working)
    outlet = figure(tokens, "OTemp")
    return outlet if outlet is not None and outlet > NO_SENSOR_C else None


def above_zero(value: float | None) -> float | None:
    return value if value is not None and value > 0 else None


def within(value: float | None, low: float, high: float) -> float | None:
    """Return a figure that can be, None for one that cannot."""
    return value if value is not None and low <= value <= high else None


def count(row: Section, name: str) -> int | None:
    """Return a counter. Raise PayloadError for one that is below 0 or beyond what any device counts."""
    value = whole(row, name)
    if value is not None and not 0 <= value <= COUNT_MAX:
        raise PayloadError(f"{name} is {value!r:.60}, which is no count.")
    return value


def rounded(value: float | None) -> int | None:
    return None if value is None else round(value)


# --- who it is -------------------------------------------------------------------------------------


def firmware_of(version: Mapping[str, Any] | None, tokens: Mapping[str, str]) -> str | None:
    """Return the vendor's version; the 4.11.1 of cgminer is only what it was built from."""
    told = None
    if version:
        told = text(version, "LVERSION") or text(version, "VERSION") or text(version, "CGVERSION")
    else:
        _model, dash, firmware = tokens.get("Ver", "").partition("-")
        told = firmware if dash else tokens.get("LVer")
    return told[:FIRMWARE_MAX] if told else None


def mac_of(version: Mapping[str, Any] | None) -> str | None:
    told = text(version, "MAC") if version else None
    digits = re.sub(r"[^0-9a-f]", "", told.lower()) if told else ""
    return digits if len(digits) == 12 and digits.strip("0") else None


# --- pools -----------------------------------------------------------------------------------------


def entries_of(rows: Sequence[Section]) -> tuple[PoolEntry, ...]:
    """Return the filled slots in the order the device tries them; a password it shows is not looked at."""
    ordered = sorted(rows, key=lambda row: (row.get("Status") == "Disabled", whole(row, "Priority") or 0))
    return tuple(entry for entry in map(entry_of, ordered) if entry.host is not None)


def entry_of(row: Section) -> PoolEntry:
    position = count(row, "POOL")
    if position is None:
        raise PayloadError("A pool of the device has no number.")
    host, port = host_and_port(text(row, "URL"))
    return PoolEntry(
        position=position,
        host=host[:HOST_MAX] if host else None,
        port=port,
        user=(text(row, "User") or "")[:USER_MAX] or None,
        status=(text(row, "Status") or "")[:WORD_MAX] or None,
        live=flag(row, "Stratum Active"),
        shares_accepted=count(row, "Accepted"),
    )


def host_and_port(url: str | None) -> tuple[str | None, int | None]:
    found = POOL_URL.fullmatch(url or "")
    if found is None:
        return None, None
    port = int(found[2]) if found[2] else None
    return found[1].strip("[]"), port if port is None or 1 <= port <= 65535 else None


def live_pool(row: Section | None, entries: Sequence[PoolEntry]) -> LivePool | None:
    """Return the pool that gets the work; a fallback when it is not the first of the order."""
    if row is None:
        return None
    entry = entry_of(row)
    first = entries[0].position if entries else entry.position
    return LivePool(host=entry.host, port=entry.port, user=entry.user, fallback=entry.position != first)


def slot_holding(entries: Sequence[PoolEntry], target: PoolTarget) -> int | None:
    """Return the slot that holds a pool already, the one in use before the others."""
    same = [
        entry for entry in entries if (entry.host, entry.port, entry.user) == (target.host, target.port, target.user)
    ]
    return min(same, key=lambda entry: (not entry.live, entry.position)).position if same else None


def slot_to_write(entries: Sequence[PoolEntry]) -> int:
    """Return the slot that is missed least: an empty one, else the one with the fewest shares, not the live one."""
    filled = {entry.position: entry for entry in entries}
    empty = [position for position in range(SLOTS) if position not in filled]
    if empty:
        return empty[0]
    spare = [entry for entry in entries if not entry.live and entry.position < SLOTS] or list(entries)
    return min(spare, key=lambda entry: (entry.shares_accepted or 0, -entry.position)).position


def setpool_parameter(position: int, target: PoolTarget, *, user: str, password: str) -> str:
    """Return `user,password,slot,url,worker,pool password`.

    Raise UnsafeSettingError for what the device would take apart wrongly: commas, control signs, too much.
    """
    if not 0 <= position < SLOTS:
        raise UnsafeSettingError(f"There is no pool slot {position}; there are 0 to {SLOTS - 1}. Nothing was sent.")
    if not 1 <= target.port <= 65535:
        raise UnsafeSettingError(f"{target.port} is no port; nothing was sent.")
    url = f"stratum+tcp://{target.host}:{target.port}"
    named = (
        ("device's user name", user, NAME_MAX),
        ("device's password", password, NAME_MAX),
        ("pool's address", url, URL_MAX),
        ("pool's user", target.user, NAME_MAX),
        ("pool's password", target.password or "x", NAME_MAX),
    )
    for name, value, longest in named:
        if not value or len(value) > longest or "," in value or not value.isprintable():
            raise UnsafeSettingError(
                f"The {name} must have 1 to {longest} characters and no comma for this device; nothing was sent."
            )
    return ",".join((user, password, str(position), url, target.user, target.password or "x"))


def mode_number(model: Model, mode: str) -> int:
    """Return the number of a mode. Raise UnsafeSettingError, and send nothing, for one it does not have."""
    if mode not in model.modes:
        raise UnsafeSettingError(f"{model.label} has no mode {mode!r:.20}; nothing was sent.")
    return model.modes.index(mode)
