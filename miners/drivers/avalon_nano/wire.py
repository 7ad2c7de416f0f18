"""An Avalon's answers turned into a reading, and orders into what it takes. Pure.

Source: vendor firmware of January 2025 and captures of the Nano 3, the Nano 3S and the Avalon Q. The hash rate
is GHSspd: `MHS 5s` of the summary swings by a factor of three.
"""

import re
from collections.abc import Mapping
from typing import Any

from miners.drivers.avalon_nano.products import BY_LABEL, BY_NAME, Model, model_named
from miners.drivers.avalon_nano.replies import (
    ACCESS_DENIED,
    Section,
    code_of,
    count,
    expect,
    figure,
    figures,
    rows_of,
    succeeded,
    tokens_of,
)
from miners.drivers.avalon_nano.slots import entries_of, live_pool
from miners.drivers.base import (
    Board,
    DeviceState,
    NotAMinerError,
    OtherDeviceError,
    PayloadError,
    Reading,
)
from miners.drivers.fields import flag, number, text

KIND = "avalon_nano"
NO_SENSOR_C = -273
PLAUSIBLE_POWER_FACTOR = 1.6  # of the mode's target; idle supplies have shown more, and stale, watts
STARTING_S = 600
FAN_RPM_MAX = 100_000
FIRMWARE_MAX = 60  # characters that are kept
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
    hashrate, standby = hashrate_of(tokens), is_standing_by(tokens)
    state = state_of(tokens, hashrate, count(totals, "Elapsed"))
    entries = entries_of(listed)
    live = next((row for row in listed if flag(row, "Stratum Active")), None)
    return Reading(
        family=KIND,
        trust=model.trust,
        state=state,
        model=model.label,
        firmware=firmware_of(version, tokens),
        mac=mac_of(version),
        serial=serial_of(tokens),
        hashrate_ths=hashrate / 1000,
        pool_difficulty=number(live, "Work Difficulty") if live is not None else None,
        paused=standby,
        can_pause=model.has_standby,
        overheated=state is DeviceState.OVERHEATED,
        pool=live_pool(live, entries),
        pools=entries,
        pool_needs_restart=False,  # a slot is switched to at once; one that is written is restarted for by itself
        **counters(totals),
        **module_figures(tokens, model, standby=standby),
    )


def hashrate_of(tokens: Mapping[str, str]) -> float:
    """Return GH/s now. Raise PayloadError without it: nothing else of the figures could stand for it."""
    hashrate = figure(tokens, "GHSspd")
    if hashrate is None:
        raise PayloadError("The device's figures lack GHSspd.")
    return hashrate


def counters(totals: Section) -> dict[str, Any]:
    """Return what is counted since the start."""
    best = number(totals, "Best Share")
    return {
        "shares_accepted": count(totals, "Accepted"),
        "shares_rejected": count(totals, "Rejected"),
        "best_difficulty": best,
        "best_session_difficulty": best,
        "uptime_s": count(totals, "Elapsed"),
    }


def module_figures(tokens: Mapping[str, str], model: Model, *, standby: bool) -> dict[str, Any]:
    """Return what the module measures of itself."""
    expected = figure(tokens, "GHSmm")
    return {
        "asic_model": tokens.get("Core", "")[:20] or None,
        "chip_count": rounded(figure(tokens, "TA")),
        "expected_hashrate_ths": expected / 1000 if expected else None,
        "power_w": power_of(tokens, model, standby=standby),
        "max_power_w": figure(tokens, "MPO") or None,
        "chip_temp_c": above_zero(figure(tokens, "TMax")),
        "board_temp_c": board_temp_of(tokens),
        "fan_rpm": rounded(within(figure(tokens, "Fan1"), 0, FAN_RPM_MAX)),
        "fan_percent": figure(tokens, "FanR"),
        "frequency_mhz": above_zero(figure(tokens, "Freq")),
        "error_percent": figure(tokens, "DH"),
        "mode": mode_of(tokens, model),
        "fault": fault_of(tokens),
        "wifi_rssi_dbm": rounded(within(figure(tokens, "RSSI"), -150, -1)),
    }


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


def serial_of(tokens: Mapping[str, str]) -> str | None:
    """Return the number each device has of its own. The Nano 3 writes it as HDNA and its DNA as zeros."""
    for name in ("DNA", "HDNA"):
        told = tokens.get(name, "").strip().lower()
        if re.fullmatch(r"[0-9a-f]{16}", told) and told.strip("0"):
            return told
    return None


def mac_of(version: Mapping[str, Any] | None) -> str | None:
    told = text(version, "MAC") if version else None
    digits = re.sub(r"[^0-9a-f]", "", told.lower()) if told else ""
    return digits if len(digits) == 12 and digits.strip("0") else None
