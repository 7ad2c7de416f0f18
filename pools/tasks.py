"""When pools are looked at."""

from celery import shared_task

from hmm.clock import now as read_clock
from pools.services.checking import check_pool, claim_due, purge_snapshots
from pools.services.coin_asking import ask_source, claim_due_sources, purge_observations

EXPIRES_S = 120


@shared_task(ignore_result=True)
def dispatch_due() -> None:
    """Send a task for each pool and coin source that is due. Safe to run twice: each is claimed once."""
    now = read_clock()
    for pk in claim_due(now=now):
        look_at_pool.apply_async((pk,), expires=EXPIRES_S)
    for pk in claim_due_sources(now=now):
        ask_coin_source.apply_async((pk,), expires=EXPIRES_S)


@shared_task(ignore_result=True)
def look_at_pool(pk: int) -> None:
    """Look at one pool's port and statistics. Safe to run twice."""
    check_pool(pk, now=read_clock())


@shared_task(ignore_result=True)
def ask_coin_source(pk: int) -> None:
    """Ask one source of prices and difficulties. Safe to run twice."""
    ask_source(pk, now=read_clock())


@shared_task(ignore_result=True)
def drop_old_snapshots() -> None:
    """Drop statistics older than they are kept."""
    purge_snapshots(now=read_clock())
    purge_observations(now=read_clock())
