"""The tick: look, decide, carry out the difference. It keeps nothing in memory and may be run again."""

import logging
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from hmm.audit.services import record
from miners.models import Miner
from miners.services.allowing import CommandRefusedError
from miners.services.commands import request_command, withdraw_put_off
from miners.services.fleet import release_holds
from miners.services.restarts import pool_of
from miners.services.targets import Target, hold_field, set_targets, take_over
from notifications.models import Severity
from notifications.services import close_incident, open_incident
from pools.coins import target_label
from strategy import core
from strategy.champion import ChampionEvent, ChampionState, next_state
from strategy.models import StrategyState
from strategy.plugging import plan as plan_plugs
from strategy.services.bands import activate_due
from strategy.services.gathering import Scene, champion_state, efficiencies, gather, uptime_due
from strategy.services.plugs import act_on_plugs, cycle_hung
from strategy.services.switches import announce
from strategy.situation_json import decision_json, situation_json
from strategy.wanting import FIELDS, MODE, POOL, POWER, MinerView, Verdict, Wanted, verdict

logger = logging.getLogger(__name__)

ACTOR = "strategy"
CLAIM = timedelta(seconds=30)
OVERHEAT = "overheat"


def tick(*, now: datetime) -> core.Decision | None:
    """Decide and carry out; None when another tick is at it. Safe to run at any time, and after any crash."""
    StrategyState.objects.get_or_create(pk=1)
    free = Q(ticking_until__isnull=True) | Q(ticking_until__lte=now) | Q(ticking_until__gt=now + 2 * CLAIM)
    if not StrategyState.objects.filter(free, pk=1).update(ticking_until=now + CLAIM):
        return None
    try:
        activate_due(now=now)
        scene = gather(now)
        decision = decide(scene, now=now)
        carry_out(scene, decision, now=now)
        return decision
    finally:
        StrategyState.objects.filter(pk=1).update(ticking_until=None)


def is_due(*, now: datetime) -> bool:
    """Tell whether the newest decision has run out and was not asked again since."""
    state = StrategyState.objects.filter(pk=1).only("decision", "decided_at").first()
    if state is None or state.decided_at is None:
        return True
    until = state.told("until")
    if until is None:
        return False
    ends = datetime.fromisoformat(until)
    return state.decided_at < ends <= now


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
    champion, event = choose_champion(scene, decision, now=now)
    wishes, plans = plan_plugs(scene.views, decision, champion=champion.champion)
    waits = act_on_plugs(scene.plugs, plans, scene.views, wishes, fresh=changed_band, now=now)
    for view in scene.views:
        if view.id not in waits:
            waits[view.id] = act_on(scene, view, wishes[view.id], fresh=changed_band, now=now)
    set_targets({int(key): target_of(wish, decision, waits[key]) for key, wish in wishes.items()}, now=now)
    cycle_hung(scene.plugs, scene.views, wishes, now=now)
    watch(scene, decision, event, now=now)
    keep(scene, decision, champion, now=now)


# --- the band ------------------------------------------------------------------------------------


def remember_band(scene: Scene, decision: core.Decision, *, now: datetime) -> bool:
    """Store the band in force and leave one row in the activity for a change; return whether it changed."""
    state = scene.state
    told = state.decision or {}
    outside = decision.reason in {
        core.Reason.DISABLED,
        core.Reason.OVERRIDE_ON,
        core.Reason.OVERRIDE_OFF,
        core.Reason.NO_PRICE_GRACE,
        core.Reason.NO_PRICE_FAIL_SAFE,
    }
    answer = decision_json(decision)
    new_band = answer["band"] if not outside else state.current_band
    changed = (told.get("band"), told.get("target")) != (answer["band"], answer["target"])
    with transaction.atomic():
        StrategyState.objects.filter(pk=1).update(
            current_band=new_band,
            current_since=now if changed else state.current_since,
            interrupted_since=(state.interrupted_since or now) if outside else None,
        )
        if not changed:
            return False
        release_holds()
        record(
            actor=ACTOR,
            action="strategy.transition",
            reason=decision.explanation,
            before={"band": told.get("band"), "target": told.get("target")},
            after={"band": answer["band"], "target": answer["target"]},
            detail={"situation": situation_json(scene.situation), "answer": answer},
            at=now,
        )
        # The change is remembered with its row, so that a crash right after leaves neither twice.
        StrategyState.objects.filter(pk=1).update(decision=shown(decision, state), decided_at=now)
        transaction.on_commit(announce)
    return True


