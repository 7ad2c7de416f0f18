"""Judge commands by what the device shows, and keep what was confirmed."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from hmm.audit.services import finish
from hmm.jobs.asks import ABOUT_STRATEGY, ask
from miners.models import Command, CommandKind, CommandStatus, FieldState, Miner, MinerField, NewestReading
from miners.models.command import OPEN
from miners.models.state import RETRY_FIRST, RETRY_MAX, RETRY_OFF_MAX
from miners.services.restarts import forget_owed_restart, owe_restart, pool_of, restarted_since

LOOK_AGAIN = timedelta(seconds=4)
AWAY = timedelta(minutes=2)  # a command that was due for longer found nobody to send it
TOO_LATE = "It was not sent in time; the strategy looks again first."
STRATEGY, RULES = "strategy", "rules"
NOT_PERSONS = {STRATEGY, RULES}
FIELD_OF = {
    CommandKind.POWER: MinerField.POWER,
    CommandKind.MODE: MinerField.MODE,
    CommandKind.TUNING: MinerField.MODE,
    CommandKind.POOL: MinerField.POOL,
    CommandKind.SWITCH_SLOT: MinerField.POOL,
}
SENT_TWICE = 2  # written into a slot, and switched to after the restart
NEAR_MHZ, NEAR_MV, NEAR_PERCENT = 1.0, 1, 2.0


def observed_value(field: str, newest: NewestReading) -> Any:
    """Return what a reading shows of a field, None where it is unknown."""
    if field == MinerField.POWER:
        return {"on": not newest.paused} if newest.paused is not None else None
    if field == MinerField.MODE:
        return {"mode": newest.mode} if newest.mode else None
    first = newest.first_pool
    return {name: first.get(name) for name in ("host", "port", "user")} if first else None


def shows(kind: str, value: Any, newest: NewestReading) -> bool:
    """Tell whether a reading shows what a command wants."""
    if kind in {CommandKind.POWER, CommandKind.MODE}:
        return bool(observed_value(kind, newest) == value)
    if kind == CommandKind.POOL:
        seen = observed_value(MinerField.POOL, newest)
        return seen is not None and all(seen[name] == value.get(name) for name in seen)
    if kind == CommandKind.SLOT:
        return any(holds(entry, value) and entry.get("position") == value["position"] for entry in newest.pools)
    if kind == CommandKind.SWITCH_SLOT:
        return newest.first_pool is not None and newest.first_pool.get("position") == value["position"]
    if kind == CommandKind.TUNING:
        return (
            newest.frequency_mhz is not None
            and newest.core_voltage_mv is not None
            and abs(newest.frequency_mhz - value["frequency_mhz"]) <= NEAR_MHZ
            and abs(newest.core_voltage_mv - value["core_voltage_mv"]) <= NEAR_MV
        )
    if kind == CommandKind.FAN:
        return shows_fan(value.get("percent"), newest)
    return bool(kind == CommandKind.CLEAR_OVERHEAT and newest.overheated is False)


def holds(entry: Mapping[str, Any], value: Mapping[str, Any]) -> bool:
    """Tell whether a place in the device's list of pools is the pool of a command."""
    return pool_of(entry) == pool_of(value)


def shows_fan(percent: int | None, newest: NewestReading) -> bool:
    """Tell whether the fan is in the device's own hands, or at the duty that was asked for."""
    if percent is None:
        return newest.auto_fan is True
    near = newest.fan_percent is not None and abs(newest.fan_percent - percent) <= NEAR_PERCENT
    return near and newest.auto_fan is not True


def settle_commands(miner: Miner, newest: NewestReading, *, now: datetime) -> None:
    """Move sent commands on by a reading that was taken after they were sent."""
    forget_owed_restart(miner.pk, newest)
    waiting = Command.objects.filter(
        miner=miner, status__in=(CommandStatus.SENT, CommandStatus.RESTARTING), sent_at__lt=newest.taken_at
    )
    for command in waiting:
        settle(command, miner, newest, now=now)


