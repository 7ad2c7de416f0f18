"""Who is polled when: claims in the database, one exchange at a time for each device."""

import logging
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from hmm.clock import SLACK
from hmm.durability import forgettable
from hmm.jobs.asks import ABOUT_STRATEGY, ask
from hmm.net import within
from miners.budget import Errand
from miners.drivers.abilities import DescribesBoard
from miners.drivers.base import DriverError, Reading, UnreachableError
from miners.drivers.boards import board_to_json
from miners.models import Command, CommandStatus, Miner, NewestReading
from miners.models.miner import STEP_S, MinerQuerySet
from miners.services.budgeting import affordable_commands, affordable_polls, has_room_for, turns_off
from miners.services.hearing import set_pushed, silence_of, was_heard_lately
from miners.services.meeting import another_device, is_another_device
from miners.services.readings import record_failure, record_reading
from miners.services.settling import AWAY, STRATEGY, TOO_LATE, close
from miners.services.trouble import look_at_secrets
from miners.services.tuning import keep_shipped_profiles

logger = logging.getLogger(__name__)

CLAIM = timedelta(seconds=20)  # a message that is lost is missed for this long at most
TAKEN = timedelta(seconds=2)
SOON = timedelta(seconds=5)
BATCH = 500
EARLY_S = 1.0  # so much before its place a miner waits for it instead of going round
GOLDEN_RATIO = 0.6180339887498949  # its multiples fall far apart, however many there are


def mend_times_ahead(*, now: datetime) -> None:
    """Forget what was noted for a time that has not come: the clock was set back, and nothing may wait for it.

    Without it a reading of then would count as new, and a miner that runs by now would be believed to be off.
    """
    ahead = now + SLACK
    Miner.objects.filter(last_seen_at__gt=ahead).update(last_seen_at=now, poll_due_at=now)
    late = Command.objects.open().filter(created_at__gt=ahead)
    if late.exists():
        late.filter(sent_at__gt=now).update(sent_at=now)
        late.update(created_at=now, due_at=now)


def claim_due_polls(*, now: datetime) -> list[int]:
    """Return the miners to poll now, each to one caller only: the claim moves the due time."""
    with forgettable():
        mend_times_ahead(now=now)
        due = list(due_polls(now).order_by("poll_due_at").values_list("pk", flat=True)[:BATCH])
        due = affordable_polls(due, now=now) if due else []
        return claim(due, now=now) if due else []


def claim(due: list[int], *, now: datetime) -> list[int]:
    """Move the due times in one write, in one order so that nobody waits in a ring; return whose were moved."""
    still_due = Miner.objects.at_time(now)
    with transaction.atomic():
        taken = {pk for pk in sorted(due) if still_due.filter(pk=pk).update(poll_due_at=now + CLAIM)}
    return [pk for pk in due if pk in taken]


def due_polls(now: datetime) -> MinerQuerySet:
    """Return the miners to poll: those whose time has come, and for its proof one that is not polled otherwise."""
    with_command = Command.objects.open().values("miner_id")
    return Miner.objects.at_time(now).filter(Q(enabled=True) | Q(pk__in=with_command))


def due_commands(*, now: datetime) -> list[int]:
    """Return the commands with a step to take; the step itself claims."""
    due = list(Command.objects.due(now).order_by("due_at").values_list("pk", flat=True)[:BATCH])
    if due:
        dropped = drop_overdue(now=now)
        due = [pk for pk in due if pk not in dropped]
    return affordable_commands(due, now=now) if due else []


def drop_overdue(*, now: datetime) -> set[int]:
    """Take back what the strategy asked for when nobody was there to send it, and return it: the price of now may
    exclude it. Turning off is right at any price, and goes.
    """
    dropped = set()
    waited = Command.objects.filter(status=CommandStatus.WANTED, actor=STRATEGY, due_at__lt=now - AWAY)
    for command in waited:
        if turns_off(command):
            continue
        if close(command, CommandStatus.CANCELLED, now=now, message=TOO_LATE, only=(CommandStatus.WANTED,)):
            dropped.add(command.pk)
    if dropped:
        ask(ABOUT_STRATEGY, by=STRATEGY)
    return dropped


