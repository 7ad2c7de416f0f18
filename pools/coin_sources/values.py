"""Strict readers of foreign figures: absent is None, nonsense makes the whole answer bad. Pure."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from pools.backends.base import PayloadError

PRICE_MAX = Decimal(10**8)  # £ a coin
PRICE_MIN = Decimal(10) ** -9
RATIO_MIN = Decimal(10) ** -14  # of a bitcoin a coin
DIFFICULTY_MIN, DIFFICULTY_MAX = Decimal(1), Decimal(10) ** 22
HEIGHT_MAX = 10**9
SECONDS_MIN, SECONDS_MAX = 1_230_000_000, 7_000_000_000  # 2008 to 2191


def parsed(content: bytes) -> Any:
    """Return JSON with exact numbers. Raise PayloadError."""
    try:
        return json.loads(content, parse_float=Decimal, parse_constant=str)
    except (ValueError, RecursionError, InvalidOperation) as error:
        raise PayloadError("The answer is not JSON.") from error


def document(content: bytes) -> Mapping[str, Any]:
    """Return a JSON object. Raise PayloadError."""
    value = parsed(content)
    if not isinstance(value, dict):
        raise PayloadError("The answer is not the object it should be.")
    return value


def part(value: Any) -> Mapping[str, Any]:
    """Return an inner object. Raise PayloadError where it is none."""
    if not isinstance(value, dict):
        raise PayloadError("A part of the answer is missing.")
    return value


def exact(value: Any, what: str) -> Decimal:
    """Return a finite number from a number or a text. Raise PayloadError."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise PayloadError(f"The {what} is no number.")
    try:
        found = Decimal(value)
    except (InvalidOperation, ValueError) as error:
        raise PayloadError(f"The {what} is no number.") from error
    if not found.is_finite():
        raise PayloadError(f"The {what} is no number.")
    return found


def price(value: Any, *, most: Decimal = PRICE_MAX) -> Decimal | None:
    """Return a price in £, None where there is none. Raise PayloadError for one that cannot be."""
    if value is None:
        return None
    found = exact(value, "price")
    if not PRICE_MIN <= found <= most:
        raise PayloadError(f"A price of £{brief(found)} a coin cannot be.")
    return found


def ratio(value: Any) -> Decimal | None:
    """Return a price in bitcoin, None where there is none. Raise PayloadError for one that cannot be."""
    if value is None:
        return None
    found = exact(value, "price in bitcoin")
    if not RATIO_MIN <= found <= 1:
        raise PayloadError(f"A price of {brief(found)} bitcoin a coin cannot be.")
    return found


def difficulty(value: Any) -> float | None:
    """Return a network difficulty, None where there is none. Raise PayloadError for one that cannot be."""
    if value is None:
        return None
    found = exact(value, "difficulty")
    if not DIFFICULTY_MIN <= found <= DIFFICULTY_MAX:
        raise PayloadError(f"A difficulty of {brief(found)} cannot be.")
    return float(found)


def height(value: Any) -> int | None:
    """Return the height of a chain, None where there is none. Raise PayloadError for one that cannot be."""
    if value is None:
        return None
    found = exact(value, "height")
    if not 0 < found <= HEIGHT_MAX or found != found.to_integral_value():
        raise PayloadError(f"A height of {brief(found)} cannot be.")
    return int(found)


def moment(value: Any) -> datetime | None:
    """Return a time from seconds since 1970; what is none is None, for the figure counts without it."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or not SECONDS_MIN <= value <= SECONDS_MAX:
        return None
    return datetime.fromtimestamp(int(value), UTC)


def brief(value: Decimal) -> str:
    return f"{value:.4g}"
