"""Prices that a person types in: one for all hours, and others for hours of the week on the local clock. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from zoneinfo import ZoneInfo

from energy.tariffs.base import Slot

PRICE_LIMIT = Decimal(1000)  # p/kWh; a slip of the unit passes it
PLACES = 6
RULES_MAX = 50
HALF_HOUR = timedelta(minutes=30)
DAY = timedelta(days=1)
MIDNIGHT_MINUTE = 24 * 60
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
GROUPS = {"daily": WEEK, "weekdays": WEEK[:5], "weekend": WEEK[5:]}
LINE = re.compile(r"(?P<days>[a-z,\-]+)\s+(?P<start>\d\d?:\d\d)\s*-\s*(?P<end>\d\d?:\d\d)\s+(?P<price>\S+)")
EXAMPLE = "daily 00:30-05:30 7.5"


class RuleError(ValueError):
    """A line that cannot be read; says which and what to write."""


@dataclass(frozen=True, slots=True)
class HourRule:
    """A price for hours of some weekdays, half-open, in minutes of the local clock; may pass midnight."""

    days: frozenset[int]
    start_minute: int
    end_minute: int
    price_p_per_kwh: Decimal

    def covers(self, local: datetime) -> bool:
        """Tell whether it holds at a local time; hours after midnight belong to the day they began on."""
        minute, day = local.hour * 60 + local.minute, local.weekday()
        if self.start_minute < self.end_minute:
            return day in self.days and self.start_minute <= minute < self.end_minute
        began_today = day in self.days and minute >= self.start_minute
        return began_today or ((day - 1) % 7 in self.days and minute < self.end_minute)


def price_of(text: str) -> Decimal:
    """Return a price in p/kWh. Raise RuleError for what is none."""
    try:
        price = Decimal(text.strip())
    except InvalidOperation as error:
        raise RuleError(f"{text.strip()!r:.40} is no price; write pence per kWh, such as 24.5.") from error
    if not price.is_finite() or not -PRICE_LIMIT <= price <= PRICE_LIMIT or price != round(price, PLACES):
        raise RuleError(
            f"{text.strip()!r:.40} is no price between -{PRICE_LIMIT} and {PRICE_LIMIT} p/kWh with at most "
            f"{PLACES} decimals."
        )
    return price


def rules_of(text: str) -> tuple[HourRule, ...]:
    """Return the rules of a text, one in a line; of two that hold at once the upper one counts."""
    lines = [(number, line) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    if len(lines) > RULES_MAX:
        raise RuleError(f"Write at most {RULES_MAX} lines.")
    return tuple(rule_of(line, number) for number, line in lines)


def rule_of(line: str, number: int) -> HourRule:
    match = LINE.fullmatch(line.strip().lower())
    if match is None:
        raise RuleError(f"Line {number}: write days, hours and a price, such as {EXAMPLE}.")
    try:
        start, end = minute_of(match["start"]), minute_of(match["end"])
        if start in {end, MIDNIGHT_MINUTE}:
            raise RuleError("the hours must begin before they end; all day is 00:00-24:00.")
        return HourRule(days_of(match["days"]), start, end, price_of(match["price"]))
    except RuleError as error:
        raise RuleError(f"Line {number}: {error}") from error


def minute_of(text: str) -> int:
    hours, minutes = (int(part) for part in text.split(":"))
    if minutes > 59 or hours * 60 + minutes > MIDNIGHT_MINUTE:
        raise RuleError(f"{text} is no time of day; write 00:00 to 24:00.")
    return hours * 60 + minutes


def days_of(text: str) -> frozenset[int]:
    """Return weekdays, Monday 0, of words such as `daily`, `weekdays`, `mon-fri` or `sat,sun`."""
    found: set[int] = set()
    for part in text.split(","):
        names: Sequence[str] = GROUPS.get(part, ())
        if not names:
            first, _dash, last = part.partition("-")
            if first not in WEEK or (last or first) not in WEEK:
                raise RuleError(
                    f"{part!r:.40} is no day; write daily, weekdays, weekend, or mon, tue, wed, thu, fri, sat, sun."
                )
            low, high = WEEK.index(first), WEEK.index(last or first)
            names = [WEEK[(low + step) % 7] for step in range((high - low) % 7 + 1)]
        found |= {WEEK.index(name) for name in names}
    return frozenset(found)


def slots_of(
    rules: Sequence[HourRule], usual: Decimal, zone: ZoneInfo, start: datetime, end: datetime
) -> Iterator[Slot]:
    """Yield the slots that touch [start, end): half hours, cut where a rule begins or ends on the local clock."""
    for low, high in pairwise(edges(rules, zone, start, end)):
        if high > start and low < end:
            local = low.astimezone(zone)
            price = next((rule.price_p_per_kwh for rule in rules if rule.covers(local)), usual)
            yield Slot(starts_at=low, ends_at=high, price_p_per_kwh=price)


def edges(rules: Sequence[HourRule], zone: ZoneInfo, start: datetime, end: datetime) -> list[datetime]:
    """Return every instant at which a slot may begin, from before `start` to after `end`."""
    first = floor(start)
    found = {first + HALF_HOUR * step for step in range((floor(end) - first) // HALF_HOUR + 2)}
    minutes = {minute for rule in rules for minute in (rule.start_minute, rule.end_minute) if minute % 30}
    day = first.astimezone(zone).date()
    while minutes and day <= end.astimezone(zone).date():
        found |= {instant for minute in minutes for instant in instants(day, minute, zone)}
        day += DAY
    return sorted(
        moment for moment in found if first <= moment <= first + ((end - first) // HALF_HOUR + 2) * HALF_HOUR
    )


def instants(day: date, minute: int, zone: ZoneInfo) -> set[datetime]:
    """Return when a local clock shows a minute of a day: twice where it is set back."""
    local = datetime.combine(day, time(minute // 60, minute % 60), tzinfo=zone)
    return {local.replace(fold=fold).astimezone(UTC) for fold in (0, 1)}


def floor(moment: datetime) -> datetime:
    moment = moment.astimezone(UTC)
    return moment.replace(minute=moment.minute // 30 * 30, second=0, microsecond=0)
