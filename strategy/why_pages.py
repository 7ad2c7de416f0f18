"""What "Why is nothing happening?" shows, for the strategy and for one miner. The same queries for any fleet."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse

from hmm.look.formats import local_time
from hmm.look.zones import local_zone
from miners.contexts import tile_of
from miners.drivers.registry import FAMILIES
from miners.models import Command, FieldState, Miner, NewestReading
from strategy import core
from strategy.services.gathering import Scene, gather
from strategy.services.isolating import MINER, RULE
from strategy.services.ruling import with_caps
from strategy.wanting import MinerView, wanted
from strategy.why import Check, Device, Fleet, why_fleet, why_miner

NAMES = {
    "confirmed": "next slot",
    "enrolled": "enrolment",
    "holds": "changes by hand",
    "power": "switched by hand",
    "waiting": "put off",
    "overheated": "temperature",
    "starting": "start time",
    "enabled": "polling",
    "writable": "kind of device",
}
NOT_BY_PRICE = {"enabled", "writable", "strategy", "enrolled", "power", "override"}  # no price turns these


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyList:
    """The conditions as a page lists them."""

    title: str
    url: str
    asked: tuple[Check, ...]
    not_asked: str
    flips_at: Any
    miner_url: str = ""


def clock_of(now: datetime) -> Callable[[datetime], str]:
    zone = local_zone()
    return lambda moment: local_time(moment, zone, now)


def decision_of(scene: Scene) -> core.Decision:
    """Decide as the tick does; an override that no longer fits the bands is set aside."""
    try:
        return core.decide(scene.situation)
    except core.SituationError:
        return core.decide(replace(scene.situation, override=core.Override()))


def why_strategy(now: datetime, scene: Scene | None = None) -> WhyList:
    """Return why the strategy does what it does now."""
    scene = gather(now) if scene is None else scene
    decision = decision_of(scene)
    scene = with_caps(scene, decision, now=now)
    checks = why_fleet(scene.situation, decision, fleet_of(scene, decision, now), clock_of(now))
    return listed("Why is nothing happening?", reverse("strategy-why"), checks, decision)


def why_one(miner: Miner, now: datetime) -> WhyList:
    """Return why one miner, loaded `with_latest`, does what it does now."""
    scene = gather(now)
    decision = decision_of(scene)
    scene = with_caps(scene, decision, now=now)
    fleet = fleet_of(scene, decision, now)
    cap = next((view.cap for view in scene.views if view.id == str(miner.pk)), None)
    own = scene.faults.words(f"miner:{miner.pk}")
    faults = (*rules_at_fault(scene), *([f"what is stored of it ({own})"] if own else []))
    device = replace(device_of(miner, now), cap=cap, faults=faults)
    checks = why_miner(scene.situation, decision, device, fleet, clock_of(now))
    found = listed(f"Why {miner.name} does this", reverse("strategy-why-miner", args=[miner.pk]), checks, decision)
    return replace(found, miner_url=reverse("miner", args=[miner.pk]))


def listed(title: str, url: str, checks: tuple[Check, ...], decision: core.Decision) -> WhyList:
    rest = [NAMES.get(item.name, item.name) for item in checks if item.passed is None]
    by_price = not any(item.decided and item.name in NOT_BY_PRICE for item in checks)
    return WhyList(
        title=title,
        url=url,
        asked=tuple(item for item in checks if item.passed is not None),
        not_asked=", ".join(rest),
        flips_at=decision.flips_at_p_per_kwh if by_price else None,
    )


def fleet_of(scene: Scene, decision: core.Decision, now: datetime) -> Fleet:
    miners = scene.miners
    pool = scene.pools.get(decision.target)
    champion = miners.get(str(scene.state.champion_id))
    return Fleet(
        enrolled=len(miners),
        unreachable=tuple(row.name for row in miners.values() if row.unreachable_since is not None),
        waiting=sum(len(kinds) for kinds in scene.busy.values()),
        held=tuple(miners[view.id].name for view in scene.views if view.holds),
        champion=champion.name if champion is not None else None,
        pool=pool.name if pool is not None else None,
        ruled=tuple(
            f"{miners[view.id].name} ({view.cap.rule})"
            for view in scene.views
            if view.cap is not None and bites(view, decision)
        ),
        faults=(*rules_at_fault(scene), *scene.faults.labels(MINER)),
        override_by=scene.state.override_by if scene.state.override_at(now) is not core.OverrideKind.AUTO else "",
    )


def rules_at_fault(scene: Scene) -> tuple[str, ...]:
    return tuple(f"rule “{name}”" for name in scene.faults.labels(RULE))


def bites(view: MinerView, decision: core.Decision) -> bool:
    """Tell whether a rule makes a miner do less than the decision would."""
    champion = view.id if decision.champion_only else None
    free = wanted(replace(view, cap=None), decision, champion=champion)
    return wanted(view, decision, champion=champion) != free


def device_of(miner: Miner, now: datetime) -> Device:
    """Return what is known of one miner; a handful of queries."""
    newest: NewestReading | None = getattr(miner, "newest", None)
    target = getattr(miner, "target", None)
    tile = tile_of(miner, now)
    held = FieldState.objects.filter(miner=miner).exclude(held_by="").order_by("field")
    commands = Command.objects.open().filter(miner=miner).order_by("created_at")
    return Device(
        name=miner.name,
        enabled=miner.enabled,
        enrolled=miner.enrolled,
        may_be_written=miner.may_be_written,
        unreachable_since=miner.unreachable_since,
        error=miner.last_error,
        holds=tuple((row.field, row.held_by) for row in held),
        is_champion=bool(target is not None and target.champion),
        overheated=bool(newest is not None and newest.overheated),
        commands=tuple(f"{row.get_kind_display().lower()} ({row.get_status_display().lower()})" for row in commands),
        waiting=target.waiting if target is not None else "",
        starts_until=starts_until(miner, newest, target, now),
        outcome=f"{tile.doing}. {tile.why[:1].upper()}{tile.why[1:]}"
        if target is not None and miner.enrolled
        else "",
    )


def starts_until(miner: Miner, newest: NewestReading | None, target: Any, now: datetime) -> datetime | None:
    """Return when a miner that was turned on has to hash, None for one that does or need not."""
    if target is None or not target.on or newest is None or newest.state == "hashing":
        return None
    until: datetime = target.changed_at + timedelta(seconds=FAMILIES[miner.kind].start_time_s)
    return until if until > now else None
