"""The beat process: sends due tasks from memory. What is due later than in a minute is a row instead."""

import logging
import time
from typing import Any

from celery.beat import ScheduleEntry, Scheduler, SchedulingError

from hmm.celery import app
from hmm.clock import now
from hmm.ops.broker import connect_patiently
from hmm.ops.heartbeats import HEARTBEAT_EVERY_S, beat_or_log
from hmm.ops.signals import StopAsked

logger = logging.getLogger(__name__)

TRIED_AGAIN_S = 1.0


class MemoryScheduler(Scheduler):
    """Keeps nothing on disk, so a restart or a changed clock leaves no stale plan behind."""

    max_interval = 1  # also the longest that a signal to stop waits
    heartbeat_due = float("-inf")
    is_sending = True
    stop_asked: StopAsked | None = None

    def tick(self, *args: Any, **options: Any) -> float:
        """Send what is due. The heartbeat is written here, so it stops when the sending does."""
        delay = float(super().tick(*args, **options))
        if time.monotonic() >= self.heartbeat_due:
            wait_s = HEARTBEAT_EVERY_S if beat_or_log("beat", now=now()) else TRIED_AGAIN_S
            self.heartbeat_due = time.monotonic() + wait_s
        return delay

    def apply_entry(self, entry: ScheduleEntry, producer: Any = None) -> None:
        """Send one task; while Redis is away it is dropped, the next one comes soon."""
        try:
            self.apply_async(entry, producer=producer, advance=False)
        except SchedulingError as error:
            if self.is_sending:
                logger.warning("Tasks cannot be sent, Redis does not answer: %s", error)
            self.is_sending = False
        else:
            if not self.is_sending:
                logger.info("Tasks are sent again")
            self.is_sending = True

    def _ensure_connected(self) -> Any:
        return connect_patiently(self.connection, part="beat", callback=self.leave_when_asked)

    def leave_when_asked(self) -> None:
        """End a wait for Redis that could last for ever."""
        if self.stop_asked:
            raise SystemExit(0)


def run_beat() -> None:
    """Send due tasks until a signal comes."""
    scheduler = MemoryScheduler(app=app)  # type: ignore[arg-type]  # the stubs fix the class of tasks
    scheduler.stop_asked = StopAsked()
    while not scheduler.stop_asked:
        time.sleep(max(0.0, scheduler.tick()))
    scheduler.close()
