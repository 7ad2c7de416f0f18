"""Switch plugs: commands as rows, one short step at a time, proven only by a state that is read afterwards."""

import logging
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F

from hmm.audit.models import Outcome
from hmm.audit.services import finish, record
from hmm.jobs.asks import ABOUT_STRATEGY, ask
from miners.models import HomeAssistantServer, PlugCommand, PowerSwitch
from miners.models.command import CommandStatus
from miners.models.plug import PlugCommandQuerySet
from miners.models.state import RETRY_FIRST, RETRY_MAX, RETRY_OFF_MAX
from miners.services.allowing import CommandRefusedError
from miners.services.home_assistant import check_soon, note_failure
from miners.services.plug_holds import hold_plug, hold_until
from miners.services.plug_limits import turn_on_waits
from miners.services.plug_states import announce, take_state, tell
from miners.services.settling import AWAY, NOT_PERSONS, STRATEGY, TOO_LATE
from miners.switches.base import BannedError, SwitchError, SwitchRefusedError, TokenRejectedError

logger = logging.getLogger(__name__)

CLAIM = timedelta(seconds=40)  # longer than one exchange may take
READ_AFTER_S = (0.5, 1, 2, 4, 8, 8)  # between the reads that follow a switching
KEEPS_FOR = timedelta(seconds=3)  # an optimistic integration shows at once what the plug may never do
AWAIT_SERVER = timedelta(minutes=3)  # a server that restarts is waited for
ASK_SERVER_AGAIN = timedelta(seconds=10)
CYCLE_OFF_FOR = timedelta(seconds=10)


class PlugWaitsError(CommandRefusedError):
    """A plug is not switched on yet; the sentence says until when and why."""


def request_plug(
    switch: PowerSwitch,
    *,
    on: bool,
    actor: str,
    reason: str,
    now: datetime,
    by_hand: bool = False,
    is_cycle: bool = False,
) -> PlugCommand | None:
    """Write a command and return it; None when the plug already shows what is wanted.

    Raise CommandRefusedError when it must not or cannot be switched now. Only a person may switch a locked plug.
    """
    server = HomeAssistantServer.objects.filter(pk=1).first()
    check(switch, server, on=on, by_hand=by_hand, is_cycle=is_cycle, now=now)
    current = PlugCommand.objects.open().filter(switch=switch).first()
    if by_hand and not on:
        end_cycle(switch, current, actor=actor, now=now)
    if current is not None:
        if current.on == on:
            return current
        give_way(current, on=on, now=now)
    may_be_on_its_way = current is not None and current.status == CommandStatus.SENT
    if switch.is_on(now) is on and not may_be_on_its_way:
        return None
    try:
        with transaction.atomic():
            return create(switch, on=on, actor=actor, reason=reason, now=now, due_at=now, is_cycle=is_cycle)
    except IntegrityError as error:  # somebody else was quicker by an instant
        raise CommandRefusedError(f"{switch.name}: another switching is under way.") from error


def check(
    switch: PowerSwitch,
    server: HomeAssistantServer | None,
    *,
    on: bool,
    by_hand: bool,
    is_cycle: bool,
    now: datetime,
) -> None:
    """Refuse what must not be switched. Off, and the end of a power-cycle, are held back by no time and no cap."""
    if switch.locked and not by_hand:
        raise CommandRefusedError(f"{switch.name} is locked; it is switched by persons only.")
    trouble = server.trouble(now) if server is not None else "Home Assistant is not connected"
    if trouble:
        raise CommandRefusedError(f"{switch.name} cannot be switched: {trouble}.")
    if switch.is_on(now) is None and not by_hand:
        raise CommandRefusedError(f"{switch.name} is {switch.state}; it is waited for.")
    if on and not is_cycle:
        waits = turn_on_waits([switch], now=now).get(switch.pk)
        if waits:
            raise PlugWaitsError(f"{switch.name} {waits}")


def give_way(current: PlugCommand, *, on: bool, now: datetime) -> None:
    """Let an open command end for one that wants the opposite; off does not wait for the proof of an on.

    Raise CommandRefusedError while it cannot: it may be on its way, and would arrive after the new one.
    """
    ends = (CommandStatus.WANTED,) if on else (CommandStatus.WANTED, CommandStatus.SENT)
    rows = PlugCommand.objects.filter(pk=current.pk, status__in=ends)
    if not close(current, CommandStatus.CANCELLED, now=now, message="No longer wanted.", rows=rows):
        raise CommandRefusedError(f"{current.switch.name}: another switching is under way. Try again in a moment.")


