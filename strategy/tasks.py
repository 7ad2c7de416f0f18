"""When the strategy looks."""

from datetime import timedelta

from celery import shared_task

from hmm.clock import now as read_clock
from strategy.services.ticking import tick, tick_if_due

TWO_BEATS = timedelta(seconds=20)  # two ticks that are closer are one minute's, sent twice


@shared_task(ignore_result=True)
def run_tick() -> None:
    """Run each minute. Safe to run twice: one tick at a time, and a second beat's comes too soon."""
    now = read_clock()
    tick(now=now, unless_decided_after=now - TWO_BEATS)


@shared_task(ignore_result=True)
def run_due_tick() -> None:
    """Run within a second of what a person asks or changes, and of the end of a slot, an override or a grace time."""
    tick_if_due(now=read_clock())
