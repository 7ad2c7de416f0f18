"""Command what differs at one miner, and say what has to wait."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from hmm.audit.services import record
from miners.asking import password_of, stratum_of
from miners.models import Miner
from miners.services.allowing import CommandRefusedError
from miners.services.commands import request_command, withdraw
from miners.services.restarts import pool_of
from miners.services.targets import Target, hold_field, take_over
from pools.coins import target_label
from strategy import core
from strategy.services.gathering import Scene
from strategy.services.remembering import ACTOR
from strategy.services.seeing import uptime_due
from strategy.wanting import FIELDS, MODE, POOL, POWER, MinerView, Verdict, Wanted, verdict

OVERHEAT, BY_HAND = "overheat", "by hand"
WAITING_MAX = 190  # characters; the names in it are as long as somebody made them


def act_on(scene: Scene, view: MinerView, wish: Wanted, *, fresh: bool, now: datetime) -> str:
    """Command what differs and is ours to change; return what keeps the rest from being sent."""
    if view.unread:
        return "what is stored of it cannot be read"
    looked = released(view) if fresh else view
    for name in scene.unsent[view.id]:
        if wish.of(name) is None:  # nobody wants it any more, and the device has not taken it yet
            withdraw(int(view.id), kind=name, actor=ACTOR, now=now)
    names = [name for name in fields_to_look_at(view, wish) if name not in scene.busy[view.id]]
    waits = [answer(scene, looked, wish, name, now=now) for name in names]  # what is under way, its reading will tell
    return "; ".join(dict.fromkeys(part for part in waits if part))[:WAITING_MAX]


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
        return what_is_unknown(scene, view, name)
    return send(scene, view, wish, name, now=now)


def what_is_unknown(scene: Scene, view: MinerView, name: str) -> str:
    """Say why nothing can be told about one field of a miner."""
    miner = scene.miners[view.id]
    if getattr(miner, "newest", None) is None:
        return "its first reading is awaited"
    if miner.is_reachable() and not view.reachable:
        return "its last reading is old; a new one is awaited"
    return f"its {name} is not known" if view.reachable else "it does not answer"


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
    """Power first. What cannot be turned off has no power to set; what is to be off and obeys needs nothing else."""
    if wish.on is None and wish.mode is None:
        return ()
    if wish.on is False and view.can_turn_off:
        return (POWER, MODE) if view.pause_fails else (POWER,)
    if wish.on is False:
        return (MODE,)
    return FIELDS if view.can_turn_off else (MODE, POOL)


def released(view: MinerView) -> MinerView:
    """Return a miner as it is seen right after a band change: nothing is held, nothing counts as a hand's."""
    confirmed = replace(view.confirmed, power=None, mode=None, pool=None)
    overheated = view.overheated and view.holds.get(MODE) != OVERHEAT
    return replace(view, holds={}, held_values={}, confirmed=confirmed, overheated=overheated)


def send(scene: Scene, view: MinerView, wish: Wanted, name: str, *, now: datetime) -> str:
    """Write one command; return why it has to wait, if it has to."""
    miner = scene.miners[view.id]
    try:
        value, secret = command_value(scene, miner, wish, name)
    except CommandRefusedError as error:
        return str(error)
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
    return {**stratum_of(pool, miner), "pool_id": pool.pk, "label": pool.name}, password_of(pool)


def hold(scene: Scene, view: MinerView, name: str, *, now: datetime) -> str:
    """Leave a field to the person who changed it, and say so."""
    if name not in view.holds:
        hold_field(int(view.id), name, by=BY_HAND, value=None, now=now)
        record(
            actor="device",
            action="miner.hold",
            target=scene.miners[view.id],
            reason=f"The {name} was changed by hand; it is left alone until the band changes.",
            at=now,
        )
    by = view.holds.get(name, BY_HAND)
    how = "changed by hand" if by == BY_HAND else f"set by {by}"
    return f"{name} {how}; left alone until the band changes"


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