def settle(command: Command, miner: Miner, newest: NewestReading, *, now: datetime) -> None:
    """Judge one command: done, one step further, or looked at again soon."""
    if command.kind == CommandKind.CONFIGURE:
        if has_restarted(command, newest) and works_for(newest, command.value):
            close(command, CommandStatus.APPLIED, now=now, newest=newest)
            return
    elif command.status == CommandStatus.RESTARTING or command.kind == CommandKind.RESTART:
        if has_restarted(command, newest) and (command.kind == CommandKind.RESTART or shows_value(command, newest)):
            close(command, CommandStatus.APPLIED, now=now, newest=newest)
            return
        if waits_in_a_slot(command, newest):
            Command.objects.filter(pk=command.pk, status=CommandStatus.RESTARTING).update(
                status=CommandStatus.WANTED, due_at=now, message="Written; switched to after the restart."
            )
            return
    elif shows_value(command, newest):
        if command.kind == CommandKind.POOL and newest.pool_needs_restart:
            owe_restart(miner.pk, command.asked, uptime_s=newest.uptime_s, at=newest.taken_at)
            Command.objects.filter(pk=command.pk, status=CommandStatus.SENT).update(
                status=CommandStatus.NEEDS_RESTART, due_at=now, message="Written; the device restarts for it."
            )
        else:
            close(command, CommandStatus.APPLIED, now=now, newest=newest)
        return
    look_again(miner, now)


def waits_in_a_slot(command: Command, newest: NewestReading) -> bool:
    """Tell whether a pool that was written is there after the restart, and not the first: it is switched to."""
    return (
        command.kind == CommandKind.POOL
        and command.attempts < SENT_TWICE
        and has_restarted(command, newest)
        and any(holds(entry, command.value or {}) for entry in newest.pools)
    )


def works_for(newest: NewestReading, value: Any) -> bool:
    """Tell whether the pool it works for at this moment is the one of a configuration; its user is not told."""
    live = newest.pool or {}
    return (live.get("host"), live.get("port")) == (str(value["host"]).lower(), value["port"])


def shows_value(command: Command, newest: NewestReading) -> bool:
    return shows(command.kind, command.value, newest)


def has_restarted(command: Command, newest: NewestReading) -> bool:
    return restarted_since(newest, uptime_s=command.uptime_at_send_s, at=command.sent_at)


def look_again(miner: Miner, now: datetime, *, after: timedelta = LOOK_AGAIN) -> None:
    """Bring the next poll forward; the proof of a command is a reading."""
    Miner.objects.filter(pk=miner.pk, poll_due_at__gt=now + after).update(poll_due_at=now + after)


def close(
    command: Command,
    status: CommandStatus,
    *,
    now: datetime,
    newest: NewestReading | None = None,
    message: str = "",
    only: tuple[CommandStatus, ...] = OPEN,
) -> bool:
    """End a command once: its row, its audit entry, what is confirmed, and when a failed one may come again.

    Return whether it was ended here; `only` says from where.
    """
    still_open = Command.objects.open().filter(pk=command.pk, status__in=only)
    with transaction.atomic():  # a process that dies here leaves a command that is judged again
        if not still_open.update(status=status, finished_at=now, message=message, secret="", code=""):
            return False
        if command.audit_entry_id is not None:
            outcome = {CommandStatus.APPLIED: "done"}.get(status, status.value)
            finish(command.audit_entry_id, outcome=outcome, error=message, at=now)
        keep_outcome(command, status, newest, now=now)
    return True


def keep_outcome(command: Command, status: CommandStatus, newest: NewestReading | None, *, now: datetime) -> None:
    """Remember what a field was confirmed to be, or when to try again."""
    field = FIELD_OF.get(CommandKind(command.kind))
    if field is None or status == CommandStatus.CANCELLED:
        return
    state, _new = FieldState.objects.get_or_create(miner_id=command.miner_id, field=field)
    value: Any = pool_of(command.asked) if field == MinerField.POOL else command.value
    if status != CommandStatus.APPLIED:
        failures = state.failures if state.failed_value == value else 0
        longest = RETRY_OFF_MAX if value == {"on": False} else RETRY_MAX
        wait = min(RETRY_FIRST * 2 ** min(failures, 6), longest)
        FieldState.objects.filter(pk=state.pk).update(failures=failures + 1, retry_at=now + wait, failed_value=value)
        return
    if command.kind == CommandKind.TUNING:
        value = observed_value(MinerField.MODE, newest) if newest is not None else None
    changes: dict[str, Any] = {
        "confirmed": value,
        "confirmed_at": now,
        "confirmed_uptime_s": newest.uptime_s if newest is not None else None,
        "failures": 0,
        "failed_value": None,
        "retry_at": None,
    }
    if command.actor not in NOT_PERSONS:  # a person's command is a hold with a name, until the next band change
        changes |= {"held_by": command.actor, "held_value": changes["confirmed"], "held_since": now}
    FieldState.objects.filter(pk=state.pk).update(**changes)
    if command.actor not in NOT_PERSONS:
        ask(ABOUT_STRATEGY, by=command.actor)  # once the hold is there to be seen
