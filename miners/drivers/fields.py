"""The fields of a device's JSON answer, one reader for each way a value may be written. Pure."""

import re
from collections.abc import Mapping
from typing import Any

from miners.drivers.base import PayloadError

SUFFIXES = {"": 1.0, "k": 1e3, "m": 1e6, "g": 1e9, "t": 1e12, "p": 1e15, "e": 1e18}
LARGEST = 1e30  # no figure of a miner is larger; comparing says no to infinity and what is no number too
TEXT_MAX = 300
NOT_PRINTED = re.compile(r"[\x00-\x1f\x7f]")
DIFFICULTY = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([kKmMgGtTpPeE]?)\s*")


def number(info: Mapping[str, Any], name: str) -> float | None:
    """Return a finite number, None where the field is absent or null. Raise PayloadError for anything else."""
    value = info.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not -LARGEST < value < LARGEST:
        raise PayloadError(f"{name} is {shown(value)}, which is no number.")
    return float(value)


def shown(value: Any) -> str:
    """Return a foreign value as a message may quote it: short, and an absurdly long number not at all."""
    try:
        return repr(value)[:60]
    except ValueError:  # Python refuses to write out a number of thousands of digits
        return "absurd"


def whole(info: Mapping[str, Any], name: str) -> int | None:
    value = number(info, name)
    return None if value is None else round(value)


def first_number(info: Mapping[str, Any], *names: str) -> float | None:
    return next((value for value in (number(info, name) for name in names) if value is not None), None)


def first_whole(info: Mapping[str, Any], *names: str) -> int | None:
    value = first_number(info, *names)
    return None if value is None else round(value)


def positive(info: Mapping[str, Any], name: str) -> float | None:
    """Return a number above 0; a missing sensor shows 0 or -1."""
    value = number(info, name)
    return value if value is not None and value > 0 else None


def hottest(info: Mapping[str, Any]) -> float | None:
    """Return the hotter of the chip sensors that work."""
    known = [value for name in ("temp", "temp2") if (value := positive(info, name)) is not None]
    return max(known, default=None)


def text(info: Mapping[str, Any], name: str) -> str | None:
    """Return a text, None where it is absent, null or empty. Raise PayloadError for anything else."""
    value = info.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise PayloadError(f"{name} is {shown(value)}, which is no text.")
    return printable(str(value)) or None


def printable(foreign: str) -> str:
    """Return a foreign text without control characters, at a bearable length; no database refuses it."""
    whole_characters = foreign[:TEXT_MAX].encode("utf-8", "replace").decode()
    return NOT_PRINTED.sub("", whole_characters)


def flag(info: Mapping[str, Any], name: str) -> bool | None:
    """Return a switch, which is 0 or 1 in older versions and true or false in newer ones."""
    value = info.get(name)
    if value is None:
        return None
    if value not in (0, 1, True, False):
        raise PayloadError(f"{name} is {shown(value)}, which is neither on nor off.")
    return bool(value)


def difficulty(info: Mapping[str, Any], name: str) -> float | None:
    """Return a difficulty: a number in newer firmware, before that a text such as "4.29G"."""
    value = info.get(name)
    if not isinstance(value, str):
        return number(info, name)
    match = DIFFICULTY.fullmatch(value)
    if match is None:
        raise PayloadError(f"{name} is {shown(value)}, which is no difficulty.")
    return float(match[1]) * SUFFIXES[match[2].lower()]


def mac(info: Mapping[str, Any]) -> str | None:
    """Return the MAC as twelve lower-case hex digits."""
    value = text(info, "macAddr")
    digits = re.sub(r"[^0-9a-f]", "", value.lower()) if value else ""
    return digits if len(digits) == 12 and digits.strip("0") else None


def since(version: str | None, first: tuple[int, int]) -> bool:
    match = re.match(r"v(\d+)\.(\d+)", version or "")
    return match is not None and (int(match[1]), int(match[2])) >= first
