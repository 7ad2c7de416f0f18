"""The values of an NMMiner, which writes most of them as text and each generation in its own way. Pure."""

import math
import re
from collections.abc import Mapping
from typing import Any

from miners.drivers.base import PayloadError

PREFIXES = {"": 1.0, "k": 1e3, "m": 1e6, "g": 1e9, "t": 1e12, "p": 1e15, "e": 1e18}
AMOUNT = re.compile(r"\s*(-?[0-9]{1,30}(?:\.[0-9]{1,20})?)\s*([kmgtpe]?)\s*(?:h/s|w)?\s*", re.IGNORECASE)
UPTIME = re.compile(r"\s*(?:([0-9]{1,6})d\s*)?([0-9]{1,3}):([0-9]{2}):([0-9]{2})\s*")
POOL = re.compile(r"(?:stratum\+?[a-z0-9]*://)?([^\s/:@]{1,253}):([0-9]{1,5})", re.IGNORECASE)
UNKNOWN = {"", "n/a", "na", "null", "none", "-", "--"}
TEXT_MAX = 60
COUNT_MAX = 2**53  # beyond it a number in JSON is no longer exact


def words(told: Mapping[str, Any], name: str, *, most: int = TEXT_MAX) -> str | None:
    """Return a text without what cannot be printed, cut; None where it is absent or says so."""
    value = told.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise PayloadError(f"{name} is {value!r:.60}, which is no text.")
    kept = "".join(letter for letter in value[: 4 * most] if letter.isprintable()).strip()[:most]
    return None if kept.lower() in UNKNOWN else kept


def amount(told: Mapping[str, Any], name: str) -> float | None:
    """Return a number, or a text such as "1.0154MH/s", "38.17K" or "12.5W", in its base unit."""
    value = told.get(name)
    if value is None or (isinstance(value, str) and value.strip().lower() in UNKNOWN):
        return None
    if isinstance(value, str):
        return amount_of(value, name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(small(value, name)):
        raise PayloadError(f"{name} is {value!r:.60}, which is no number.")
    return float(value)


def amount_of(value: str, name: str) -> float:
    match = AMOUNT.fullmatch(value)
    if match is None:
        raise PayloadError(f"{name} is {value!r:.60}, which is no number.")
    return float(match[1]) * PREFIXES[match[2].lower()]


def small(value: float, name: str) -> float:
    """Return a number as float. Raise PayloadError for a whole number that is longer than one can hold."""
    try:
        return float(value)
    except OverflowError as error:
        raise PayloadError(f"{name} is a number of absurd length.") from error


def count(told: Mapping[str, Any], name: str) -> int | None:
    """Return a whole number from 0 on."""
    value = amount(told, name)
    if value is None:
        return None
    if not 0 <= value <= COUNT_MAX:
        raise PayloadError(f"{name} is {value!r:.60}, which is no count.")
    return round(value)


def temperature(told: Mapping[str, Any], name: str) -> float | None:
    """Return degrees; 0, "N/A" and absence all mean that there is no sensor."""
    value = amount(told, name)
    return value if value is not None and 0 < value < 200 else None


def signal(told: Mapping[str, Any], name: str) -> int | None:
    """Return a Wi-Fi level in dBm, which lies below 0."""
    value = amount(told, name)
    return round(value) if value is not None and -200 < value < 0 else None


def parts_of(told: Mapping[str, Any], name: str, pattern: str) -> list[str]:
    value = told.get(name)
    return [part.strip() for part in re.split(pattern, value) if part.strip()] if isinstance(value, str) else []


def difficulties(told: Mapping[str, Any], name: str) -> tuple[float | None, float | None]:
    """Return the best difficulty of this boot and of all; "0.842\\r38.17K" holds both, one figure is the latter."""
    parts = parts_of(told, name, r"[\r\n/]")
    if len(parts) >= 2:
        return amount_of(parts[0], name), amount_of(parts[1], name)
    return None, amount(told, name)


def uptime(told: Mapping[str, Any], name: str) -> int | None:
    """Return the seconds since the boot; a second figure in the same text counts all boots."""
    if isinstance(told.get(name), int | float):
        return count(told, name)
    parts = parts_of(told, name, r"[\r\n]|/")
    if not parts:
        return None
    match = UPTIME.fullmatch(parts[0])
    if match is None:
        raise PayloadError(f"{name} is {parts[0]!r:.60}, which is no time.")
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds


def shares(told: Mapping[str, Any], name: str) -> tuple[int | None, int | None]:
    """Return accepted and rejected shares: "0/128/100.0%" is rejected/accepted/accepted percent.

    With two figures it is not settled which is which, so neither is known.
    """
    parts = parts_of(told, name, "/")
    if len(parts) != 3 or not all(part.isdecimal() and len(part) <= 15 for part in parts[:2]):
        return None, None
    return int(parts[1]), int(parts[0])


def pool(told: Mapping[str, Any], name: str) -> tuple[str | None, int | None]:
    """Return the host and port of "host:port", with or without a scheme before it."""
    value = words(told, name, most=300)
    match = POOL.match(value) if value else None
    if match is None or not 1 <= int(match[2]) <= 65535:
        return None, None
    return match[1].lower(), int(match[2])
