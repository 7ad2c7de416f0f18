"""Give commands, and carry them out one short step at a time."""

from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from hmm.audit.models import Outcome
from hmm.audit.services import record
from hmm.durability import forgettable
from hmm.jobs.asks import ABOUT_STRATEGY, ask
from hmm.net import within
from hmm.secrets import opened
from miners.budget import Errand
from miners.drivers.abilities import Restarts
from miners.models import Command, CommandKind, CommandStatus, Miner, NewestReading
from miners.models.command import UNSENT, WITH_A_STEP
from miners.models.miner import LEASE, STEP_S
from miners.services.acting import act, need_secrets
from miners.services.allowing import CommandRefusedError, check
from miners.services.budgeting import affordable_commands, has_room_for, turns_off
from miners.services.masking import masked
from miners.services.meeting import meet
from miners.services.outcomes import await_proof, give_up, perform
from miners.services.restarts import owe_restart, owes_restart, stays_off
from miners.services.settling import LOOK_AGAIN, NOT_PERSONS, close, look_again, observed_value, shows

LEASE_IS_TAKEN = timedelta(seconds=1)
BUDGET_IS_SPENT = timedelta(seconds=3)
RESTART_HELD = timedelta(seconds=30)
GOES_DOWN = timedelta(seconds=5)


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
    if actor not in NOT_PERSONS:  # what a person does is theirs: the strategy shows it at once
        ask(ABOUT_STRATEGY, by=actor)
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


def withdraw(miner_id: int, *, actor: str, now: datetime, kind: str = "") -> None:
    """Take back what `actor` asked for and the device has not been told, or would not take yet."""
    take_back(miner_id, (CommandStatus.WANTED,), "No longer wanted.", actor=actor, now=now, kind=kind)


def let_go(miner_id: int, *, actor: str, now: datetime) -> None:
    """Take back all that `actor` has not begun, also the restart a written setting still waits for."""
    withdraw(miner_id, actor=actor, now=now)
    words = "Written; nobody restarts it for it any more. It counts after the next restart, by whomever."
    take_back(miner_id, (CommandStatus.NEEDS_RESTART,), words, actor=actor, now=now)


def take_back(
    miner_id: int, at: tuple[CommandStatus, ...], words: str, *, actor: str, now: datetime, kind: str = ""
) -> None:
    waiting = Command.objects.filter(miner_id=miner_id, actor=actor, status__in=at)
    for command in waiting.filter(kind=kind) if kind else waiting:
        close(command, CommandStatus.CANCELLED, now=now, message=words, only=at)


# --- steps ---------------------------------------------------------------------------------------


def take_command_step(pk: int, *, now: datetime) -> None:
    """Take one step of a command. Safe to run twice: only the claim that moves the due time acts.

    Nothing waits here. The device is spoken to under its lease and outside any transaction.
    """
    with within(STEP_S):  # counted from `now`, like the lease: waiting for the database is part of it
        claim_step(pk, now=now)


def claim_step(pk: int, *, now: datetime) -> None:
    with forgettable():
        claimed = Command.objects.due(now).filter(pk=pk).update(due_at=now + LEASE)
    if not claimed:
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
        if not affordable_commands([pk], now=now):
            Command.objects.filter(pk=pk).update(due_at=now + BUDGET_IS_SPENT)  # since it was found due
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
    code = opened(command, "code")
    driver = miner.driver(code=code or "")

    def give_order() -> bool:
        need_secrets(command, miner, newest, code)
        off = turns_off(command)
        in_haste = off and not has_room_for(miner, Errand.COMMANDED, now=now)
        meet(driver, miner, command.kind, now=now, turns_off=off, in_haste=in_haste)
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
