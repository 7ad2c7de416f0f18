"""Switch plugs: commands as rows, one short step at a time, proven only by a state that is read afterwards."""

import logging
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Count, F, Min, Q

from hmm.audit.models import Outcome
from hmm.audit.services import finish, record
from miners.models import HomeAssistantServer, PlugCommand, PlugPolicy, PowerSwitch
from miners.models.command import CommandStatus
from miners.models.state import RETRY_FIRST, RETRY_MAX, RETRY_OFF_MAX
from miners.services.allowing import CommandRefusedError
from miners.services.plug_states import announce, take_state, tell
from miners.switches.base import SwitchError, SwitchRefusedError

logger = logging.getLogger(__name__)

STRATEGY = "strategy"
CLAIM = timedelta(seconds=40)  # longer than one exchange may take
READ_AFTER_S = (0.5, 1, 2, 4, 8, 8)  # between the reads that follow a switching
KEEPS_FOR = timedelta(seconds=3)  # an optimistic integration shows at once what the plug may never do
AWAIT_SERVER = timedelta(minutes=3)  # a server that restarts is waited for
ASK_SERVER_AGAIN = timedelta(seconds=10)
CYCLE_OFF_FOR = timedelta(seconds=10)
DAY = timedelta(hours=24)


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
    check(switch, server, on=on, by_hand=by_hand, now=now)
    current = PlugCommand.objects.open().filter(switch=switch).first()
    if current is not None:
        if current.on == on:
            return current
        if not (current.status == CommandStatus.WANTED and close(current, CommandStatus.CANCELLED, now=now)):
            raise CommandRefusedError(f"{switch.name}: another switching is under way. Try again in a moment.")
    if switch.is_on(now) is on:
        return None
    try:
        with transaction.atomic():
            return create(switch, on=on, actor=actor, reason=reason, now=now, due_at=now, is_cycle=is_cycle)
    except IntegrityError as error:  # somebody else was quicker by an instant
        raise CommandRefusedError(f"{switch.name}: another switching is under way.") from error


def check(switch: PowerSwitch, server: HomeAssistantServer | None, *, on: bool, by_hand: bool, now: datetime) -> None:
    """Refuse what must not be switched. Off is never held back by minimum times or the daily cap."""
    if switch.locked and not by_hand:
        raise CommandRefusedError(f"{switch.name} is locked; it is switched by persons only.")
    trouble = server.trouble(now) if server is not None else "Home Assistant is not connected"
    if trouble:
        raise CommandRefusedError(f"{switch.name} cannot be switched: {trouble}.")
    if switch.is_on(now) is None and not by_hand:
        raise CommandRefusedError(f"{switch.name} is {switch.state}; it is waited for.")
    if on:
        waits = turn_on_waits([switch], now=now).get(switch.pk)
        if waits:
            raise PlugWaitsError(f"{switch.name} {waits}")


def turn_on_waits(switches: list[PowerSwitch], *, now: datetime) -> dict[int, str]:
    """Return why plugs that are off may not come on yet, in words. One query for all of them."""
    counted = {
        row["switch_id"]: row
        for row in PlugCommand.objects.filter(
            may_have_switched(), finished_at__gt=now - DAY, switch__in=switches, on=True
        )
        .order_by()
        .values("switch_id")
        .annotate(times=Count("id"), oldest=Min("finished_at"))
    }
    found: dict[int, str] = {}
    for switch in switches:
        until, words = earliest_on(switch)
        if until is not None and now < until:
            found[switch.pk] = f"{words}, until {until:%H:%M} UTC."
            continue
        row = counted.get(switch.pk)
        if row is not None and row["times"] >= switch.daily_cap:
            again = row["oldest"] + DAY
            found[switch.pk] = f"came on {row['times']} times in 24 h, its limit; again from {again:%H:%M} UTC."
    return found


def may_have_switched() -> Q:
    """Return which commands count for the cap: those that were proven, and those that left and nobody could look."""
    unseen = Q(status=CommandStatus.NOT_VERIFIED, sent_at__isnull=False, reads__lt=len(READ_AFTER_S) - 1)
    return Q(status=CommandStatus.APPLIED) | unseen


def earliest_on(switch: PowerSwitch) -> tuple[datetime | None, str]:
    """Return when the minimum times let a plug come on: off long enough, and not right after a short time on."""
    if switch.state != "off" or switch.state_since is None:
        return None, ""
    off_for = timedelta(minutes=switch.min_off_minutes)
    moments = [(switch.state_since + off_for, f"stays off for {switch.min_off_minutes} min")]
    if switch.on_at is not None and switch.on_at <= switch.state_since:
        whole = timedelta(minutes=switch.min_on_minutes) + off_for
        moments.append((switch.on_at + whole, "was on for a short time only and rests"))
    return max(moments)


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
    return list(PlugCommand.objects.due(now).order_by("due_at").values_list("pk", flat=True)[:200])


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
    except SwitchError as error:
        message = str(error)  # it may have arrived nevertheless
    PlugCommand.objects.filter(pk=command.pk, status=CommandStatus.SENDING).update(
        status=CommandStatus.SENT, due_at=now + timedelta(seconds=READ_AFTER_S[0]), message=message
    )


