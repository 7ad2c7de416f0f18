"""Careful readers of foreign values: what is missing or odd is None, never nought. Pure."""

import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from pools.backends.base import PayloadError

TERA = 1e12
TEXT_MAX = 200
WHOLE_MAX = 2**53
SHARE_MAX = 1e18
SUFFIX = {"": 1.0, "K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18, "Z": 1e21}
SHORT = re.compile(r"([0-9]*\.?[0-9]+(?:[eE][+-]?[0-9]+)?)\s*([KMGTPEZ]?)", re.I)
COIN_PREFIXES = ("bitcoincash:", "bitcoin:", "digibyte:", "bitcoinii:")


def document(content: bytes) -> dict[str, Any]:
    """Return a JSON object. Raise PayloadError for anything else."""
    try:
        value = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise PayloadError("The pool's answer is not JSON.") from error
    if not isinstance(value, dict):
        raise PayloadError("The pool's answer is not the object it should be.")
    return value


def part(value: Any) -> Mapping[str, Any]:
    """Return an object, an empty one where there is none."""
    return value if isinstance(value, dict) else {}


def rows(value: Any) -> list[Mapping[str, Any]]:
    """Return the objects of a list; anything else in it is left out."""
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def number(value: Any) -> float | None:
    """Return a finite number that is not negative, from a number or a text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) and found >= 0 else None


def whole(value: Any) -> int | None:
    found = number(value)
    return int(found) if found is not None and found <= WHOLE_MAX else None


def ths(value: Any) -> float | None:
    """Return hashes a second as TH/s."""
    found = number(value)
    return None if found is None else found / TERA


def short(value: Any) -> float | None:
    """Return a number with a suffix, such as 1.48T or 1e+03G, as a plain number."""
    match = SHORT.fullmatch(str(value).strip()) if isinstance(value, str | int | float) else None
    return None if match is None else number(float(match[1]) * SUFFIX[match[2].upper()])


def share(value: Any) -> float | None:
    """Return a share's difficulty from a number or a text such as 4.29G; nought is none, and so is what nobody found.

    The luckiest share of all time is near a thousand times the largest network difficulty, 10^17.
    """
    found = short(value)
    return found if found is not None and 0 < found <= SHARE_MAX else None


def amount(value: Any) -> Decimal | None:
    """Return an exact amount that is not negative."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() and 0 <= found < Decimal(10) ** 24 else None


def moment(value: Any) -> datetime | None:
    """Return a time from seconds or milliseconds since 1970, or from ISO text; nought is no time."""
    if isinstance(value, str) and "T" in value:
        try:
            found = datetime.fromisoformat(value)
            return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
        except (ValueError, OverflowError):
            return None
    seconds = number(value)
    if not seconds:
        return None
    try:
        return datetime.fromtimestamp(seconds / 1000 if seconds > 1e11 else seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def text(value: Any, limit: int = TEXT_MAX) -> str:
    """Return a short text without control signs; a database refuses NUL."""
    if not isinstance(value, str | int):
        return ""
    return "".join(sign for sign in str(value) if sign.isprintable())[:limit]


def bare_wallet(user: str) -> str:
    """Return the wallet of a stratum user: without a coin's prefix and without the miner's own name."""
    found = user.strip()
    for prefix in COIN_PREFIXES:
        if found.lower().startswith(prefix):
            found = found[len(prefix) :]
    return found.split(".", 1)[0]
