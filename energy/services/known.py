"""The prices around now, read once: one page asks many things of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from energy.models import SettlementPeriod
from energy.services.prices import end_of_run, known_until

BEFORE, AHEAD = timedelta(days=2), timedelta(days=3)


class KnownPrice(NamedTuple):
    """A period as pages and decisions read it, half-open."""

    starts_at: datetime
    ends_at: datetime
    price_p_per_kwh: Decimal

    def covers(self, moment: datetime) -> bool:
        return self.starts_at <= moment < self.ends_at


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPrices:
    """The known periods from two days ago to three days ahead, sorted, and what they say of now."""

    now: datetime
    periods: tuple[KnownPrice, ...]

    @property
    def current(self) -> KnownPrice | None:
        """Return the period now lies in, None where no price is known."""
        return next((period for period in reversed(self.periods) if period.covers(self.now)), None)

    @property
    def following(self) -> KnownPrice | None:
        """Return the period that follows without a gap, None where it is not known."""
        current = self.current
        if current is None:
            return None
        return next((period for period in self.periods if period.starts_at == current.ends_at), None)

    @property
    def until(self) -> datetime | None:
        """Return the end of the unbroken run of prices from now on; one that leaves what was read is read on."""
        end = end_of_run(spans(self.since(self.now)), self.now)
        return known_until(self.now) if end is not None and end >= self.now + AHEAD else end

    def since(self, moment: datetime) -> list[KnownPrice]:
        """Return the periods that end after a moment."""
        return [period for period in self.periods if period.ends_at > moment]


def known_prices(now: datetime) -> KnownPrices:
    found = SettlementPeriod.objects.active().touching(now - BEFORE, now + AHEAD)
    return KnownPrices(now=now, periods=tuple(map(KnownPrice._make, found.values_list(*KnownPrice._fields))))


def spans(periods: Iterable[KnownPrice]) -> Iterable[tuple[datetime, datetime]]:
    return ((period.starts_at, period.ends_at) for period in periods)
