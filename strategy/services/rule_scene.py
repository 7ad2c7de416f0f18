"""Read what automation rules are judged by; a fixed number of queries for any number of miners and rules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import prefetch_related_objects

from hmm.look.zones import local_zone
from miners.drivers.base import DeviceState
from miners.models import Miner, NewestReading
from pools.models import Pool
from pools.services.choosing import standing_of
from strategy import core
from strategy.models import AutomationRule, RuleCrossing
from strategy.plugging import by_plug
from strategy.rule_parts import Device, Outcome, Rule, ScopeKind, Surroundings
from strategy.rules import Memory, evaluate
from strategy.services.gathering import Scene
from strategy.services.isolating import MINER, RULE, Fault
from strategy.services.plugs import seen_with_plug
from strategy.services.seeing import unread, view_of
from strategy.wanting import MinerView, Wanted, wanted

NOT_OURS = ""  # a pool that HMM does not keep, or not any more; nobody knows of it as down


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFacts:
    """The rules of the household and what was read for them."""

    rows: Mapping[int, AutomationRule] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    crossings: Mapping[tuple[int, str], RuleCrossing] = field(default_factory=dict)
    miners: Mapping[str, Miner] = field(default_factory=dict)
    outside: Mapping[str, MinerView] = field(default_factory=dict)  # miners that do not follow the strategy
    pools: Mapping[str, Pool] = field(default_factory=dict)

    @property
    def memory(self) -> Memory:
        return {key: crossing.as_core() for key, crossing in self.crossings.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleScene:
    """The rules, what they look at, and how they stand."""

    facts: RuleFacts
    surroundings: Surroundings
    outcomes: tuple[Outcome, ...] = ()

    @property
    def rules(self) -> tuple[Rule, ...]:
        return self.facts.rules

    @property
    def miners(self) -> Mapping[str, Miner]:
        return self.facts.miners


def rules_in_use() -> list[AutomationRule]:
    """Return the rules in use; most name no miners, and then nobody asks which."""
    rows = list(AutomationRule.objects.filter(enabled=True))
    prefetch_related_objects([row for row in rows if row.scope == ScopeKind.MINERS], "miners")
    return rows


def judge(scene: Scene, decision: core.Decision, rows: Sequence[AutomationRule], now: datetime) -> RuleScene:
    """Return how rules stand now. Queries only."""
    facts = read_facts(scene, rows, now)
    surroundings = surroundings_of(scene, decision, facts, now)
    outcomes = evaluate(facts.rules, surroundings, facts.memory, now)
    for outcome in outcomes:
        if outcome.fault:
            scene.faults.found[f"rule:{outcome.rule.id}"] = Fault(RULE, outcome.rule.name, outcome.fault)
    return RuleScene(facts=facts, surroundings=surroundings, outcomes=outcomes)


def read_facts(scene: Scene, rows: Sequence[AutomationRule], now: datetime) -> RuleFacts:
    """Read what rules are judged by, apart from prices and the hour."""
    strangers = Miner.objects.for_strategy().filter(enrolled=False, enabled=True)
    outside = {str(miner.pk): miner for miner in strangers}
    views: dict[str, MinerView] = {}
    for key, miner in outside.items():
        with scene.faults.at(MINER, f"miner:{key}", miner.name):
            views[key] = view_of(miner, {}, {}, None, now)
        views[key] = seen_with_plug(views[key] if key in views else unread(miner), miner, scene.plugs, now)
    return RuleFacts(
        rows={row.pk: row for row in rows},
        rules=tuple(row.as_core() for row in rows),
        crossings={row.key: row for row in RuleCrossing.objects.filter(rule__in=[row.pk for row in rows])},
        miners={**scene.miners, **outside},
        outside=views,
        pools={str(pool.pk): pool for pool in Pool.objects.usable().select_related("health")},
    )


def surroundings_of(
    scene: Scene,
    decision: core.Decision,
    facts: RuleFacts,
    now: datetime,
    *,
    known: Mapping[tuple[int, str], bool | None] | None = None,
) -> Surroundings:
    """Return what rules look at; what the strategy wants of each miner is asked without any rule."""
    pools, views = facts.pools, facts.outside
    at = {(pool.host.lower(), pool.port): key for key, pool in pools.items()}
    champion = str(scene.state.champion_id) if scene.state.champion_id is not None else None
    waits = {switch.entity: scene.plugs.waits.get(switch.pk, "") for switch in scene.plugs.switches.values()}
    devices: dict[str, Device] = {}
    for view in scene.views:
        with scene.faults.at(MINER, f"miner:{view.id}", view.name):
            wish = wanted(by_plug(view), decision, champion=champion)
            devices[view.id] = device_of(scene.miners[view.id], view, at, enrolled=True, wish=wish)
        devices.setdefault(view.id, blank(view, enrolled=True))
    for key, view in views.items():
        with scene.faults.at(MINER, f"miner:{key}", view.name):
            devices[key] = device_of(facts.miners[key], view, at, plug_waits=waits.get(view.plug_entity, ""))
        devices.setdefault(key, blank(view, enrolled=False))
    return Surroundings(
        decision=decision,
        zone=local_zone(),
        devices=tuple(sorted(devices.values(), key=lambda device: (device.name.lower(), device.id))),
        price_p_per_kwh=core.price_now(scene.situation),
        forced_off=scene.situation.override.at(now) is core.OverrideKind.OFF,
        pools={key: pool.name for key, pool in pools.items()},
        bad_since={key: since for key, pool in pools.items() if (since := standing_of(pool).down_since) is not None},
        known=known or {},
    )


def blank(view: MinerView, *, enrolled: bool) -> Device:
    """Return a miner of which nothing can be read as rules see it: nothing is ordered, and only off can be held."""
    return Device(id=view.id, name=view.name, family=view.family, enrolled=enrolled, writable=False, plug=view.plug)


def device_of(
    miner: Miner,
    view: MinerView,
    pools: Mapping[tuple[str, int], str],
    *,
    enrolled: bool = False,
    wish: Wanted | None = None,
    plug_waits: str = "",
) -> Device:
    """Return one miner as rules see it; what an old reading says is not known."""
    newest: NewestReading | None = getattr(miner, "newest", None)
    first = newest.first_pool if newest is not None else None
    set_to = (str(first.get("host") or "").lower(), first.get("port")) if first else None
    return Device(
        id=view.id,
        name=miner.name,
        family=view.family,
        enrolled=enrolled,
        writable=miner.may_be_written and not miner.pushed,
        on=is_on(view, newest),
        mode=view.observed.mode,
        modes=view.modes,
        can_pause=view.can_turn_off,
        pool=next((key for place, key in pools.items() if place == set_to), NOT_OURS if first else None),
        silent_since=miner.unreachable_since,
        overheated=is_hot(view, newest),
        plug=view.plug,
        wish=wish,
        plug_waits=plug_waits,
    )


def is_on(view: MinerView, newest: NewestReading | None) -> bool | None:
    """Tell whether a miner is on; one that cannot be paused and hashes says so by hashing."""
    if view.observed.power is None and newest is not None and newest.state == DeviceState.HASHING:
        return True
    return view.observed.power


def is_hot(view: MinerView, newest: NewestReading | None) -> bool | None:
    if newest is None or not view.reachable:
        return None
    return bool(newest.overheated) or newest.state == DeviceState.OVERHEATED
