"""The coins' prices as every page shows them beside the price of energy. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from pools.coin_facts import PRICE_HOLDS, CoinFacts

STALE_AFTER_S = int(PRICE_HOLDS.total_seconds())


@dataclass(frozen=True, slots=True, kw_only=True)
class TickerItem:
    """One coin's price with the time it is of."""

    coin: str
    price_gbp: Decimal
    at: datetime
    is_stale: bool
    stale_after_s: int = STALE_AFTER_S


def ticker(facts: Mapping[str, CoinFacts]) -> tuple[TickerItem, ...]:
    """Return the coins that have a price; an old one stays, greyed, with its age."""
    return tuple(
        TickerItem(
            coin=found.coin,
            price_gbp=found.price_gbp,
            at=found.price_at,
            is_stale=found.price_is_stale,
        )
        for found in facts.values()
        if found.price_gbp is not None and found.price_at is not None
    )
