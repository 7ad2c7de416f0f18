"""Tell settings that changed without a command of ours from those a command explains."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from hmm.audit.services import record
from miners.models import Command, CommandKind, CommandStatus, Miner, NewestReading
from miners.services.masking import masked
from miners.services.restarts import pool_of

LATE = timedelta(minutes=3)  # a command that was given up may still take effect for as long
TUNED = frozenset({"mode", "frequency_mhz", "core_voltage_mv"})
EXPLAINS: dict[str, frozenset[str]] = {
    CommandKind.POWER: frozenset({"paused"}),
    CommandKind.MODE: TUNED,
    CommandKind.TUNING: TUNED,
    CommandKind.CLEAR_OVERHEAT: TUNED,
    CommandKind.POOL: frozenset({"pool", "paused"}),  # its restart ends a pause
    CommandKind.RESTART: frozenset({"paused"}),
}
AT_WORK = (CommandStatus.SENDING, CommandStatus.SENT, CommandStatus.NEEDS_RESTART, CommandStatus.RESTARTING)


def settings_of(newest: NewestReading) -> dict[str, Any]:
    """Return what a hand, a restart or the overheat routine may have changed."""
    first = newest.first_pool or {}
    return {
        "mode": newest.mode,
        "frequency_mhz": newest.frequency_mhz,
        "core_voltage_mv": newest.core_voltage_mv,
        "pool": pool_of(first) if first else None,
        "paused": newest.paused,
    }


def note_drift(miner: Miner, before: NewestReading, newest: NewestReading, *, now: datetime) -> None:
    """Record settings that changed without a command of ours: an overheat step-down, a restart, or a hand."""
    old, new = settings_of(before), settings_of(newest)
    names = {name for name in new if old[name] != new[name]}
    if not names:
        return
    names -= explained(miner, before, new)
    if not names:
        return
    record(
        actor="device",
        action="miner.drift",
        target=miner,
        reason=drift_reason(before, newest),
        before=masked({name: old[name] for name in sorted(names)}),
        after=masked({name: new[name] for name in sorted(names)}),
        at=now,
    )


def explained(miner: Miner, before: NewestReading, new: dict[str, Any]) -> set[str]:
    """Return the settings a command of ours may have changed since the reading before.

    One that is under way, or ended since then, explains what it changes; one that was given up a little
    earlier explains only the very value it wanted.
    """
    recent = Q(status__in=AT_WORK) | Q(finished_at__gt=before.taken_at - LATE, sent_at__isnull=False)
    names: set[str] = set()
    for command in Command.objects.filter(recent, miner=miner, kind__in=tuple(EXPLAINS)):
        touches = EXPLAINS[command.kind]
        if command.finished_at is None or command.finished_at > before.taken_at:
            names |= touches
        elif command.status == CommandStatus.NOT_VERIFIED:
            names |= {name for name in touches if asked_for(command, name) == new[name]}
    if {"frequency_mhz", "core_voltage_mv"} <= names or "mode" in names:
        names |= TUNED  # a mode is a clock with a core voltage
    return names


def asked_for(command: Command, name: str) -> Any:
    """Return the value a command wanted of a setting, None where it did not say."""
    value = command.value or {}
    if name == "pool":
        return pool_of(value)
    if name == "paused":
        return not value["on"] if "on" in value else None
    return value.get(name)


def drift_reason(before: NewestReading, newest: NewestReading) -> str:
    lower = (newest.frequency_mhz or 0) < (before.frequency_mhz or 0)
    if newest.overheated or (before.overheated and lower):
        return "The device overheated and stepped itself down."
    if (newest.uptime_s or 0) < (before.uptime_s or 0):
        return "The device restarted."
    return "Changed at the device, by hand or by another program."
