"""Give commands, and carry them out one short step at a time."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from hmm.audit.models import Outcome
from hmm.audit.services import record
from hmm.net import within
from miners.drivers.base import (
    DriverError,
    RefusedError,
    Restarts,
    ResumesByRestart,
    SettlesSlowly,
    TryLaterError,
    UnreachableError,
)
from miners.models import Command, CommandKind, CommandStatus, Miner, NewestReading
from miners.models.command import UNSENT, WITH_A_STEP
from miners.models.miner import LEASE, STEP_S
from miners.services.acting import act
from miners.services.allowing import CommandRefusedError, check
from miners.services.budgeting import proof_comes_at
from miners.services.masking import masked
from miners.services.meeting import meet
from miners.services.restarts import owe_restart, owes_restart, stays_off
from miners.services.settling import LOOK_AGAIN, close, look_again, observed_value, shows

logger = logging.getLogger(__name__)

READ_BACK = timedelta(seconds=3)
GIVE_UP = timedelta(seconds=40)
GIVE_UP_RESTART = timedelta(seconds=180)
LEASE_IS_TAKEN = timedelta(seconds=1)
ASK_AGAIN_TIMES = 20  # a device that calibrates takes minutes
RESTART_HELD = timedelta(seconds=30)
COMES_BACK = {CommandKind.RESTART, CommandKind.CONFIGURE}
NOT_WANTED = "No longer wanted."
GOES_DOWN = timedelta(seconds=5)
# Where a step goes back to that the device did not take yet.
BEFORE = {CommandStatus.SENDING: CommandStatus.WANTED, CommandStatus.RESTARTING: CommandStatus.NEEDS_RESTART}


class CommandBusyError(CommandRefusedError):
    """Another change of the same kind is under way."""


def request_command(
    miner: Miner,
    kind: str,
    value: dict[str, Any],
    *,
    actor: str,
    reason: str,
    now: datetime,
    secret: str = "",
    code: str = "",
) -> Command | None:
    """Write a command and return it; None when the device already shows what is wanted.

    A pool that was written and never came into force, because the restart failed, starts at its restart.
    Raise CommandRefusedError for what this device cannot or must not do, CommandBusyError while another
    change of that kind is under way.
    """
    newest = NewestReading.objects.filter(miner=miner).first()
    check(miner, kind, value, newest, code=code)
    first = first_step(miner, kind, value, newest, now)
    waiting = supersede(miner, kind, value, now=now)
    if waiting is not None or first is None:
        return waiting
    given: dict[str, Any] = {"actor": actor, "reason": reason, "now": now, "secret": secret, "code": code}
    try:
        with transaction.atomic():
            return create(miner, kind, value, newest, first=first, **given)
    except IntegrityError as error:  # somebody else was quicker by an instant
        raise CommandBusyError(f"{miner.name}: another change is under way. Try again in a moment.") from error


def first_step(
    miner: Miner, kind: str, value: dict[str, Any], newest: NewestReading | None, now: datetime
) -> CommandStatus | None:
    """Return where a command begins: a pool that is written and owed a restart at that; None for what is there."""
    if newest is None or not counts(miner, newest, now) or not shows(kind, value, newest):
        return CommandStatus.WANTED
    owed = kind == CommandKind.POOL and owes_restart(miner.pk, value)
    return CommandStatus.NEEDS_RESTART if owed else None


def counts(miner: Miner, newest: NewestReading, now: datetime) -> bool:
    """Tell whether a reading still says how the device is: it answers and is polled, so an old one proves nothing."""
    return miner.is_reachable() and not newest.is_stale(now, miner.poll_interval_s)


def create(
    miner: Miner,
    kind: str,
    value: dict[str, Any],
    newest: NewestReading | None,
    *,
    actor: str,
    reason: str,
    now: datetime,
    secret: str,
    code: str = "",
    first: CommandStatus = CommandStatus.WANTED,
) -> Command:
    previous = observed_value(kind, newest) if newest is not None and kind in {"power", "mode", "pool"} else None
    entry = record(
        actor=actor,
        action=f"miner.{kind}",
        target=miner,
        reason=reason,
        before=masked(previous),
        after=masked(value),
        outcome=Outcome.STARTED,
        at=now,
    )
    return Command.objects.create(
        miner=miner,
        kind=kind,
        value=value,
        secret=secret,
        code=code,
        previous=previous,
        status=first,
        due_at=now,
        created_at=now,
        actor=actor,
        reason=reason,
        audit_entry_id=entry.pk,
    )


def supersede(miner: Miner, kind: str, value: dict[str, Any], *, now: datetime) -> Command | None:
    """Return the open command that wants the same; withdraw an unsent one that wants something else."""
    current = Command.objects.open().filter(miner=miner, kind=kind).first()
    if current is None:
        return None
    if current.value == value:
        return current
    if close(current, CommandStatus.CANCELLED, now=now, only=UNSENT):
        return None
    raise CommandBusyError(f"{miner.name}: another change is under way. Try again in a moment.")


def withdraw(
    miner_id: int,
    *,
    actor: str,
    now: datetime,
    kind: str = "",
    only: tuple[CommandStatus, ...] = (CommandStatus.WANTED,),
) -> None:
    """Take back what `actor` asked for and the device has not been told, or would not take yet.

    With UNSENT also a restart that was held back; the setting is written and counts after the next one.
    """
    waiting = Command.objects.filter(miner_id=miner_id, actor=actor, status__in=only)
    for command in waiting.filter(kind=kind) if kind else waiting:
        written = command.status == CommandStatus.NEEDS_RESTART
        words = "Written, and no longer wanted; it counts after the next restart." if written else NOT_WANTED
        close(command, CommandStatus.CANCELLED, now=now, message=words, only=only)


# --- steps ---------------------------------------------------------------------------------------


def take_command_step(pk: int, *, now: datetime) -> None:
    """Take one step of a command. Safe to run twice: only the claim that moves the due time acts.

    Nothing waits here. The device is spoken to under its lease and outside any transaction.
    """
    with within(STEP_S):  # counted from `now`, like the lease: waiting for the database is part of it
        claim_step(pk, now=now)


def claim_step(pk: int, *, now: datetime) -> None:
    if not Command.objects.due(now).filter(pk=pk).update(due_at=now + LEASE):
        return
    command = Command.objects.select_related("miner").get(pk=pk)
    if command.was_interrupted:
        resume_restart(command, now=now)
        return
    if command.status not in WITH_A_STEP:
        give_up(command, now=now)
        return
    with Miner.objects.lease(command.miner_id, now=now) as miner:
        if miner is None:
            Command.objects.filter(pk=pk).update(due_at=now + LEASE_IS_TAKEN)
            return
        take_step(command, miner, now=now)


def take_step(command: Command, miner: Miner, *, now: datetime) -> None:
    if command.status == CommandStatus.SENDING:
        # The process that sent it died. Whether it arrived is read from the device; it is not sent again.
        await_proof(command, CommandStatus.SENT, miner, now=now, message="Interrupted while sending.")
    elif command.status == CommandStatus.NEEDS_RESTART:
        restart_for(command, miner, now=now)
    else:
        send(command, miner, now=now)


def send(command: Command, miner: Miner, *, now: datetime) -> None:
    """Send a command once. The row says `sending` before the first byte leaves."""
    newest = NewestReading.objects.filter(miner=miner).first()
    claimed = Command.objects.filter(pk=command.pk, status=CommandStatus.WANTED).update(
        status=CommandStatus.SENDING,
        sent_at=now,
        attempts=command.attempts + 1,
        uptime_at_send_s=newest.uptime_s if newest is not None else None,
    )
    if not claimed:
        return
    if command.kind == CommandKind.POOL and miner.pool_needs_restart:
        uptime_s = newest.uptime_s if newest is not None else None
        owe_restart(miner.pk, command.asked, uptime_s=uptime_s, at=now)  # also if its answer is never heard
    driver = miner.driver(code=command.code)

    def give_order() -> bool:
        meet(driver, miner, command.kind, now=now)
        return act(driver, command, miner)

    perform(command, CommandStatus.SENT, miner, give_order, now=now)


def restart_for(command: Command, miner: Miner, *, now: datetime) -> None:
    """Restart a device whose new setting counts only then; one that is or should be off waits until it is to run."""
    newest = NewestReading.objects.filter(miner=miner).first()
    waiting = Command.objects.filter(pk=command.pk, status=CommandStatus.NEEDS_RESTART)
    if stays_off(miner, newest):
        waiting.update(due_at=now + RESTART_HELD, message="Written; it restarts for it when it is to run again.")
        return
    claimed = waiting.update(
        status=CommandStatus.RESTARTING,
        sent_at=now,
        uptime_at_send_s=newest.uptime_s if newest is not None else None,
        give_up_at=None,  # set once the restart has left; without it the process died in between
    )
    driver = miner.driver()
    if not claimed:
        return
    if not isinstance(driver, Restarts):
        await_proof(command, CommandStatus.RESTARTING, miner, now=now, message="It counts after the next restart.")
        return
    restarts: Restarts = driver

    def restart() -> None:
        meet(driver, miner, CommandKind.RESTART, now=now)
        restarts.restart()

    perform(command, CommandStatus.RESTARTING, miner, restart, now=now)


def resume_restart(command: Command, *, now: datetime) -> None:
    """Go on where a process died around a restart: a later reading tells whether it still has to be sent.

    A device that restarts goes down within a second; one that answers a little later and was not seen to
    have restarted never got the order.
    """
    waiting = Command.objects.filter(pk=command.pk, status=CommandStatus.RESTARTING, give_up_at__isnull=True)
    miner, sent_at = command.miner, command.sent_at or command.created_at
    if miner.unreachable_since is not None:
        give_up(command, now=now)
    elif miner.last_seen_at is not None and miner.last_seen_at > sent_at + GOES_DOWN:
        waiting.update(status=CommandStatus.NEEDS_RESTART, due_at=now)
    else:
        waiting.update(due_at=now + LOOK_AGAIN)
        look_again(miner, now, after=timedelta(0))


def perform(
    command: Command, then: CommandStatus, miner: Miner, action: Callable[[], bool | None], *, now: datetime
) -> None:
    """Do the exchange and note how it went; only a refusal ends a command at once."""
    try:
        restart_follows = action()
    except TryLaterError as error:
        put_off(command, miner, error, now=now)
    except UnreachableError as error:
        await_proof(command, then, miner, now=now, message=str(error))
    except DriverError as error:
        status = CommandStatus.REFUSED if isinstance(error, RefusedError) else CommandStatus.NOT_VERIFIED
        close(command, status, now=now, message=str(error))
    else:
        if command.kind == CommandKind.IDENTIFY:
            words = "The device answered; it does not report this. Look for its blinking display."
            close(command, CommandStatus.NOT_VERIFIED, now=now, message=words)
        elif command.kind == CommandKind.PROVE:  # it was read back on the way
            keep_proof(command, miner, now=now)
        elif restart_follows:
            Command.objects.filter(pk=command.pk, status=CommandStatus.SENDING).update(
                status=CommandStatus.NEEDS_RESTART, due_at=now, message="Written; the device restarts for it."
            )
        else:
            await_proof(command, then, miner, now=now)


def put_off(command: Command, miner: Miner, error: TryLaterError, *, now: datetime) -> None:
    """Ask again later. The device is well and will take it, so nothing counts as failed, up to a limit."""
    if command.attempts + 1 >= ASK_AGAIN_TIMES:
        words = f"{error} It said so {ASK_AGAIN_TIMES} times."
        close(command, CommandStatus.NOT_VERIFIED, now=now, message=words)
        return
    due_at, words = now + timedelta(seconds=error.again_s), f"{error} It is asked again."
    for step, back in BEFORE.items():
        Command.objects.filter(pk=command.pk, status=step).update(
            status=back, due_at=due_at, message=words, attempts=command.attempts + 1
        )
    look_again(miner, now)


def keep_proof(command: Command, miner: Miner, *, now: datetime) -> None:
    """Let a device that kept and showed a harmless setting take commands from now on."""
    words = "It kept a harmless setting and showed it; it was put back as it was. It takes commands from now on."
    with transaction.atomic():
        Miner.objects.filter(pk=miner.pk).update(proven_at=now)
        close(command, CommandStatus.APPLIED, now=now, message=words)


def await_proof(command: Command, status: CommandStatus, miner: Miner, *, now: datetime, message: str = "") -> None:
    """Leave the command to the readings that follow, and bring the next one forward."""
    restarts = status == CommandStatus.RESTARTING or command.kind in COMES_BACK or comes_back(command, miner)
    driver = miner.driver()
    patience = GIVE_UP_RESTART if restarts else GIVE_UP
    if isinstance(driver, SettlesSlowly):
        patience = max(patience, timedelta(seconds=driver.settle_time_s))
    ends = now + patience
    Command.objects.filter(pk=command.pk).open().update(status=status, due_at=ends, give_up_at=ends, message=message)
    look_again(miner, now, after=READ_BACK)


def comes_back(command: Command, miner: Miner) -> bool:
    """Tell whether turning it on means a restart."""
    driver = miner.driver()
    turns_on = command.kind == CommandKind.POWER and bool((command.value or {}).get("on"))
    return turns_on and isinstance(driver, ResumesByRestart) and driver.resume_restarts


def give_up(command: Command, *, now: datetime) -> None:
    """End a command the device never showed."""
    if command.give_up_at is not None and now < command.give_up_at < now + 2 * GIVE_UP_RESTART:
        Command.objects.filter(pk=command.pk).update(due_at=command.give_up_at)
        return
    later = proof_comes_at(command.miner, sent_at=command.sent_at, now=now)
    if later is not None:
        Command.objects.filter(pk=command.pk).update(due_at=later, give_up_at=later)
        return
    seen_at, sent_at = command.miner.last_seen_at, command.sent_at
    seen = seen_at is not None and sent_at is not None and seen_at > sent_at
    words = (
        "The device answered, but its readings do not show the change."
        if seen
        else f"No reading came after it was sent. {command.message}".strip()
    )
    close(command, CommandStatus.NOT_VERIFIED, now=now, message=words)
