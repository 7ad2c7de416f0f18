"""Who is polled when: claims in the database, one exchange at a time for each device."""

import random
from datetime import datetime, timedelta

from miners.drivers.base import Board, DescribesBoard, DriverError, Reading
from miners.drivers.boards import board_to_json
from miners.models import Command, Miner, NewestReading
from miners.services.budgeting import affordable_commands, affordable_polls
from miners.services.readings import record_failure, record_reading

CLAIM = timedelta(seconds=20)  # a message that is lost is missed for this long at most
TAKEN = timedelta(seconds=2)
BATCH = 500


def claim_due_polls(*, now: datetime) -> list[int]:
    """Return the miners to poll now, each to one caller only: the claim moves the due time."""
    due = list(Miner.objects.due(now).order_by("poll_due_at").values_list("pk", flat=True)[:BATCH])
    due = affordable_polls(due, now=now)
    return [pk for pk in due if Miner.objects.due(now).filter(pk=pk).update(poll_due_at=now + CLAIM)]


def due_commands(*, now: datetime) -> list[int]:
    """Return the commands with a step to take; the step itself claims."""
    due = list(Command.objects.due(now).order_by("due_at").values_list("pk", flat=True)[:BATCH])
    return affordable_commands(due, now=now)


def poll(pk: int, *, now: datetime) -> Reading | None:
    """Poll one miner under its lease; None when somebody else talks to it or it does not answer."""
    with Miner.objects.lease(pk, now=now) as miner:
        if miner is None:
            Miner.objects.filter(pk=pk).update(poll_due_at=now + TAKEN)
            return None
        try:
            reading = miner.driver().read(board=miner.board)
            board = describe_if_due(miner, reading)
            if board is not None:
                reading = miner.driver().read(board=board)
        except DriverError as error:
            record_failure(miner, error, now=now)
            return None
        record_reading(miner, reading, now=now, delay=next_delay(miner, now))
        return reading


def next_delay(miner: Miner, now: datetime) -> timedelta:
    """Return when to poll again: sooner while a command waits for its proof, else the interval with a little
    spread, so that a fleet that was added at once is not polled at once for ever."""
    del now
    if Command.objects.open().filter(miner=miner).exists():
        return min(miner.interval, timedelta(seconds=5))
    return miner.interval * random.uniform(0.97, 1.03)  # noqa: S311  # spread, no secret


def describe_if_due(miner: Miner, reading: Reading) -> Board | None:
    """Ask once a boot what board it is; None when that is known."""
    newest: NewestReading | None = getattr(miner, "newest", None)
    restarted = (
        newest is not None
        and newest.uptime_s is not None
        and reading.uptime_s is not None
        and reading.uptime_s < newest.uptime_s
    )
    driver = miner.driver()
    if (miner.board_facts and not restarted) or not isinstance(driver, DescribesBoard):
        return None
    facts = board_to_json(driver.board(reading))
    Miner.objects.filter(pk=miner.pk).update(board_facts=facts)
    changed = facts != miner.board_facts
    miner.board_facts = facts
    return miner.board if changed else None