def poll(pk: int, *, now: datetime) -> Reading | None:
    """Poll one miner under its lease; None when somebody else talks to it or it does not answer."""
    with forgettable(), within(STEP_S), Miner.objects.lease(pk, now=now) as miner:
        if miner is None:
            Miner.objects.filter(pk=pk).update(poll_due_at=now + TAKEN)
            return None
        look_at_secrets(miner, now=now)
        if not has_room_for(miner, Errand.ROUTINE, now=now) and not affordable_polls([pk], now=now):
            return None  # since it was claimed, somebody else asked this device
        if miner.pushed and was_heard_lately(miner, now):
            Miner.objects.filter(pk=pk).update(poll_due_at=miner.newest.taken_at + silence_of(miner))
            return None
        try:
            reading = miner.driver().read(board=miner.board)
        except DriverError as error:
            if miner.pushed:
                record_failure(
                    miner, silence(miner), now=now, at_once=miner.failures > 0 or was_listening(miner, now)
                )
            else:
                record_failure(miner, error, now=now)
            return None
        if is_another_device(miner, reading):
            record_failure(miner, UnreachableError(another_device(miner, reading)), now=now, at_once=True)
            return None
        if miner.pushed:  # silent, and yet it answers: its firmware is a newer one
            set_pushed(miner, pushed=False)
        take_in(miner, reading, now=now)
        return reading


def take_in(miner: Miner, reading: Reading, *, now: datetime) -> None:
    """Store what was read, and say when to read again: soon after news of the board, or while a proof is awaited."""
    described, waits = describe_if_due(miner, reading, now=now), awaits_proof(miner)
    record_reading(miner, reading, now=now, delay=SOON if described or waits else until_its_turn(miner, now))
    if waits and not described and not awaits_proof(miner):  # this was the proof
        Miner.objects.filter(pk=miner.pk, poll_due_at=now + SOON).update(poll_due_at=now + until_its_turn(miner, now))


def silence(miner: Miner) -> UnreachableError:
    """Say that a device that tells by itself no longer does."""
    seconds = silence_of(miner).total_seconds()
    return UnreachableError(f"{miner.host} has told nothing for {seconds:.0f} s. Is the miner powered?")


def was_listening(miner: Miner, now: datetime) -> bool:
    """Tell whether a silence was noticed in time; after a longer one HMM itself was away, and listens once more."""
    newest: NewestReading | None = getattr(miner, "newest", None)
    return newest is not None and now - newest.taken_at < 2 * silence_of(miner)


def awaits_proof(miner: Miner) -> bool:
    return Command.objects.open().exclude(status=CommandStatus.NEEDS_RESTART).filter(miner=miner).exists()


def until_its_turn(miner: Miner, now: datetime) -> timedelta:
    """Return when to poll next: an interval on, or up to half of it sooner.

    Each miner has a place of its own in the interval and comes back to it in two polls: a fleet that was asked at
    once, after a start or a change of the band, is spread over half the interval by the first and over all of it
    by the second.
    """
    interval_s = miner.interval.total_seconds()
    place_s = miner.pk * GOLDEN_RATIO % 1 * interval_s
    sooner_s = (now.timestamp() - place_s + EARLY_S) % interval_s - EARLY_S
    return timedelta(seconds=interval_s - (sooner_s if sooner_s <= interval_s / 2 else sooner_s / 2))


def describe_if_due(miner: Miner, reading: Reading, *, now: datetime) -> bool:
    """Ask once a boot what board it is; return whether that is news. Without an answer, or where there is no room
    for the question in this minute, the next poll asks."""
    driver = miner.driver()
    if not isinstance(driver, DescribesBoard):
        return False
    due = not miner.board_facts or miner.board_due or has_restarted(miner, reading)
    facts = ask_for_board(miner, driver, reading, now=now) if due else None
    changed = facts is not None and facts != miner.board_facts
    noted = {"board_due": due and facts is None, **({"board_facts": facts} if changed else {})}
    if changed or noted["board_due"] != miner.board_due:
        Miner.objects.filter(pk=miner.pk).update(**noted)
    if changed:
        miner.board_facts = facts
        keep_shipped_profiles(miner.kind, miner.board)
    return changed


def has_restarted(miner: Miner, reading: Reading) -> bool:
    newest: NewestReading | None = getattr(miner, "newest", None)
    return (
        newest is not None
        and newest.uptime_s is not None
        and reading.uptime_s is not None
        and reading.uptime_s < newest.uptime_s
    )


def ask_for_board(miner: Miner, driver: DescribesBoard, reading: Reading, *, now: datetime) -> dict[str, Any] | None:
    if not has_room_for(miner, Errand.COMMANDED, now=now):
        return None
    try:
        return board_to_json(driver.board(reading))
    except DriverError as error:
        logger.info("%s does not say what board it is: %s", miner.name, error)
        return None
