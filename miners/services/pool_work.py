"""Count what each miner does for each pool: its shares by its own counters, and its work; and whose blocks are."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Sum

from miners.models import BlockCredit, Miner, NewestReading, PoolWork
from miners.models.history import period_start
from miners.services.high_shares import is_one_pool, seen_in
from miners.services.pool_use import pool_at
from miners.shares import is_same_device, restarted
from miners.workers import miner_of, miners_by_worker
from pools.models import FoundBlock

HOUR = timedelta(hours=1)
HELD_POLLS = 3  # a hash rate holds until the next reading, at most so many polls; a longer gap is unknown
HOURS_KEPT = timedelta(days=3)
SHARES_MAX = 10**9  # between two readings; more is no count


def count_work(miner: Miner, before: NewestReading | None, newest: NewestReading, *, now: datetime) -> None:
    """Add what was done since the reading before. Call it inside the reading's transaction.

    It is for the pool the miner showed then. A miner that restarted meanwhile counts anew, for the pool of now.
    """
    if before is None or not is_same_device(seen_in(before), seen_in(newest)):
        return
    anew = began_anew(before, newest)
    if not anew and not is_one_pool(before.pool, newest.pool):
        return  # nobody knows which of the two got what
    accepted = gained(before.shares_accepted, newest.shares_accepted, anew=anew)
    rejected = gained(before.shares_rejected, newest.shares_rejected, anew=anew)
    work = 0.0 if anew else work_th(miner, before, now)
    if accepted or rejected or work:
        add(miner, newest, accepted, rejected, work, now=now)


def began_anew(before: NewestReading, newest: NewestReading) -> bool:
    """Tell whether the counters began at nought since: by the uptime, or by themselves where none is told."""
    fell = (newest.shares_accepted or 0) < (before.shares_accepted or 0)
    return fell or restarted(seen_in(before), seen_in(newest))


def gained(before: int | None, after: int | None, *, anew: bool) -> int:
    if after is None or (before is None and not anew):
        return 0
    found = after - (0 if anew else before or 0)
    return found if 0 <= found <= SHARES_MAX else 0


def work_th(miner: Miner, before: NewestReading, now: datetime) -> float:
    """Return the work since a reading in TH."""
    passed = min((now - before.taken_at).total_seconds(), HELD_POLLS * miner.poll_interval_s)
    return (before.hashrate_ths or 0.0) * max(0.0, passed)


def add(miner: Miner, newest: NewestReading, accepted: int, rejected: int, work: float, *, now: datetime) -> None:
    """Add to the hour's row. A poll and a broadcast of one miner may come together: both count."""
    pool = pool_at(newest.pool)
    where: dict[str, Any] = {"miner": miner, "pool": pool, "starts_at": period_start(now, HOUR), "is_day": False}
    if pool is None:
        where["coin"] = ""  # the rows of pools that were removed keep their coins, and stay as they are
    sums = {"accepted": accepted, "rejected": rejected, "work_th": work}
    more = {name: F(name) + value for name, value in sums.items()}
    if PoolWork.objects.filter(**where).update(**more):
        return
    if pool is None:
        PoolWork.objects.create(**where, **sums)
        return
    PoolWork.objects.bulk_create([PoolWork(**where, coin=pool.coin)], ignore_conflicts=True)
    PoolWork.objects.filter(**where).update(**more)


def join_days(*, now: datetime) -> None:
    """Make one row of each past day's hours; safe to run again, and the sums stay the same."""
    until = period_start(now - HOURS_KEPT, timedelta(days=1))
    while True:
        hours = PoolWork.objects.filter(is_day=False, starts_at__lt=until)
        oldest = hours.order_by("starts_at").values_list("starts_at", flat=True).first()
        if oldest is None:
            return
        day = period_start(oldest.astimezone(UTC), timedelta(days=1))
        join_day(day)


def join_day(day: datetime) -> None:
    hours = PoolWork.objects.filter(is_day=False, starts_at__gte=day, starts_at__lt=day + timedelta(days=1))
    with transaction.atomic():
        known = [pk for pk in hours.select_for_update().values_list("pk", flat=True)]
        rows = (
            PoolWork.objects.filter(pk__in=known)
            .order_by()
            .values("miner_id", "pool_id", "coin")
            .annotate(accepted=Sum("accepted"), rejected=Sum("rejected"), work_th=Sum("work_th"))
        )
        joined = [PoolWork(starts_at=day, is_day=True, **row) for row in rows]
        PoolWork.objects.filter(pk__in=known).delete()
        store_days(joined)


def store_days(rows: list[PoolWork]) -> None:
    """Add to a day that was joined before: hours can come late, by a clock that was set back."""
    for row in rows:
        where = {"miner": row.miner_id, "pool": row.pool_id, "starts_at": row.starts_at, "is_day": True}
        sums = {name: F(name) + getattr(row, name) for name in ("accepted", "rejected", "work_th")}
        if not PoolWork.objects.filter(coin=row.coin, **where).update(**sums):
            row.save()


# --- whose a block is ----------------------------------------------------------------------------


def credit_blocks() -> None:
    """Note whose each new block is, as long as the worker's name says so."""
    blocks = list(FoundBlock.objects.filter(credit__isnull=True).exclude(worker=""))
    known = miners_by_worker() if blocks else {}
    for block in blocks:
        miner = miner_of(block.worker, known)
        if miner is not None:
            BlockCredit.objects.get_or_create(block=block, defaults={"miner": miner, "miner_label": miner.name})