def shown(decision: core.Decision, state: StrategyState) -> dict[str, Any]:
    """Return what pages show of a decision."""
    price = decision.price_p_per_kwh
    del state
    return {
        **decision_json(decision),
        "power": decision.power.value,
        "price_p_per_kwh": f"{price:f}" if price is not None else None,
    }


def keep(scene: Scene, decision: core.Decision, champion: ChampionState, *, now: datetime) -> None:
    StrategyState.objects.filter(pk=1).update(
        decided_at=now,
        decision=shown(decision, scene.state),
        champion_band=champion.band,
        champion_id=int(champion.champion) if champion.champion is not None else None,
        champion_failures=champion.failures,
        champion_failed=list(champion.failed),
        champion_exhausted=champion.exhausted,
    )
    if (scene.state.decision or {}).get("explanation") != decision.explanation:
        announce()


def watch(scene: Scene, decision: core.Decision, event: ChampionEvent, *, now: datetime) -> None:
    """Open and close the incidents a decision can tell of."""
    if decision.reason is core.Reason.NO_PRICE_FAIL_SAFE and scene.state.enabled:
        open_incident(
            kind="fail_safe",
            subject="strategy",
            label="Strategy",
            severity=Severity.CRITICAL,
            title="runs its fail-safe",
            detail=decision.explanation,
            now=now,
        )
    else:
        close_incident(kind="fail_safe", subject="strategy", now=now)
    missing = decision.power is core.Power.ON and decision.target not in {core.KEEP, *scene.pools}
    if missing:
        open_incident(
            kind="no_pool",
            subject="strategy",
            label=target_label(decision.target),
            severity=Severity.WARNING,
            title="has no usable pool",
            detail="Power and modes are controlled; each miner keeps the pool it has. Add a pool for this coin.",
            now=now,
        )
    else:
        close_incident(kind="no_pool", subject="strategy", now=now)
    if event is ChampionEvent.EXHAUSTED:
        open_incident(
            kind="champion_exhausted",
            subject="strategy",
            label="Champion",
            severity=Severity.DANGER,
            title="no miner is left to be champion",
            detail="Every candidate failed three times in a row; all stay off until the band is left.",
            now=now,
        )
    elif not decision.champion_only:
        close_incident(kind="champion_exhausted", subject="strategy", now=now)


def choose_champion(scene: Scene, decision: core.Decision, *, now: datetime) -> tuple[ChampionState, ChampionEvent]:
    """Return the champion of a champion band; its choice is audited."""
    band = decision.band.position if decision.champion_only and decision.band is not None else None
    state = champion_state(scene.state)
    views = scene.views
    if band is not None:
        figures = efficiencies(scene.miners, now)
        views = tuple(replace(view, efficiency=figures[view.id]) for view in views)
    new, event = next_state(state, views, band)
    if event is not ChampionEvent.NONE:
        miner = scene.miners.get(new.champion or "")
        record(
            actor=ACTOR,
            action=f"champion.{event.value}",
            target=miner,
            reason=decision.explanation,
            before={"champion": state.champion, "failed": list(state.failed)},
            after={"champion": new.champion, "failed": list(new.failed)},
            at=now,
        )
    return new, event


# --- one miner -----------------------------------------------------------------------------------


def act_on(scene: Scene, view: MinerView, wish: Wanted, *, fresh: bool, now: datetime) -> str:
    """Command what differs and is ours to change; return what keeps the rest from being sent."""
    looked = released(view) if fresh else view
    names = [name for name in fields_to_look_at(view, wish) if name not in scene.busy[view.id]]
    for name in scene.unsent[view.id]:
        if wish.of(name) is None:  # nobody wants it any more, and the device has not taken it yet
            withdraw_put_off(int(view.id), name, actor=ACTOR, now=now)
    waits = [answer(scene, looked, wish, name, now=now) for name in names]  # what is under way, its reading will tell
    return "; ".join(dict.fromkeys(part for part in waits if part))


def answer(scene: Scene, view: MinerView, wish: Wanted, name: str, *, now: datetime) -> str:
    """Do what the verdict on one field asks for; return why it has to wait, if it has to."""
    restarted = restarted_since(scene, view, name)
    ruling = verdict(view, wish, name, restarted=restarted)
    if ruling is Verdict.SAME and not is_about_to_change(scene, view, wish, name):
        note_agreement(scene, view, wish, name, restarted=restarted)
        return ""
    if ruling is Verdict.HELD:
        return hold(scene, view, name, now=now)
    if ruling is Verdict.OVERHEATED:
        hold_field(int(view.id), name, by=OVERHEAT, value=None, now=now)
        return "it overheated; its mode is left alone until the band changes"
    if ruling is Verdict.WAIT:
        known = getattr(scene.miners[view.id], "newest", None) is not None
        return "it does not answer" if known else "its first reading is awaited"
    return send(scene, view, wish, name, now=now)


