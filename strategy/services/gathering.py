"""Read everything a decision needs; a fixed number of queries for any number of miners."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Max

from energy.services.known import KnownPrices, known_prices
from energy.services.prices import last_price_at
from miners.models import Command, CommandStatus, FieldState, Miner, MinerField
from miners.models.command import OPEN, UNSENT
from miners.services.settling import STRATEGY
from pools.models import Pool
from pools.services.choosing import first_pools
from strategy import core
from strategy.champion import ChampionState
from strategy.models import StrategyState
from strategy.services.in_force import bands_in_force
from strategy.services.isolating import MINER, Faults
from strategy.services.plugs import Plugs, gather_plugs, seen_with_plug
from strategy.services.seeing import hashable, unread, view_of
from strategy.services.switches import strategy_state
from strategy.wanting import MinerView

SHORTEST_PAUSE = timedelta(minutes=5)  # ticks are a minute apart, and a busy computer may miss one


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
    shape: int | None  # of the bands it was read with
    faults: Faults = field(default_factory=Faults)


def gather(now: datetime) -> Scene:
    """Return the scene of now. Queries only."""
    state = strategy_state()
    ruling = bands_in_force()
    situation = situation_from(state, ruling.bands, known_prices(now), shape=ruling.shape)
    faults = Faults()
    enrolled = Miner.objects.for_strategy().filter(enrolled=True, enabled=True)
    miners = {str(miner.pk): miner for miner in enrolled}
    fields = fields_of(miners)
    pools = first_pools(now)
    commands = newest_commands(miners)
    busy, unsent = open_commands(miners)
    plugs = gather_plugs(now)
    since = {state.champion_id: state.champion_since}
    seen: dict[str, MinerView] = {}
    for key, miner in miners.items():
        with faults.at(MINER, f"miner:{key}", miner.name):
            seen[key] = view_of(miner, fields[key], pools, commands.get(miner.pk), now, since=since.get(miner.pk))
        seen[key] = seen_with_plug(seen[key] if key in seen else unread(miner), miner, plugs, now)
    return Scene(
        situation=situation,
        state=state,
        miners=miners,
        fields=fields,
        views=tuple(seen.values()),
        pools=pools,
        busy=busy,
        unsent=unsent,
        plugs=plugs,
        shape=ruling.shape,
        faults=faults,
    )


def situation_of(state: StrategyState, now: datetime) -> core.Situation:
    ruling = bands_in_force()
    return situation_from(state, ruling.bands, known_prices(now), shape=ruling.shape)


def situation_from(
    state: StrategyState, bands: tuple[core.Band, ...], known: KnownPrices, *, shape: int | None
) -> core.Situation:
    """Return what a decision is made of, from bands and prices that were read already."""
    periods = tuple(core.Period(period.starts_at, period.ends_at, period.price_p_per_kwh) for period in known.periods)
    over = [period.end for period in periods if period.end <= known.now]
    return core.Situation(
        now=known.now,
        bands=bands,
        periods=periods,
        current_band=stored_band(state, periods, len(bands), known.now) if state.current_shape == shape else None,
        last_price_at=max(over) if over and known.current is not None else last_price_at(known.now),
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


def champion_state(state: StrategyState) -> ChampionState:
    return ChampionState(
        band=state.champion_band,
        champion=str(state.champion_id) if state.champion_id is not None else None,
        failures=state.champion_failures,
        failed=tuple(state.champion_failed),
        exhausted=state.champion_exhausted,
    )
