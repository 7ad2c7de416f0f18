"""What should be, written again from the design's words and nothing of the product's code.

It knows the prices the feed has published and the product has fetched, the bands a person set, and a person's
override; from them it says which band is to be in force.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

GRACE = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Line:
    """One band: dearer than the line before, up to (and without) its limit."""

    limit: Decimal | None
    target: str
    alone: bool = False  # champion only


@dataclass(slots=True)
class Oracle:
    """The band in force, walked forward from one look to the next."""

    lines: Sequence[Line]
    prices: dict[datetime, tuple[datetime, Decimal]] = field(default_factory=dict)  # start: (end, price)
    starts: list[datetime] = field(default_factory=list)  # of the prices, sorted
    current: int | None = None  # 0 is the cheapest
    away_since: datetime | None = None  # since when no band was in force
    enabled: bool = True
    forced: tuple[str, int | None, datetime | None] = ("auto", None, None)

    def learn(self, prices: Mapping[datetime, tuple[datetime, Decimal]]) -> None:
        self.prices = dict(prices)
        self.starts = sorted(self.prices)

    def slot(self, now: datetime) -> tuple[datetime, datetime, Decimal] | None:
        place = bisect_right(self.starts, now)
        if not place:
            return None
        start = self.starts[place - 1]
        end, price = self.prices[start]
        return (start, end, price) if now < end else None

    def last_end(self, now: datetime) -> datetime | None:
        return max((end for end, _price in self.prices.values() if end <= now), default=None)

    def line_of(self, price: Decimal) -> int:
        """Return the first line whose limit lies above the price."""
        return next(
            (place for place, line in enumerate(self.lines) if line.limit is None or line.limit > price),
            len(self.lines) - 1,
        )

    def is_off(self, place: int) -> bool:
        return self.lines[place].target == "OFF"

    def look(self, now: datetime) -> tuple[str, int | None]:
        """Return what is to be now: ("run", line), ("off", line or None) or ("stay", line or None)."""
        kind, chosen, until = self.forced
        if not self.enabled:
            return self.leave(now, "stay", None)
        if until is not None and now >= until:
            kind = "auto"
        if kind == "off":
            return self.leave(now, "off", None)
        if kind == "on":
            assert chosen is not None
            return self.leave(now, "run", chosen)
        slot = self.slot(now)
        if slot is None:
            last = self.last_end(now)
            waits = last is not None and now < last + GRACE
            return self.leave(now, "stay", self.kept(now)) if waits else self.leave(now, "off", None)
        start, end, price = slot
        self.current = self.by_table(self.kept(now, end - start), price, self.prices.get(end))
        self.away_since = None
        return ("off" if self.is_off(self.current) else "run"), self.current

    def leave(self, now: datetime, word: str, place: int | None) -> tuple[str, int | None]:
        self.away_since = self.away_since or now
        return word, place

    def kept(self, now: datetime, length: timedelta = timedelta(minutes=30)) -> int | None:
        """Return the stored band; an absence longer than a slot forgets it."""
        if self.away_since is not None and now - self.away_since > max(length, timedelta(minutes=5)):
            return None
        return self.current

    def by_table(self, current: int | None, price: Decimal, following: tuple[datetime, Decimal] | None) -> int:
        here = self.line_of(price)
        if self.is_off(here) or current is None:
            return here
        runs = not self.is_off(current)
        if runs and here >= current:  # the same, or dearer
            return here
        if following is None:
            return current
        then = self.line_of(following[1])
        if self.is_off(then):
            return current
        dearer = max(here, then)
        return current if runs and dearer >= current else dearer