def end_cycle(switch: PowerSwitch, current: PlugCommand | None, *, actor: str, now: datetime) -> None:
    """Let a person's off end a power-cycle: what went off for ten seconds stays off, in that person's name."""
    if current is not None:
        PlugCommand.objects.open().filter(pk=current.pk, on=False, is_cycle=True).update(is_cycle=False, actor=actor)
    elif switch.is_on(now) is False:
        with transaction.atomic():
            if PowerSwitch.objects.filter(pk=switch.pk, cycle_ends_at__isnull=False).update(cycle_ends_at=None):
                hold_plug(switch, by=actor, now=now)
                ask(ABOUT_STRATEGY, by=actor)


def withdraw_plug(switch_id: int | None, *, actor: str, now: datetime) -> None:
    """Take back what `actor` asked of a plug and has not been sent; who still wants it asks again."""
    for command in PlugCommand.objects.filter(switch=switch_id, actor=actor, status=CommandStatus.WANTED):
        rows = PlugCommand.objects.filter(pk=command.pk, status=CommandStatus.WANTED)
        close(command, CommandStatus.CANCELLED, now=now, message="No longer wanted.", rows=rows)


def create(
    switch: PowerSwitch,
    *,
    on: bool,
    actor: str,
    reason: str,
    now: datetime,
    due_at: datetime,
    is_cycle: bool,
) -> PlugCommand:
    entry = record(
        actor=actor,
        action="plug.on" if on else "plug.off",
        target=switch,
        reason=reason,
        before={"state": switch.state},
        after={"on": on},
        outcome=Outcome.STARTED,
        at=now,
    )
    transaction.on_commit(announce)
    return PlugCommand.objects.create(
        switch=switch,
        on=on,
        is_cycle=is_cycle,
        due_at=due_at,
        created_at=now,
        actor=actor,
        reason=reason,
        audit_entry_id=entry.pk,
    )


# --- steps ---------------------------------------------------------------------------------------


def due_plug_commands(*, now: datetime) -> list[int]:
    """Return the commands with a step to take; the step itself claims."""
    due = list(PlugCommand.objects.due(now).order_by("due_at").values_list("pk", flat=True)[:200])
    dropped = drop_overdue(now=now) if due else set()
    return [pk for pk in due if pk not in dropped]


def drop_overdue(*, now: datetime) -> set[int]:
    """Take back what the strategy wanted on when nobody was there to send it: the price of now may exclude it."""
    dropped = set()
    waited = PlugCommand.objects.filter(status=CommandStatus.WANTED, actor=STRATEGY, due_at__lt=now - AWAY, on=True)
    for command in waited.select_related("switch"):
        rows = PlugCommand.objects.filter(pk=command.pk, status=CommandStatus.WANTED)
        if close(command, CommandStatus.CANCELLED, now=now, message=TOO_LATE, rows=rows):
            dropped.add(command.pk)
    if dropped:
        ask(ABOUT_STRATEGY, by=STRATEGY)
    return dropped


def take_plug_step(pk: int, *, now: datetime) -> None:
    """Take one step of a command. Safe to run twice: only the claim that moves the due time acts."""
    if not PlugCommand.objects.due(now).filter(pk=pk).update(due_at=now + CLAIM):
        return
    command = PlugCommand.objects.select_related("switch__meter").get(pk=pk)
    server = HomeAssistantServer.objects.filter(pk=1).first()
    if server is None or not server.is_set_up:
        close(command, CommandStatus.NOT_VERIFIED, now=now, message="Home Assistant is not connected.")
    elif command.status == CommandStatus.WANTED:
        send(command, server, now=now)
    else:  # sent; or found `sending` after a crash: whether it arrived is read, it is not sent again blindly
        look(command, server, now=now)


def send(command: PlugCommand, server: HomeAssistantServer, *, now: datetime) -> None:
    """Send once. The row says `sending` before the first byte leaves."""
    claimed = PlugCommand.objects.filter(pk=command.pk, status=CommandStatus.WANTED).update(
        status=CommandStatus.SENDING, sent_at=now
    )
    if not claimed:
        return
    message = ""
    try:
        server.client().switch(command.switch.entity, on=command.on)
    except SwitchRefusedError as error:
        close(command, CommandStatus.REFUSED, now=now, message=str(error))
        return
    except (TokenRejectedError, BannedError) as error:
        shut_out(command, server, error, now=now)
        return
    except SwitchError as error:
        message = str(error)  # it may have arrived nevertheless
        check_soon(now=now)
    PlugCommand.objects.filter(pk=command.pk, status=CommandStatus.SENDING).update(
        status=CommandStatus.SENT, due_at=now + timedelta(seconds=READ_AFTER_S[0]), message=message
    )