def is_about_to_change(scene: Scene, view: MinerView, wish: Wanted, name: str) -> bool:
    """Tell whether an earlier command of ours, not sent yet, would change a field that is as it should be."""
    asked, want = scene.unsent[view.id].get(name), wish.of(name)
    return asked is not None and want is not None and asked != want


def restarted_since(scene: Scene, view: MinerView, name: str) -> bool:
    """Tell whether the device restarted since this field of it was confirmed."""
    row = scene.fields[view.id].get(name)
    newest = getattr(scene.miners[view.id], "newest", None)
    seen = view.observed.uptime_s
    return row is not None and seen is not None and seen < uptime_due(row, newest)


def note_agreement(scene: Scene, view: MinerView, wish: Wanted, name: str, *, restarted: bool) -> None:
    """Remember a field that is as it should be, so that a later difference can be told from ours."""
    seen = view.observed.of(name)
    if seen is not None and seen == wish.of(name) and (restarted or view.confirmed.of(name) != seen):
        take_over(scene.miners[view.id], name)


def fields_to_look_at(view: MinerView, wish: Wanted) -> tuple[str, ...]:
    """Power first. What cannot be turned off has no power to set; what is to be off needs nothing else."""
    if wish.on is None and wish.mode is None:
        return ()
    if wish.on is False:
        return (POWER,) if view.can_turn_off else (MODE,)
    return FIELDS if view.can_turn_off else (MODE, POOL)


def released(view: MinerView) -> MinerView:
    """Return a miner as it is seen right after a band change: nothing is held, nothing counts as a hand's."""
    confirmed = replace(view.confirmed, power=None, mode=None, pool=None)
    overheated = view.overheated and view.holds.get(MODE) != OVERHEAT
    return replace(view, holds={}, held_values={}, confirmed=confirmed, overheated=overheated)


def send(scene: Scene, view: MinerView, wish: Wanted, name: str, *, now: datetime) -> str:
    """Write one command; return why it has to wait, if it has to."""
    miner = scene.miners[view.id]
    value, secret = command_value(scene, miner, wish, name)
    stored = scene.fields[view.id].get(name)
    if stored is not None and not stored.may_retry(now, pool_of(value) if name == POOL else value):
        times = "once" if stored.failures == 1 else f"{stored.failures} times"
        return f"{name} failed {times}; next try {stored.retry_at:%H:%M} UTC"
    try:
        request_command(miner, name, value, actor=ACTOR, reason=wish.why, now=now, secret=secret)
    except CommandRefusedError as error:
        return str(error)
    take_over(miner, name)  # from here on a difference is ours to mend, not a hand's
    return ""


def command_value(scene: Scene, miner: Miner, wish: Wanted, name: str) -> tuple[dict[str, Any], str]:
    if name == POWER:
        return {"on": bool(wish.on)}, ""
    if name == MODE:
        return {"mode": wish.mode}, ""
    pool = next(
        item for item in scene.pools.values() if (item.host, item.port, item.user_for(miner.worker_name)) == wish.pool
    )
    value = {"host": pool.host, "port": pool.port, "user": pool.user_for(miner.worker_name)}
    return {**value, "pool_id": pool.pk, "label": pool.name}, pool.password


def hold(scene: Scene, view: MinerView, name: str, *, now: datetime) -> str:
    """Leave a field to the person who changed it, and say so."""
    if name not in view.holds:
        hold_field(int(view.id), name, by="by hand", value=None, now=now)
        record(
            actor="device",
            action="miner.hold",
            target=scene.miners[view.id],
            reason=f"The {name} was changed by hand; it is left alone until the band changes.",
            at=now,
        )
    return f"{name} changed by hand; left alone until the band changes"


def target_of(wish: Wanted, decision: core.Decision, waiting: str) -> Target:
    return Target(
        on=wish.on,
        mode=wish.mode or "",
        pool_label=target_label(decision.target) if wish.on and decision.target != core.KEEP else "",
        why=wish.why,
        note=wish.note,
        band_position=decision.band.position if decision.band is not None else None,
        champion=wish.champion,
        waiting=waiting,
    )
