"""The tick: look, decide, carry out the difference. It keeps nothing in memory and may be run again."""

import logging
from dataclasses import replace
from datetime import datetime, timedelta

from django.db.models import Q

from hmm.durability import forgettable
from hmm.jobs.asks import ABOUT_STRATEGY, answer, is_asked, open_asks
from miners.services.targets import set_targets
from notifications.models import Severity
from notifications.services import open_incident
from strategy import core
from strategy.models import StrategyState
from strategy.plugging import plan as plan_plugs
from strategy.services.bands import activate_due
from strategy.services.choosing import choose_champion
from strategy.services.commanding import act_on, target_of
from strategy.services.cycling import asked_since, cycle_hung, end_cycles
from strategy.services.gathering import Scene, gather
from strategy.services.isolating import MINER, OvertakenError, tell_faults
from strategy.services.plugs import act_on_plugs
from strategy.services.remembering import keep, remember_band
from strategy.services.ruling import under_rules
from strategy.services.watching import watch

logger = logging.getLogger(__name__)

CLAIM = timedelta(seconds=50)  # a tick that died is missed for one minute at most
AFTER_FAILURE = timedelta(seconds=10)  # what is asked for and fails is not tried every second


def tick(*, now: datetime, unless_decided_after: datetime | None = None) -> core.Decision | None:
    """Decide and carry out; None when another tick is at it, or decided later than `unless_decided_after`.

    Safe to run at any time, from several processes, and after any crash: the claim is one conditional UPDATE.
    """
    with forgettable():  # it only writes rows; before a device is told anything its command is on the disk
        return tick_once(now, unless_decided_after)


def tick_once(now: datetime, unless_decided_after: datetime | None) -> core.Decision | None:
    StrategyState.objects.get_or_create(pk=1)
    revision = claim(now, unless_decided_after)
    if revision is None:
        return None
    asks = open_asks(ABOUT_STRATEGY)  # before anything is read: who asks from here on is answered by the next tick
    held_until: datetime | None = now + AFTER_FAILURE
    try:
        activate_due(now=now)
        scene = gather(now)
        scene, decision = decide(scene, now=now)
        carry_out(scene, decision, now=now)
        answer(asks)
        held_until = None
        return decision
    except OvertakenError:
        logger.warning("A tick took longer than %s and was overtaken.", CLAIM)
        return None
    finally:
        StrategyState.objects.filter(pk=1, revision=revision).update(ticking_until=held_until)


def tick_if_due(*, now: datetime) -> core.Decision | None:
    """Tick when somebody asked and no tick has looked since, or when the newest decision has run out."""
    if is_asked(ABOUT_STRATEGY):
        return tick(now=now)
    since = due_since(now=now)
    return tick(now=now, unless_decided_after=since) if since is not None else None


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

    Plugs may ask for another before it has run out.
    """
    state = StrategyState.objects.filter(pk=1).only("decision", "decided_at").first()
    if state is None or state.decided_at is None:
        return now
    until = state.told("until")
    ends = datetime.fromisoformat(until) if until is not None else None
    if ends is not None and state.decided_at < ends <= now:
        return ends
    return asked_since(state.decided_at, now=now)


def decide(scene: Scene, *, now: datetime) -> tuple[Scene, core.Decision]:
    """Ask the core, on a scene without an override that no longer fits the bands; that is told and set aside."""
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
        scene = replace(scene, situation=replace(scene.situation, override=core.Override()))
        return scene, core.decide(scene.situation)
    scene.faults.close("override_impossible", now=now)
    return scene, decision


def carry_out(scene: Scene, decision: core.Decision, *, now: datetime) -> None:
    """Write what is wanted of each miner and command the difference. The memory is written last."""
    changed_band = remember_band(scene, decision, now=now)
    scene = under_rules(scene, decision, now=now)
    champion = choose_champion(scene, decision, fresh=changed_band, now=now)
    wishes, plans = plan_plugs(scene.views, decision, champion=champion.champion)
    end_cycles(scene.plugs, plans, scene.views, now=now)
    waits = act_on_plugs(scene.plugs, plans, scene.views, wishes, faults=scene.faults, fresh=changed_band, now=now)
    for view in scene.views:
        if view.id not in waits:
            waits[view.id] = "it could not be told; it is tried again"
            with scene.faults.at(MINER, f"miner:{view.id}", view.name):
                waits[view.id] = act_on(scene, view, wishes[view.id], fresh=changed_band, now=now)
    targets = {int(key): target_of(wish, decision, waits[key]) for key, wish in wishes.items()}
    set_targets(targets, scene.miners.values(), now=now)
    cycle_hung(scene.plugs, scene.views, wishes, now=now)
    watch(scene, decision, champion, now=now)
    tell_faults(scene.faults, now=now)
    keep(scene, decision, now=now)
