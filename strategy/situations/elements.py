"""Read single values out of JSON that anybody may have written; each failure names its field."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from strategy.core import SituationError

PRICE_LIMIT = Decimal(100_000)  # p/kWh; further out is a slip of the unit, not a price
PLACES_MOST, DIGITS_MOST, WORD_MOST = 12, 60, 200
YEARS = range(2000, 2201)  # so that no sum of instants leaves the calendar
SHOWN = 60


def shown(raw: Any) -> str:
    """Return a value as an error shows it: short, and never its whole depth."""
    if isinstance(raw, Mapping):
        return "an object"
    if isinstance(raw, list | tuple):
        return "a list"
    if raw is None or isinstance(raw, bool):
        return {None: "null", True: "true", False: "false"}[raw]
    if isinstance(raw, int) and abs(raw) >= 10**DIGITS_MOST:
        return "a huge number"
    text = f"{raw!r}" if isinstance(raw, str) else f"{raw}"
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def moment(raw: Any, name: str) -> datetime:
    """Read an instant; one without a zone is refused, since an hour would be guessed."""
    value = raw if isinstance(raw, datetime) else parsed(raw, name)
    if value.tzinfo is None or value.utcoffset() is None:
        raise SituationError(name, f"{shown(raw)} has no time zone; write Z or an offset behind it.")
    if value.year not in YEARS:
        raise SituationError(name, f"{shown(raw)} is not between the years {YEARS[0]} and {YEARS[-1]}.")
    return value


def parsed(raw: Any, name: str) -> datetime:
    try:
        return datetime.fromisoformat(raw)
    except (TypeError, ValueError) as error:
        raise SituationError(name, f"{shown(raw)} is no ISO 8601 time, such as 2026-11-24T12:30:00Z.") from error


def number(raw: Any, name: str, *, most: Decimal = PRICE_LIMIT) -> Decimal:
    """Read an exact number from a JSON number or a string, between -`most` and `most`."""
    if isinstance(raw, bool) or not isinstance(raw, int | str | Decimal | float):
        raise SituationError(name, f"{shown(raw)} is no number.")
    try:
        value = Decimal(raw.strip() if isinstance(raw, str) else str(raw) if isinstance(raw, float) else raw)
    except InvalidOperation as error:
        raise SituationError(name, f"{shown(raw)} is no number.") from error
    if not value.is_finite() or not -most <= value <= most:
        raise SituationError(name, f"{shown(raw)} is not between -{most} and {most}.")
    digits = value.as_tuple()
    if -int(digits.exponent) > PLACES_MOST and value != round(value, PLACES_MOST):
        raise SituationError(name, f"{shown(raw)} has more than {PLACES_MOST} decimal places.")
    if not value:
        return Decimal(0)  # zero has no sign here
    return round(value, PLACES_MOST) if -int(digits.exponent) > PLACES_MOST else value


def whole(raw: Any, name: str, *, most: Decimal = PRICE_LIMIT) -> int:
    """Read a count: a whole number that is not below 0."""
    value = number(raw, name, most=most)
    if value < 0 or value != value.to_integral_value():
        raise SituationError(name, f"{shown(raw)} is no whole number from 0 up.")
    return int(value)


def position(raw: Any, name: str, count: int) -> int | None:
    """Read the position of a band, counted from 1; null is none."""
    if raw is None:
        return None
    if isinstance(raw, bool) or not isinstance(raw, int) or not 1 <= raw <= count:
        raise SituationError(name, f"{shown(raw)} is no band; there are bands 1 to {count}.")
    return raw


def flag(raw: Any, name: str, *, default: bool) -> bool:
    """Read true or false; null counts as not given."""
    if raw is None:
        return default
    if not isinstance(raw, bool):
        raise SituationError(name, f"{shown(raw)} is neither true nor false.")
    return raw


def words(raw: Any, name: str, *, most: int = WORD_MOST) -> str:
    """Read a name: text, or a whole number as ids are."""
    if isinstance(raw, bool) or not isinstance(raw, str | int):
        raise SituationError(name, f"{shown(raw)} is no text.")
    text = str(raw)
    if not text.strip() or len(text) > most:
        raise SituationError(name, f"A text here has 1 to {most} characters.")
    return text


def mapping(raw: Any, name: str) -> Mapping[str, Any]:
    """Read an object; null counts as an empty one except for the situation itself."""
    if raw is None and name != "situation":
        return {}
    if not isinstance(raw, Mapping):
        raise SituationError(name, f"{name} must be an object, not {shown(raw)}.")
    return raw


def listing(raw: Any, name: str) -> Sequence[Any]:
    if not isinstance(raw, list | tuple):
        raise SituationError(name, f"{name} must be a list, not {shown(raw)}.")
    return raw