def look(command: PlugCommand, server: HomeAssistantServer, *, now: datetime) -> None:
    """Read the plug and judge: done, looked at again, or given up."""
    sent_at = command.sent_at or command.created_at
    try:
        seen = server.client().read(command.switch.entity)
    except (TokenRejectedError, BannedError) as error:
        shut_out(command, server, error, now=now)
        return
    except SwitchError as error:
        check_soon(now=now)
        if timedelta(0) <= now - sent_at < AWAIT_SERVER:
            look_again(command, now + ASK_SERVER_AGAIN, status=CommandStatus.SENT, message=str(error))
        else:
            close(command, CommandStatus.NOT_VERIFIED, now=now, message=str(error))
        return
    take_state(command.switch, seen, now=now)
    shows = seen.state.is_on is command.on
    shown_at = (command.shown_at or now) if shows else None
    if shows and shown_at is not None and now - max(shown_at, sent_at) >= KEEPS_FOR:
        close(command, CommandStatus.APPLIED, now=now)
        return
    reads = command.reads + 1
    if not shows and reads >= len(READ_AFTER_S):
        words = f"Home Assistant answered, but the plug still shows {seen.state.value}."
        close(command, CommandStatus.NOT_VERIFIED, now=now, message=f"{words} {command.message}".strip())
        return
    wait = timedelta(seconds=READ_AFTER_S[min(reads, len(READ_AFTER_S) - 1)])
    look_again(command, now + wait, status=CommandStatus.SENT, reads=reads, shown_at=shown_at)


def shut_out(command: PlugCommand, server: HomeAssistantServer, error: SwitchError, *, now: datetime) -> None:
    """End a command at a server that lets us in no more; asking it on would get us banned."""
    note_failure(server, error, now=now)
    close(command, CommandStatus.NOT_VERIFIED, now=now, message=str(error))


def look_again(command: PlugCommand, due_at: datetime, **changes: object) -> None:
    PlugCommand.objects.open().filter(pk=command.pk).update(due_at=due_at, **changes)


def close(
    command: PlugCommand,
    status: CommandStatus,
    *,
    now: datetime,
    message: str = "",
    rows: PlugCommandQuerySet | None = None,
) -> bool:
    """End a command once: its row, its audit entry, what is confirmed, when a failed one may come again.

    `rows` narrows what it may be at that moment; False when it is something else by now.
    """
    may_end = rows if rows is not None else PlugCommand.objects.open().filter(pk=command.pk)
    with transaction.atomic():
        if not may_end.update(status=status, finished_at=now, message=message[:2000]):
            return False
        if command.audit_entry_id is not None:
            outcome = {CommandStatus.APPLIED: "done"}.get(status, status.value)
            finish(command.audit_entry_id, outcome=outcome, error=message, at=now)
        keep_outcome(command, status, message, now=now)
        transaction.on_commit(announce)
    return True


def keep_outcome(command: PlugCommand, status: CommandStatus, message: str, *, now: datetime) -> None:
    """Remember what was confirmed, or when to try again."""
    switch = command.switch
    rows = PowerSwitch.objects.filter(pk=switch.pk)
    if status == CommandStatus.APPLIED:
        values: dict[str, object] = {"confirmed": command.on, "confirmed_at": now, "failures": 0, "retry_at": None}
        values["cycle_ends_at"] = None
        if command.actor not in NOT_PERSONS:
            values |= {"held_by": command.actor, "held_until": hold_until(switch, now)}
        rows.update(**values)
        if command.actor not in NOT_PERSONS:
            ask(ABOUT_STRATEGY, by=command.actor)
    elif status != CommandStatus.CANCELLED:
        longest = RETRY_MAX if command.on else RETRY_OFF_MAX
        wait = min(RETRY_FIRST * 2 ** min(switch.failures, 6), longest)
        rows.update(failures=F("failures") + 1, retry_at=now + wait)
    if status != CommandStatus.CANCELLED:
        if command.is_cycle and not command.on:  # whatever came of it, it may be off now
            rows.update(cycle_ends_at=now + CYCLE_OFF_FOR)
        failed = status != CommandStatus.APPLIED
        word = "on" if command.on else "off"
        tell(switch, "plug_not_confirmed", failed, title=f"was not seen to go {word}", detail=message, now=now)
