"""What is believed of a coin: which source's word counts, how old it is, and whether the others agree. Pure.

Sources are asked in the household's order. One that told within its own rhythm counts before one that is late;
beyond that the younger word counts. Nothing is averaged: a figure always has one source and one time.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Generic, TypeVar

PRICE_HOLDS, DIFFICULTY_HOLDS = timedelta(hours=24), timedelta(hours=48)  # older figures are unknown to automation
PUNCTUAL = timedelta(minutes=45)  # three rhythms of the slowest source
COMPARED = timedelta(hours=2)  # words further apart differ because the world moved
DISAGREE_PERCENT = 20.0
PENCE = 100
Value = TypeVar("Value")
Number = TypeVar("Number", Decimal, float)


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What one source last said of one coin; each figure with the time it is of. `rank` 1 is asked first."""

    source: str
    rank: int
    price_gbp: Decimal | None = None
    price_at: datetime | None = None
    difficulty: float | None = None
    difficulty_at: datetime | None = None
    height: int | None = None
    height_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CoinFacts:
    """What is believed of one coin now; None is what nobody said. `subsidy` is what a block creates, in coins.

    A figure that is stale is still shown, with its age; whoever decides or values takes the `usable_` ones.
    """

    coin: str
    difficulty: float | None = None
    difficulty_at: datetime | None = None
    difficulty_source: str = ""
    difficulty_is_stale: bool = False
    difficulty_apart_percent: float | None = None  # None: nobody to compare with
    price_gbp: Decimal | None = None
    price_at: datetime | None = None
    price_source: str = ""
    price_is_stale: bool = False
    price_apart_percent: float | None = None
    height: int | None = None
    height_at: datetime | None = None
    subsidy: Decimal | None = None

    @property
    def usable_difficulty(self) -> float | None:
        return None if self.difficulty_is_stale else self.difficulty

    @property
    def usable_price_gbp(self) -> Decimal | None:
        return None if self.price_is_stale else self.price_gbp

    @property
    def price_p(self) -> Decimal | None:
        """Return the price in pence."""
        return None if self.price_gbp is None else self.price_gbp * PENCE

    @property
    def disagreement_percent(self) -> float | None:
        """Return how far the sources lie apart, the worse of price and difficulty."""
        known = [part for part in (self.price_apart_percent, self.difficulty_apart_percent) if part is not None]
        return max(known, default=None)

    @property
    def disagreement(self) -> bool:
        """Tell whether two sources of about the same time differ by more than a fifth."""
        apart = self.disagreement_percent
        return apart is not None and apart > DISAGREE_PERCENT


@dataclass(frozen=True, slots=True)
class Figure(Generic[Value]):
    """One value with its source and time."""

    value: Value
    at: datetime
    source: str
    rank: int


def believe(
    coin: str, words: Iterable[Word], *, now: datetime, subsidy_of: Callable[[str, int | None], Decimal | None]
) -> CoinFacts:
    """Return what is believed of a coin. `subsidy_of` says what a block pays at a height, None being about now."""
    said = list(words)
    prices = [
        Figure(word.price_gbp, word.price_at, word.source, word.rank)
        for word in said
        if word.price_gbp is not None and word.price_at is not None
    ]
    difficulties = [
        Figure(word.difficulty, word.difficulty_at, word.source, word.rank)
        for word in said
        if word.difficulty is not None and word.difficulty_at is not None
    ]
    heights = [
        Figure(word.height, word.height_at, word.source, word.rank)
        for word in said
        if word.height is not None and word.height_at is not None
    ]
    price, difficulty = chosen(prices, now), chosen(difficulties, now)
    tip = max(heights, key=lambda figure: figure.at, default=None)
    return CoinFacts(
        coin=coin,
        difficulty=difficulty.value if difficulty else None,
        difficulty_at=difficulty.at if difficulty else None,
        difficulty_source=difficulty.source if difficulty else "",
        difficulty_is_stale=difficulty is not None and now - difficulty.at > DIFFICULTY_HOLDS,
        difficulty_apart_percent=apart_percent(difficulty, difficulties),
        price_gbp=price.value if price else None,
        price_at=price.at if price else None,
        price_source=price.source if price else "",
        price_is_stale=price is not None and now - price.at > PRICE_HOLDS,
        price_apart_percent=apart_percent(price, prices),
        height=tip.value if tip else None,
        height_at=tip.at if tip else None,
        subsidy=subsidy_of(coin, tip.value if tip and now - tip.at <= DIFFICULTY_HOLDS else None),
    )


def chosen(figures: Sequence[Figure[Value]], now: datetime) -> Figure[Value] | None:
    """Return the figure that counts: the first source in order that is punctual, else the youngest word."""
    punctual = [figure for figure in figures if now - figure.at <= PUNCTUAL]
    if punctual:
        return min(punctual, key=lambda figure: figure.rank)
    return max(figures, key=lambda figure: (figure.at, -figure.rank), default=None)


def apart_percent(one: Figure[Number] | None, figures: Sequence[Figure[Number]]) -> float | None:
    """Return how much the largest word of about the same time exceeds the smallest, None with nobody to compare."""
    if one is None:
        return None
    values = [float(figure.value) for figure in figures if abs(figure.at - one.at) <= COMPARED]
    return (max(values) - min(values)) / min(values) * 100 if len(values) > 1 else None
