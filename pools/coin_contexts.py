"""What the page of coins shows; the number of queries does not grow with coins or hours."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings

from pools.coin_facts import CoinFacts
from pools.coin_sources.registry import CLIENTS, POOLS, POOLS_LABEL, POOLS_TELL, source_label
from pools.coins import Coin
from pools.luck import coins_per_ths_day
from pools.models import CoinObservation, CoinSource
from pools.services.coins import all_coin_facts

DAYS, POINTS = 30, 120
THIN = {Coin.BC2}  # traded at few small places: its price is a hint


@dataclass(frozen=True, slots=True, kw_only=True)
class CoinRow:
    """One coin with its month. `pence_per_ths_day` is an expectation at these figures, not an income."""

    facts: CoinFacts
    name: str
    price_source: str
    difficulty_source: str
    is_thin: bool
    pence_per_ths_day: Decimal | None
    spark: list[float | None] | None
    lowest_gbp: Decimal | None
    highest_gbp: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRow:
    """One source with how it does."""

    source: CoinSource
    label: str
    tells: str
    badge: str
    word: str


def coin_rows(now: datetime) -> list[CoinRow]:
    """Return every coin. Two queries."""
    lines = month_lines(now)
    known = {coin: [point for point in line if point is not None] for coin, line in lines.items()}
    return [
        CoinRow(
            facts=facts,
            name=Coin(coin).label,
            price_source=source_label(facts.price_source),
            difficulty_source=source_label(facts.difficulty_source),
            is_thin=coin in THIN,
            pence_per_ths_day=pence_per_ths_day(facts),
            spark=above_floor(lines.get(coin, [])),
            lowest_gbp=min(known.get(coin, []), default=None),
            highest_gbp=max(known.get(coin, []), default=None),
        )
        for coin, facts in all_coin_facts(now=now).items()
    ]


def pence_per_ths_day(facts: CoinFacts) -> Decimal | None:
    """Return what one TH/s is expected to earn in a day, in pence, before a pool's fee; None from stale figures."""
    difficulty, price = facts.usable_difficulty, facts.usable_price_gbp
    if difficulty is None or price is None or facts.subsidy is None:
        return None
    return Decimal(coins_per_ths_day(difficulty, float(facts.subsidy))) * price * 100


def month_lines(now: datetime) -> dict[str, list[Decimal | None]]:
    """Return each coin's price in £ over a month, evenly spaced; None is a gap. One query."""
    lines: dict[str, list[Decimal | None]] = {}
    start, step = now - timedelta(days=DAYS), timedelta(days=DAYS) / POINTS
    rows = CoinObservation.objects.filter(hour__gt=start, hour__lte=now, price_gbp__isnull=False)
    for coin, hour, price in rows.order_by("hour").values_list("coin", "hour", "price_gbp"):
        line = lines.setdefault(coin, [None] * POINTS)
        line[min(POINTS - 1, int((hour - start) / step))] = price
    return lines


def above_floor(line: Sequence[Decimal | None]) -> list[float | None] | None:
    """Return a line from a little below its lowest point on, so that a price that moves by a few percent shows it."""
    known = [point for point in line if point is not None]
    if not known:
        return None
    floor = min(known) - (max(known) - min(known)) / 4
    return [None if point is None else float(point - floor) for point in line]


def source_rows() -> list[SourceRow]:
    """Return every source in order. One query."""
    rows = CoinSource.objects.defer("key")
    known = [source for source in rows if source.kind in CLIENTS or source.kind == POOLS]
    return [source_row(source) for source in known]


def source_row(source: CoinSource) -> SourceRow:
    client = CLIENTS.get(source.kind)
    badge, word = "", "not asked yet"
    if not source.enabled:
        word = "off"
    elif source.failures:
        badge, word = "badge-warning", "fails"
    elif source.answered_at is not None:
        badge, word = "badge-good", "answers"
    return SourceRow(
        source=source,
        label=client.label if client else POOLS_LABEL,
        tells=client.tells if client else POOLS_TELL,
        badge=badge,
        word=word,
    )


def usual_address(kind: str) -> str:
    """Return where a source is asked unless a person says otherwise; "" for what is not asked at all."""
    client = CLIENTS.get(kind)
    return "" if client is None else str(getattr(settings, client.setting))


def coins_context(now: datetime) -> dict[str, Any]:
    """Return what the page shows. Three queries."""
    return {"coins": coin_rows(now), "sources": source_rows(), "days": DAYS}
