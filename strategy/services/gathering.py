"""Read everything a decision needs; a fixed number of queries for any number of miners."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Sum

from energy.services.known import KnownPrices, known_prices
from energy.services.prices import last_price_at
from miners.drivers.base import Board, DeviceState
from miners.drivers.registry import FAMILIES
from miners.models import Command, CommandStatus, FieldState, Miner, MinerField, NewestReading, TelemetryReading
from miners.models.command import OPEN, UNSENT
from miners.services.settling import STRATEGY, observed_value
from pools.models import Pool
from pools.services.choosing import first_pools
from strategy import core
from strategy.champion import ChampionState
from strategy.models import StrategyState
from strategy.services.bands import active_version
from strategy.services.plugs import Plugs, gather_plugs, seen_with_plug
from strategy.services.switches import strategy_state
from strategy.wanting import MODE, POOL, POWER, Efficiency, Fields, MinerView

EFFICIENCY_OVER = timedelta(hours=6)
RESTART_SLACK_S = 30
SHORTEST_PAUSE = timedelta(minutes=5)  # ticks are a minute apart, and a busy computer may miss one
NEAR_MHZ, NEAR_MV = 10, 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What one tick works with."""

    situation: core.Situation
    state: StrategyState
    miners: Mapping[str, Miner]
    fields: Mapping[str, Mapping[str, FieldState]]
    views: tuple[MinerView, ...]
    pools: Mapping[str, Pool]
    busy: Mapping[str, frozenset[str]]  # kinds under way, or asked for by a person
    unsent: Mapping[str, Mapping[str, Any]]  # kind → value of our own commands that may still be withdrawn
    plugs: Plugs


def gather(now: datetime) -> Scene:
    """Return the scene of now. Queries only."""
    state = strategy_state()
    situation = situation_of(state, now)
    miners = {str(miner.pk): miner for miner in Miner.objects.with_latest().filter(enrolled=True, enabled=True)}
    fields = fields_of(miners)
    pools = first_pools(now)
    commands = newest_commands(miners)
    busy, unsent = open_commands(miners)
    plugs = gather_plugs(now)
    since = {state.champion_id: state.champion_since}
    views = tuple(
        seen_with_plug(
            view_of(miner, fields[key], pools, commands.get(miner.pk), now, since=since.get(miner.pk)),
            miner,
            plugs,
            now,
        )
        for key, miner in miners.items()
    )
    return Scene(
        situation=situation,
        state=state,
        miners=miners,
        fields=fields,
        views=views,
        pools=pools,
        busy=busy,
        unsent=unsent,
        plugs=plugs,
    )


def situation_of(state: StrategyState, now: datetime) -> core.Situation:
    return situation_from(state, active_version().as_core(), known_prices(now))


def situation_from(state: StrategyState, bands: tuple[core.Band, ...], known: KnownPrices) -> core.Situation:
    """Return what a decision is made of, from bands and prices that were read already."""
    periods = tuple(core.Period(period.starts_at, period.ends_at, period.price_p_per_kwh) for period in known.periods)
    over = [period.end for period in periods if period.end <= known.now]
    return core.Situation(
        now=known.now,
        bands=bands,
        periods=periods,
        current_band=stored_band(state, periods, len(bands), known.now),
        last_price_at=max(over) if over else last_price_at(known.now),
        enabled=state.enabled,
        override=state.override,
        settings=core.Settings(
            grace=timedelta(minutes=state.grace_minutes), fail_safe=core.FailSafe(state.fail_safe)
        ),
    )


def stored_band(state: StrategyState, periods: tuple[core.Period, ...], count: int, now: datetime) -> int | None:
    """Return the band in force, None where the band of now is to be adopted: after an override, a fail-safe,
    a disablement or a pause of more than one slot, or when the clock was set back. Slots as short as the time
    between two ticks make no pause of every tick."""
    slot, _following = core.slots_at(periods, now)
    length = slot.end - slot.start if slot is not None else timedelta(minutes=30)
    if state.current_band is None or state.current_band > count or state.decided_at is None:
        return None
    since = state.interrupted_since or state.decided_at
    if not timedelta(minutes=-5) <= now - since <= max(length, SHORTEST_PAUSE):
        return None
    return state.current_band


def fields_of(miners: Mapping[str, Miner]) -> dict[str, dict[str, FieldState]]:
    found: dict[str, dict[str, FieldState]] = defaultdict(dict)
    for row in FieldState.objects.filter(miner__enrolled=True):
        found[str(row.miner_id)][row.field] = row
    return {key: found.get(key, {}) for key in miners}


def newest_commands(miners: Mapping[str, Miner]) -> dict[int, datetime]:
    """Return when power, mode or pool of each miner was last touched by a command."""
    rows = Command.objects.filter(miner__enrolled=True, kind__in=("power", "mode", "pool", "restart", "tuning"))
    rows = rows.filter(status__in=(*OPEN, CommandStatus.APPLIED))  # one that failed gives no new time to start
    del miners
    newest = rows.order_by().values("miner_id").annotate(at=Max("created_at"))
    return {row["miner_id"]: row["at"] for row in newest}


def open_commands(
    miners: Mapping[str, Miner],
) -> tuple[dict[str, frozenset[str]], dict[str, dict[str, Any]]]:
    """Return what is under way at each miner, and apart from it what the strategy may still take back."""
    busy: dict[str, set[str]] = defaultdict(set)
    unsent: dict[str, dict[str, Any]] = defaultdict(dict)
    rows = Command.objects.open().filter(miner__enrolled=True)
    for pk, kind, status, actor, value in rows.values_list("miner_id", "kind", "status", "actor", "value"):
        if actor == STRATEGY and status in UNSENT and kind in MinerField.values:
            unsent[str(pk)][kind] = hashable(kind, value)
        else:
            busy[str(pk)].add(kind)
    return {key: frozenset(busy.get(key, ())) for key in miners}, {key: unsent.get(key, {}) for key in miners}


# --- one miner -----------------------------------------------------------------------------------


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
        modes=miner.modes,
        holds={name: row.held_by for name, row in held.items()},
        held_values={name: hashable(name, row.held_value) for name, row in held.items()},
        overheated=has_stepped_down(newest, board, confirmed),
        can_turn_off=bool(newest is not None and newest.can_pause),
        restart_owed=owes_restart(fields, newest),
        failing=is_failing(miner, newest, stale) and not starting,
        starting=starting,
        pools={target: pool_value(pool, miner) for target, pool in pools.items()},
        efficiency=Efficiency(expected_j_per_th=None),
    )


def owes_restart(fields: Mapping[str, FieldState], newest: NewestReading | None) -> bool:
    row = fields.get(POOL)
    return row is not None and newest is not None and row.owes_restart_for(observed_value(POOL, newest))


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
    """Return a stored field value as the decision compares it."""
    if value is None:
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


def champion_state(state: StrategyState) -> ChampionState:
    return ChampionState(
        band=state.champion_band,
        champion=str(state.champion_id) if state.champion_id is not None else None,
        failures=state.champion_failures,
        failed=tuple(state.champion_failed),
        exhausted=state.champion_exhausted,
    )
