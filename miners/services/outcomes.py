"""What a step of a command came to: proven later, put off, refused, or given up."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction

from hmm.durability import forgettable
from miners.drivers.abilities import ResumesByRestart, SettlesSlowly
from miners.drivers.base import DriverError, RefusedError, TryLaterError, UnreachableError
from miners.models import Command, CommandKind, CommandStatus, Miner
from miners.services.budgeting import proof_comes_at
from miners.services.settling import close, look_again

READ_BACK = timedelta(seconds=3)
GIVE_UP = timedelta(seconds=40)
GIVE_UP_RESTART = timedelta(seconds=180)
ASK_AGAIN_TIMES = 20  # a device that calibrates takes minutes
COMES_BACK = {CommandKind.RESTART, CommandKind.CONFIGURE}
# Where a step goes back to that the device did not take yet.
BEFORE = {CommandStatus.SENDING: CommandStatus.WANTED, CommandStatus.RESTARTING: CommandStatus.NEEDS_RESTART}


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
    with forgettable():  # that it was being sent is on the disk, and asks the same of the readings
        command_row = Command.objects.filter(pk=command.pk)
        command_row.open().update(status=status, due_at=ends, give_up_at=ends, message=message)
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
    later = proof_comes_at(command.miner, sent_at=command.sent_at, ends_at=command.give_up_at, now=now)
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
