"""How hard a block of each coin is now, and what it pays."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from pools.coin_sources.registry import source_label
from pools.emission import subsidy_at
from pools.services.coins import all_coin_facts, coin_facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """A coin's difficulty, of when it is, who told, and the coins a block creates."""

    difficulty: float
    at: datetime
    source: str
    reward: Decimal


def networks(now: datetime) -> dict[str, Network]:
    """Return the network of each coin whose difficulty may be reckoned with; an old one may not. One query."""
    return {
        coin: Network(
            difficulty=facts.usable_difficulty,
            at=facts.difficulty_at,
            source=source_label(facts.difficulty_source),
            reward=facts.subsidy if facts.subsidy is not None else subsidy_at(coin, now),
        )
        for coin, facts in all_coin_facts(now=now).items()
        if facts.usable_difficulty and facts.difficulty_at is not None
    }


def difficulty_of(coin: str, now: datetime) -> float | None:
    """Return how hard a block of a coin is now, None where nobody told lately. One query."""
    return coin_facts(coin, now=now).usable_difficulty if coin else None