def look(command: PlugCommand, server: HomeAssistantServer, *, now: datetime) -> None:
    """Read the plug and judge: done, looked at again, or given up."""
    sent_at = command.sent_at or command.created_at
    try:
        seen = server.client().read(command.switch.entity)
    except SwitchError as error:
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


def look_again(command: PlugCommand, due_at: datetime, **changes: object) -> None:
    PlugCommand.objects.open().filter(pk=command.pk).update(due_at=due_at, **changes)


def close(command: PlugCommand, status: CommandStatus, *, now: datetime, message: str = "") -> bool:
    """End a command once: its row, its audit entry, what is confirmed, when a failed one may come again.

    The second half of a power-cycle is written with the end of the first, whatever that end was.
    """
    with transaction.atomic():
        ended = (
            PlugCommand.objects.open()
            .filter(pk=command.pk)
            .update(status=status, finished_at=now, message=message[:2000])
        )
        if not ended:
            return False
        if command.audit_entry_id is not None:
            outcome = {CommandStatus.APPLIED: "done"}.get(status, status.value)
            finish(command.audit_entry_id, outcome=outcome, error=message, at=now)
        keep_outcome(command, status, message, now=now)
        if command.is_cycle and not command.on and status != CommandStatus.CANCELLED:
            create(
                command.switch,
                on=True,
                actor=command.actor,
                reason="The second half of the power-cycle.",
                now=now,
                due_at=now + CYCLE_OFF_FOR,
                is_cycle=True,
            )
        transaction.on_commit(announce)
    return True


def keep_outcome(command: PlugCommand, status: CommandStatus, message: str, *, now: datetime) -> None:
    """Remember what was confirmed, or when to try again."""
    switch = command.switch
    rows = PowerSwitch.objects.filter(pk=switch.pk)
    if status == CommandStatus.APPLIED:
        values: dict[str, object] = {"confirmed": command.on, "confirmed_at": now, "failures": 0, "retry_at": None}
        if command.actor != STRATEGY:
            values |= {"held_by": command.actor, "held_until": hold_until(switch, now)}
        rows.update(**values)
    elif status != CommandStatus.CANCELLED:
        longest = RETRY_MAX if command.on else RETRY_OFF_MAX
        wait = min(RETRY_FIRST * 2 ** min(switch.failures, 6), longest)
        rows.update(failures=F("failures") + 1, retry_at=now + wait)
    if status != CommandStatus.CANCELLED:
        failed = status != CommandStatus.APPLIED
        word = "on" if command.on else "off"
        tell(switch, "plug_not_confirmed", failed, title=f"was not seen to go {word}", detail=message, now=now)


def hold_until(switch: PowerSwitch, now: datetime) -> datetime | None:
    """Return until when a person's switching is left alone; None is until the band changes."""
    if switch.policy == PlugPolicy.RESPECT_HOURS:
        return now + timedelta(hours=switch.respect_hours)
    return None


# --- what persons hold ---------------------------------------------------------------------------


def hold_plug(switch: PowerSwitch, *, by: str, now: datetime) -> None:
    """Leave a plug to the person who switched it, by its policy."""
    until = hold_until(switch, now)
    with transaction.atomic():
        if not PowerSwitch.objects.filter(pk=switch.pk, held_by="").update(held_by=by, held_until=until):
            return
        ends = f"until {until:%H:%M} UTC" if until is not None else "until the band changes"
        record(
            actor="device",
            action="plug.hold",
            target=switch,
            reason=f"It was switched {switch.state} by hand; it is left alone {ends}.",
            at=now,
        )


def release_plug_holds(*, switch_id: int | None = None) -> None:
    """End what persons hold until the band changes."""
    held = PowerSwitch.objects.exclude(held_by="")
    held = held.filter(held_until__isnull=True) if switch_id is None else held.filter(pk=switch_id)
    held.update(held_by="", held_until=None, confirmed=None)


def release_ended_holds(*, now: datetime) -> None:
    """End holds of some hours. One that ends further ahead than any may comes from a clock set back."""
    ended = Q(held_until__lte=now) | Q(held_until__gt=now + timedelta(hours=2 * 168))
    PowerSwitch.objects.exclude(held_by="").filter(ended).update(held_by="", held_until=None, confirmed=None)


def agree(switch: PowerSwitch, *, now: datetime) -> None:
    """Count what a plug shows as known, so that a later difference can be told from ours."""
    PowerSwitch.objects.filter(pk=switch.pk).update(confirmed=switch.is_on(now), confirmed_at=now)
