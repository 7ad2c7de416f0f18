"""What the pools page shows; the number of queries does not grow with the pools."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import OuterRef, Subquery

from hmm.secrets import lost_secrets
from pools.backends.base import TellsEarnings
from pools.backends.registry import BACKENDS
from pools.failover import is_passed_over
from pools.models import SECRETS, Pool, PoolHealth, PoolSnapshot, PoolState
from pools.services.choosing import first_pools, standing_of

DAY, POINTS = timedelta(hours=24), 96
OLD = timedelta(minutes=15)  # three rhythms
GOOD_MS, FAIR_MS, POOR_MS = 100, 250, 800
STATE_BADGE = {
    PoolState.UP: "badge-good",
    PoolState.SHAKY: "badge-warning",
    PoolState.DOWN: "badge-critical",
    PoolState.UNKNOWN: "",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One pool with its health, its newest figures and the hash rate of a day."""

    pool: Pool
    state: str
    badge: str
    since: datetime | None
    checked_at: datetime | None
    latency: str
    latency_ms: float | None
    outcome: str
    is_chosen: bool
    passed_over: bool
    lost_secrets: tuple[str, ...]
    statistics: str
    tells_earnings: bool
    stats_error: str
    stats_failed_at: datetime | None
    snapshot: PoolSnapshot | None
    is_old: bool
    spark: list[float | None] | None
    lowest_ths: float | None
    highest_ths: float | None


def cards(now: datetime) -> list[Card]:
    """Return a card for each pool, by coin and priority. Four queries."""
    newest = PoolSnapshot.objects.filter(pool=OuterRef("pk")).order_by("-fetched_at")
    pools = list(Pool.objects.select_related("health"))
    newest_ids = Pool.objects.annotate(newest_id=Subquery(newest.values("pk")[:1])).values("newest_id")
    snapshots = {row.pool_id: row for row in PoolSnapshot.objects.filter(pk__in=newest_ids)}
    lines = day_lines((pool.pk for pool in pools), now)
    chosen = {pool.pk for pool in first_pools(now).values()}
    return [card(pool, snapshots.get(pool.pk), lines[pool.pk], pool.pk in chosen, now) for pool in pools]


def card(pool: Pool, snapshot: PoolSnapshot | None, line: list[float | None], is_chosen: bool, now: datetime) -> Card:
    health: PoolHealth = getattr(pool, "health", None) or PoolHealth(pool=pool)
    known = [value for value in line if value is not None]
    backend = BACKENDS.get(pool.backend)
    return Card(
        pool=pool,
        state=PoolState(health.state).label,
        badge=STATE_BADGE[PoolState(health.state)],
        since=health.since,
        checked_at=health.checked_at,
        latency=latency_word(health.reply_ms),
        latency_ms=health.reply_ms,
        outcome=health.outcome.replace("_", " "),
        is_chosen=is_chosen,
        passed_over=is_passed_over(standing_of(pool), now),
        lost_secrets=tuple(lost_secrets(pool, *SECRETS)),
        statistics=backend.label if backend is not None else pool.backend,
        tells_earnings=isinstance(backend, TellsEarnings),
        stats_error=health.stats_error,
        stats_failed_at=health.stats_failed_at,
        snapshot=snapshot,
        is_old=snapshot is not None and now - snapshot.fetched_at > OLD,
        spark=line if known else None,
        lowest_ths=min(known, default=None),
        highest_ths=max(known, default=None),
    )


def latency_word(reply_ms: float | None) -> str:
    """Return how quick a pool answers in a word, "" where it is not known."""
    if reply_ms is None:
        return ""
    steps = ((GOOD_MS, "good"), (FAIR_MS, "fair"), (POOR_MS, "slow"))
    return next((word for limit, word in steps if reply_ms < limit), "very slow")


def day_lines(pool_ids: Iterable[int], now: datetime) -> dict[int, list[float | None]]:
    """Return the hash rate of our account over a day, evenly spaced; None is a gap. One query."""
    lines: dict[int, list[float | None]] = {pk: [None] * POINTS for pk in pool_ids}
    start, step = now - DAY, DAY / POINTS
    rows = PoolSnapshot.objects.filter(fetched_at__gt=start, fetched_at__lte=now, hashrate_ths__isnull=False)
    for pk, at, rate in rows.order_by("fetched_at").values_list("pool_id", "fetched_at", "hashrate_ths"):
        if pk in lines:
            lines[pk][min(POINTS - 1, int((at - start) / step))] = rate
    return lines
