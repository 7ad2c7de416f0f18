"""How hard a block of each coin is now."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Max

from pools.models import PoolSnapshot

BELIEVED = timedelta(hours=48)


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """A coin's difficulty, since when it is known, and who told."""

    difficulty: float
    at: datetime
    source: str


def networks(now: datetime) -> dict[str, Network]:
    """Return the difficulty of each coin of which it is known; older than two days it is not."""
    recent = PoolSnapshot.objects.filter(
        network_difficulty__gt=0, fetched_at__gt=now - BELIEVED, fetched_at__lte=now + BELIEVED
    )
    newest = recent.order_by().values("pool__coin").annotate(at=Max("fetched_at")).values("at")
    rows = recent.filter(fetched_at__in=newest).select_related("pool").order_by("fetched_at")
    return {
        row.pool.coin: Network(difficulty=row.network_difficulty or 0.0, at=row.fetched_at, source=row.pool.name)
        for row in rows
    }


def difficulty_of(coin: str, now: datetime) -> float | None:
    """Return how hard a block of a coin is now, None where nobody told."""
    found = networks(now).get(coin) if coin else None
    return found.difficulty if found is not None else None
