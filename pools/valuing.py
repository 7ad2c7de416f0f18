"""What past work was expected to earn, from what was believed in its hour. Pure.

An hour's own figures count, else the last ones before it while they hold: a price for a day, a difficulty for two.
Older than that, or never told, is unknown and stays so.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Generic, TypeVar

from pools.coin_facts import DIFFICULTY_HOLDS, PENCE, PRICE_HOLDS
from pools.luck import HASHES_PER_DIFFICULTY

TERA = Decimal(10**12)
Value = TypeVar("Value")


@dataclass(slots=True)
class Past(Generic[Value]):
    """One figure hour by hour, oldest first."""

    holds: timedelta
    hours: list[datetime] = field(default_factory=list)
    values: list[Value] = field(default_factory=list)

    def add(self, hour: datetime, value: Value) -> None:
        self.hours.append(hour)
        self.values.append(value)

    def at(self, moment: datetime) -> Value | None:
        """Return the figure of the moment's hour, or the last before it that still holds."""
        place = bisect_right(self.hours, moment) - 1
        return self.values[place] if place >= 0 and moment - self.hours[place] < self.holds else None


@dataclass(frozen=True, slots=True)
class Hour:
    """What was believed of a coin in one hour."""

    hour: datetime
    price_gbp: Decimal | None
    difficulty: float | None
    height: int | None


class CoinPast:
    """One coin's past. `subsidy_of` says what a block pays at a height, None being about that moment."""

    def __init__(self, hours: Iterable[Hour], subsidy_of: Callable[[int | None, datetime], Decimal]) -> None:
        self.prices: Past[Decimal] = Past(PRICE_HOLDS)
        self.difficulties: Past[float] = Past(DIFFICULTY_HOLDS)
        self.heights: Past[int] = Past(DIFFICULTY_HOLDS)
        self.subsidy_of = subsidy_of
        for row in hours:
            if row.price_gbp is not None:
                self.prices.add(row.hour, row.price_gbp)
            if row.difficulty is not None:
                self.difficulties.add(row.hour, row.difficulty)
            if row.height is not None:
                self.heights.add(row.hour, row.height)

    def price_p(self, moment: datetime) -> Decimal | None:
        """Return pence a coin at a moment."""
        price = self.prices.at(moment)
        return None if price is None else price * PENCE

    def coins(self, work_th: float, moment: datetime) -> Decimal | None:
        """Return the coins this work was expected to earn then, before a pool's fee."""
        rate = self.coins_per_th(moment)
        return None if rate is None else rate * Decimal(work_th)

    def coins_per_th(self, moment: datetime) -> Decimal | None:
        """Return the coins one TH of work was expected to earn."""
        difficulty = self.difficulties.at(moment)
        if difficulty is None:
            return None
        reward = self.subsidy_of(self.heights.at(moment), moment)
        return reward * TERA / (Decimal(difficulty) * HASHES_PER_DIFFICULTY)
