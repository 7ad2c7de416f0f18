"""One miner as the decision sees it, from what was read and what was confirmed."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Sum

from miners.drivers.base import Board, DeviceState
from miners.drivers.registry import FAMILIES
from miners.models import FieldState, Miner, MinerField, NewestReading, TelemetryReading
from miners.models.state import RETRY_OFF_MAX
from miners.services.settling import observed_value
from pools.models import Pool
from strategy.wanting import MODE, POOL, POWER, Efficiency, Fields, MinerView

EFFICIENCY_OVER = timedelta(hours=6)
RESTART_SLACK_S = 30
NEAR_MHZ, NEAR_MV = 10, 15


def view_of(
    miner: Miner,
    fields: Mapping[str, FieldState],
    pools: Mapping[str, Pool],
    touched: datetime | None,
    now: datetime,
    *,
    since: datetime | None = None,
) -> MinerView:
    """Return one miner as the decision sees it; `since` is when it was chosen as champion."""
    newest: NewestReading | None = getattr(miner, "newest", None)
    board = miner.board
    stale = newest is None or newest.is_stale(now, miner.poll_interval_s)
    observed = observed_fields(newest, miner)
    confirmed = confirmed_fields(fields, newest)
    held = {name: row for name, row in fields.items() if row.held_by}
    starting = is_starting(miner, touched, since, now)
    return MinerView(
        id=str(miner.pk),
        family=miner.kind,
        enrolled=True,
        reachable=miner.is_reachable() and not stale,
        observed=observed,
        confirmed=confirmed,
        modes=miner.modes_on(board),
        holds={name: row.held_by for name, row in held.items()},
        held_values={name: hashable(name, row.held_value) for name, row in held.items()},
        overheated=has_stepped_down(newest, board, confirmed),
        can_turn_off=bool(newest is not None and newest.can_pause),
        pause_fails=pause_fails(fields.get(POWER), newest, now),
        restart_owed=owes_restart(fields, newest),
        failing=is_failing(miner, newest, stale) and not starting,
        starting=starting,
        pools={target: pool_value(pool, miner) for target, pool in pools.items()},
        name=miner.name,
    )


def unread(miner: Miner) -> MinerView:
    """Return a miner of which nothing can be read: nothing is sent to it, and it is no champion for long."""
    return MinerView(
        id=str(miner.pk),
        family=miner.kind,
        reachable=False,
        can_turn_off=False,
        failing=True,
        name=miner.name,
        unread=True,
    )


def owes_restart(fields: Mapping[str, FieldState], newest: NewestReading | None) -> bool:
    row = fields.get(POOL)
    return row is not None and newest is not None and row.owes_restart_for(observed_value(POOL, newest))


def pause_fails(row: FieldState | None, newest: NewestReading | None, now: datetime) -> bool:
    """Tell whether a miner was told to be off within the last minutes, and its reading shows that it runs on."""
    if row is None or row.failed_value != {"on": False} or row.retry_at is None:
        return False
    runs = newest is not None and newest.paused is False
    return runs and abs(row.retry_at - now) <= RETRY_OFF_MAX


def observed_fields(newest: NewestReading | None, miner: Miner) -> Fields:
    if newest is None:
        return Fields()
    del miner
    return Fields(
        power=hashable(POWER, observed_value(MinerField.POWER, newest)),
        mode=hashable(MODE, observed_value(MinerField.MODE, newest)),
        pool=hashable(POOL, observed_value(MinerField.POOL, newest)),
        uptime_s=newest.uptime_s,
    )


def confirmed_fields(fields: Mapping[str, FieldState], newest: NewestReading | None) -> Fields:
    """Return what was confirmed; the uptime is the one the device would show had it not restarted."""
    values = {name: hashable(name, row.confirmed) for name, row in fields.items()}
    return Fields(
        power=values.get(POWER),
        mode=values.get(MODE),
        pool=values.get(POOL),
        uptime_s=max((uptime_due(row, newest) for row in fields.values()), default=None) or None,
    )


def uptime_due(row: FieldState, newest: NewestReading | None) -> int:
    if newest is None or row.confirmed_uptime_s is None or row.confirmed_at is None:
        return 0
    passed = (newest.taken_at - row.confirmed_at).total_seconds()
    return max(0, int(row.confirmed_uptime_s + passed) - RESTART_SLACK_S)


def hashable(name: str, value: Any) -> Any:
    """Return a stored field value as the decision compares it; one that cannot be read is unknown."""
    if not isinstance(value, Mapping):
        return None
    if name == POWER:
        return value.get("on")
    if name == MODE:
        return value.get("mode")
    return (value.get("host"), value.get("port"), value.get("user"))


def pool_value(pool: Pool, miner: Miner) -> tuple[str, int, str]:
    return (pool.host, pool.port, pool.user_for(miner.worker_name))


def has_stepped_down(newest: NewestReading | None, board: Board | None, confirmed: Fields) -> bool:
    """Tell whether the device overheated, or runs lower than what was last confirmed."""
    if newest is None:
        return False
    if newest.overheated or newest.state == DeviceState.OVERHEATED:
        return True
    preset = board.presets.get(confirmed.mode or "") if board is not None else None
    if preset is None or newest.frequency_mhz is None or newest.core_voltage_mv is None:
        return False
    return (
        newest.frequency_mhz < preset.frequency_mhz - NEAR_MHZ
        or newest.core_voltage_mv < preset.core_voltage_mv - NEAR_MV
    )


def is_starting(miner: Miner, touched: datetime | None, since: datetime | None, now: datetime) -> bool:
    """Tell whether a miner still has time to start: since it was chosen, or since a command touched it last."""
    current_since = miner.plug.on_at if miner.plug is not None else None
    began = max(filter(None, (touched, since, current_since)), default=None)
    start_time = timedelta(seconds=FAMILIES[miner.kind].start_time_s)
    return began is not None and timedelta(0) <= now - began < start_time


def is_failing(miner: Miner, newest: NewestReading | None, stale: bool) -> bool:
    """Tell whether a miner that should hash does not."""
    target = getattr(miner, "target", None)
    if target is None or not target.on:
        return False
    hashes = newest is not None and newest.state == DeviceState.HASHING and not stale and miner.is_reachable()
    return not hashes


def efficiencies(miners: Mapping[str, Miner], now: datetime) -> dict[str, Efficiency]:
    """Return what each miner showed over six hours of hashing; asked only when a champion is to be chosen."""
    rows = (
        TelemetryReading.objects.filter(
            miner__enrolled=True, taken_at__gte=now - EFFICIENCY_OVER, hashrate_ths__gt=0, power_w__gt=0
        )
        .order_by()
        .values("miner_id")
        .annotate(power=Sum("power_w"), work=Sum("hashrate_ths"), samples=Count("id"))
    )
    measured = {
        str(row["miner_id"]): Efficiency(power_w=row["power"], hashrate_ths=row["work"], samples=row["samples"])
        for row in rows
    }
    return {
        key: measured.get(key) or Efficiency(expected_j_per_th=expected_j_per_th(miner))
        for key, miner in miners.items()
    }


def expected_j_per_th(miner: Miner) -> float | None:
    newest: NewestReading | None = getattr(miner, "newest", None)
    if newest is None or not newest.power_w or not newest.expected_hashrate_ths:
        return None
    return newest.power_w / newest.expected_hashrate_ths
