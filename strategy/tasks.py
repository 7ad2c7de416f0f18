"""When the strategy looks."""

from datetime import timedelta

from celery import shared_task

from hmm.clock import now as read_clock
from strategy.services.ticking import due_since, tick

TWO_BEATS = timedelta(seconds=20)  # two ticks that are closer are one minute's, sent twice


@shared_task(ignore_result=True)
def run_tick() -> None:
    """Run each minute. Safe to run twice: one tick at a time, and a second beat's comes too soon."""
    now = read_clock()
    tick(now=now, unless_decided_after=now - TWO_BEATS)


@shared_task(ignore_result=True)
def run_asked_tick() -> None:
    """Run when a person asks or changes something, however lately the last tick decided."""
    tick(now=read_clock())


@shared_task(ignore_result=True)
def run_due_tick() -> None:
    """Run at the second a slot, an override or a grace time ends, whatever their length."""
    now = read_clock()
    since = due_since(now=now)
    if since is not None:
        tick(now=now, unless_decided_after=since)
