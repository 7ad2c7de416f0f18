"""When the strategy looks."""

from celery import shared_task

from hmm.clock import now as read_clock
from strategy.services.ticking import is_due, tick


@shared_task(ignore_result=True)
def run_tick() -> None:
    """Run each minute. Safe to run twice: one tick at a time, and the second finds nothing left to do."""
    tick(now=read_clock())


@shared_task(ignore_result=True)
def run_due_tick() -> None:
    """Run at the second a slot, an override or a grace time ends, whatever their length."""
    now = read_clock()
    if is_due(now=now):
        tick(now=now)
