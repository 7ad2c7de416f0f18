"""Settings that count only after a restart: what is still owed, and how a restart is recognised.

AxeOS takes a pool at once into its settings and works for the old one until it restarts
(a known fault of its firmware). The configured pool therefore proves nothing until the uptime fell.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from miners.models import Command, CommandKind, FieldState, Miner, MinerField, MinerTarget, NewestReading

READ_LATE_S = 3  # a reading bears the second in which it was begun; what it tells may be so much newer


def restarted_since(newest: NewestReading, *, uptime_s: int | None, at: datetime | None) -> bool:
    """Tell whether a device booted after `at`; `uptime_s` (s) is what it showed then or before. Unknown is no.

    Its boot is counted back from the reading. An uptime that fell is not enough: the device may have restarted by
    itself after it showed `uptime_s` and before `at`, and a pool written at `at` would never be restarted for.
    """
    seen = newest.uptime_s
    if seen is None:
        return False
    has_fallen = uptime_s is not None and seen < uptime_s
    if at is None:
        return has_fallen
    booted_after_s = (newest.taken_at - at).total_seconds() - seen
    return booted_after_s > (-READ_LATE_S if has_fallen else 0)


def owe_restart(miner_id: int, value: Mapping[str, Any], *, uptime_s: int | None, at: datetime) -> None:
    """Note that a pool was written at `at` and counts only after the next restart."""
    owed = {**pool_of(value), "uptime_s": uptime_s, "at": at.isoformat()}
    FieldState.objects.update_or_create(miner_id=miner_id, field=MinerField.POOL, defaults={"restart_owed": owed})


def owes_restart(miner_id: int, value: Mapping[str, Any]) -> bool:
    """Tell whether a pool was written to a miner that has not restarted for it."""
    state = FieldState.objects.filter(miner_id=miner_id, field=MinerField.POOL).first()
    return state is not None and state.owes_restart_for(pool_of(value))


def forget_owed_restart(miner_id: int, newest: NewestReading) -> None:
    """End what is owed as soon as a reading shows that the device restarted, by whomever."""
    for state in FieldState.objects.filter(miner_id=miner_id, field=MinerField.POOL, restart_owed__isnull=False):
        owed = state.restart_owed or {}
        at = datetime.fromisoformat(owed["at"])
        if restarted_since(newest, uptime_s=owed.get("uptime_s"), at=at):
            FieldState.objects.filter(pk=state.pk).update(restart_owed=None)


def pool_of(value: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.get(name) for name in ("host", "port", "user")}


def stays_off(miner: Miner, newest: NewestReading | None) -> bool:
    """Tell whether a miner is, or should be, off: a restart would make it run.

    A power command under way says it, then the strategy, then what the device shows.
    """
    power = Command.objects.open().filter(miner=miner, kind=CommandKind.POWER).first()
    if power is not None:
        return power.asked.get("on") is False
    return is_to_be_off(miner) or (newest is not None and newest.paused is True)


def is_to_be_off(miner: Miner) -> bool:
    """Tell whether the strategy wants a miner off, asked of the database and not of what was loaded before.

    One that it let go of, or that is not polled, is nobody's to keep off: its last target is old.
    """
    steered = MinerTarget.objects.filter(miner_id=miner.pk, miner__enrolled=True, miner__enabled=True)
    return steered.filter(on=False).exists()
