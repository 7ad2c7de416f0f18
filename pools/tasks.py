"""When pools are looked at."""

from celery import shared_task

from hmm.clock import now as read_clock
from pools.services.checking import check_pool, claim_due, purge_snapshots

EXPIRES_S = 120


@shared_task(ignore_result=True)
def dispatch_due() -> None:
    """Send a task for each pool that is due. Safe to run twice: a pool is claimed once."""
    for pk in claim_due(now=read_clock()):
        look_at_pool.apply_async((pk,), expires=EXPIRES_S)


@shared_task(ignore_result=True)
def look_at_pool(pk: int) -> None:
    """Look at one pool's port and statistics. Safe to run twice."""
    check_pool(pk, now=read_clock())


@shared_task(ignore_result=True)
def drop_old_snapshots() -> None:
    """Drop statistics older than they are kept."""
    purge_snapshots(now=read_clock())
