"""What the head of Home says: the price now, what runs and why, what comes next."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from energy.services.refresh import FetchState
from hmm.look.price_chart import PriceChart


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One band of the ladder and what it runs."""

    position: int
    range_words: str
    what: str
    now: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Hero:
    """The head of Home. `ladder` is dear to cheap; `band_position` is the band in force."""

    price: Decimal | None
    until: datetime | None
    next_price: Decimal | None
    next_band: int | None
    band_position: int | None
    band_count: int
    verdict: str
    strategy_word: str
    tariff_name: str
    ladder: tuple[Step, ...]
    chart: PriceChart
    phone_chart: PriceChart
    prices: FetchState
