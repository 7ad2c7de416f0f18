"""Keep the workers a pool tells of: the newest figures of each, those that are gone for a while too."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from pools.backends.base import Worker
from pools.models import Pool, PoolWorker
from pools.services.checking_values import storable

MOST = 500  # of one account
FORGOTTEN = timedelta(days=30)  # a worker the pool no longer names
FIGURES = ("hashrate_ths", "online", "last_share_at", "best_share", "seen_at", "seen_before")


def record_workers(pool: Pool, workers: Iterable[Worker], *, now: datetime) -> None:
    """Replace the figures of each named worker. Of two with one name the later counts."""
    named = {worker.name: worker for worker in list(workers)[:MOST]}
    if not named:
        return
    known = {row.name: row for row in PoolWorker.objects.filter(pool=pool, name__in=named)}
    PoolWorker.objects.bulk_create(
        [
            PoolWorker(
                pool=pool,
                name=name,
                hashrate_ths=storable(worker.hashrate_ths),
                online=worker.online,
                last_share_at=worker.last_share_at,
                best_share=storable(worker.best_share) or getattr(known.get(name), "best_share", None),
                seen_at=now,
                seen_before=getattr(known.get(name), "seen_at", None),
            )
            for name, worker in named.items()
        ],
        update_conflicts=True,
        unique_fields=["pool", "name"],
        update_fields=list(FIGURES),
    )


def forget_workers(*, now: datetime) -> None:
    """Drop workers no pool has named for a month."""
    PoolWorker.objects.filter(seen_at__lt=now - FORGOTTEN).delete()
