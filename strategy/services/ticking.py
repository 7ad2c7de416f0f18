"""The tick: look, decide, carry out the difference. It keeps nothing in memory and may be run again."""

import logging
from dataclasses import replace
from datetime import datetime, timedelta

from django.db.models import Q

from miners.services.targets import set_targets
from notifications.models import Severity
from notifications.services import close_incident, open_incident
from strategy import core
from strategy.models import StrategyState
from strategy.plugging import plan as plan_plugs
from strategy.services.bands import activate_due
from strategy.services.choosing import choose_champion
from strategy.services.commanding import act_on, target_of
from strategy.services.gathering import Scene, gather
from strategy.services.plugs import act_on_plugs, cycle_hung
from strategy.services.remembering import OvertakenError, keep, remember_band
from strategy.services.ruling import under_rules
from strategy.services.watching import watch

logger = logging.getLogger(__name__)

CLAIM = timedelta(seconds=50)  # a tick that died is missed for one minute at most


def tick(*, now: datetime, unless_decided_after: datetime | None = None) -> core.Decision | None:
    """Decide and carry out; None when another tick is at it, or decided later than `unless_decided_after`.

    Safe to run at any time, from several processes, and after any crash: the claim is one conditional UPDATE.
    """
    StrategyState.objects.get_or_create(pk=1)
    revision = claim(now, unless_decided_after)
    if revision is None:
        return None
    try:
        activate_due(now=now)
        scene = gather(now)
        decision = decide(scene, now=now)
        carry_out(scene, decision, now=now)
        return decision
    except OvertakenError:
        logger.warning("A tick took longer than %s and was overtaken.", CLAIM)
        return None
    finally:
        StrategyState.objects.filter(pk=1, revision=revision).update(ticking_until=None)


def claim(now: datetime, unless_decided_after: datetime | None) -> int | None:
    """Take the tick and return its revision, None when somebody else has it. A claim ends by itself."""
    state = StrategyState.objects.only("revision", "decided_at").get(pk=1)
    free = Q(ticking_until__isnull=True) | Q(ticking_until__lte=now) | Q(ticking_until__gt=now + 2 * CLAIM)
    if unless_decided_after is not None:
        free &= Q(decided_at__isnull=True) | Q(decided_at__lt=unless_decided_after) | Q(decided_at__gt=now)
    revision = state.revision + 1
    rows = StrategyState.objects.filter(free, pk=1, revision=state.revision)
    return revision if rows.update(ticking_until=now + CLAIM, revision=revision) else None


def due_since(*, now: datetime) -> datetime | None:
    """Return since when the newest decision has run out without being asked again, None while it holds.

    An override that came while a tick was at it ends that tick's decision too.
    """
    state = StrategyState.objects.filter(pk=1).only("decision", "decided_at", "override_since").first()
    if state is None or state.decided_at is None:
        return now
    if state.override_since is not None and state.decided_at < state.override_since <= now:
        return state.override_since
    until = state.told("until")
    ends = datetime.fromisoformat(until) if until is not None else None
    return ends if ends is not None and state.decided_at < ends <= now else None


def is_due(*, now: datetime) -> bool:
    return due_since(now=now) is not None


def decide(scene: Scene, *, now: datetime) -> core.Decision:
    """Ask the core. An override that no longer fits the bands is told and set aside."""
    try:
        decision = core.decide(scene.situation)
    except core.SituationError as error:
        open_incident(
            kind="override_impossible",
            subject="strategy",
            label="Override",
            severity=Severity.DANGER,
            title=error.message,
            now=now,
        )
        return core.decide(replace(scene.situation, override=core.Override()))
    close_incident(kind="override_impossible", subject="strategy", now=now)
    return decision


def carry_out(scene: Scene, decision: core.Decision, *, now: datetime) -> None:
    """Write what is wanted of each miner and command the difference. The memory is written last."""
    changed_band = remember_band(scene, decision, now=now)
    scene = under_rules(scene, decision, now=now)
    champion = choose_champion(scene, decision, now=now)
    wishes, plans = plan_plugs(scene.views, decision, champion=champion.champion)
    waits = act_on_plugs(scene.plugs, plans, scene.views, wishes, fresh=changed_band, now=now)
    for view in scene.views:
        if view.id not in waits:
            waits[view.id] = act_on(scene, view, wishes[view.id], fresh=changed_band, now=now)
    set_targets({int(key): target_of(wish, decision, waits[key]) for key, wish in wishes.items()}, now=now)
    cycle_hung(scene.plugs, scene.views, wishes, now=now)
    watch(scene, decision, champion, now=now)
    keep(scene, decision, now=now)
