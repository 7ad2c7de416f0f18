"""What each smart plug should do, and what the miners behind it do meanwhile. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from miners.switches.ways import Outlet, way_off, why_not_by_plug
from strategy.core import Decision
from strategy.wanting import MinerView, Plug, Verdict, Wanted, wanted

KEPT_FOR_S = 120.0  # a state that falls back sooner was never reached; later it is a hand


@dataclass(frozen=True, slots=True, kw_only=True)
class PlugPlan:
    """What one plug should do; None leaves it as it is."""

    entity: str
    on: bool | None
    members: tuple[str, ...]  # ids of the miners behind it that follow the strategy
    why: str = ""


def plan(
    views: Sequence[MinerView], decision: Decision, *, champion: str | None = None
) -> tuple[dict[str, Wanted], dict[str, PlugPlan]]:
    """Return what each miner should do, by its id, and what each plug should do, by its entity.

    A plug is off only when every miner on it should be off. Where it has to stay on, is locked or cannot be
    switched, its miners fall through to the next way of being turned off.
    """
    wishes = {view.id: wanted(by_plug(view), decision, champion=champion) for view in views}
    plans = {entity: plan_of(entity, members, wishes) for entity, members in by_entity(views).items()}
    for view in views:
        if view.plug is None or wishes[view.id].on is not False or view.plug.state is False:
            continue  # it is off already, or need not be
        if plans[view.plug.entity].on is False and is_relied_on(view.plug):
            continue
        wish = wanted(view, decision, champion=champion)
        wishes[view.id] = replace(wish, note=note_of(view, views, wishes))
    return wishes, plans


def by_plug(view: MinerView) -> MinerView:
    """Return a miner as one that can be turned off, where its plug could do it."""
    return (
        replace(view, can_turn_off=True, pause_fails=False)
        if view.plug is not None and is_relied_on(view.plug)
        else view
    )


def is_usable(plug: Plug) -> bool:
    return not plug.locked and plug.state is not None and not plug.trouble


def is_relied_on(plug: Plug) -> bool:
    return is_usable(plug) and not plug.unproven


def by_entity(views: Iterable[MinerView]) -> dict[str, list[MinerView]]:
    found: dict[str, list[MinerView]] = {}
    for view in views:
        if view.plug is not None:
            found.setdefault(view.plug.entity, []).append(view)
    return found


def plan_of(entity: str, members: Sequence[MinerView], wishes: Mapping[str, Wanted]) -> PlugPlan:
    """Rule one plug: on as soon as one needs it, off when all should be off and nobody else hangs on it."""
    ids = tuple(view.id for view in members if view.enrolled)
    plugs = [view.plug for view in members if view.plug is not None]
    told = [wishes[name] for name in ids]
    if not told or not all(is_usable(plug) for plug in plugs):
        return PlugPlan(entity=entity, on=None, members=ids)
    needs = next((wish for wish in told if wish.on is True), None)
    if needs is not None:
        return PlugPlan(entity=entity, on=True, members=ids, why=needs.why)
    strangers = {other for plug in plugs for other in plug.shared_with} - set(ids)
    if strangers or any(wish.on is None for wish in told):
        return PlugPlan(entity=entity, on=None, members=ids)
    return PlugPlan(entity=entity, on=False, members=ids, why=told[0].why)


def note_of(view: MinerView, views: Sequence[MinerView], wishes: Mapping[str, Wanted]) -> str:
    """Say why a miner that should be off is not turned off at its plug, and what it does instead."""
    outlet = outlet_of(view, views)
    if outlet is None:
        return ""
    lowest = view.modes[0] if view.modes else ""
    if why_not_by_plug(outlet):
        return way_off(outlet, can_pause=view.can_turn_off and not view.pause_fails, lowest_mode=lowest).words
    on = [
        other.name or other.id
        for other in views
        if other.plug is not None and other.plug.entity == view.plug_entity and wishes[other.id].on is not False
    ]
    native = way_off(None, can_pause=view.can_turn_off and not view.pause_fails, lowest_mode=lowest)
    return f"Its plug {outlet.name} stays on for {', '.join(on)}. {native.words}"


def outlet_of(view: MinerView, views: Sequence[MinerView]) -> Outlet | None:
    """Return a miner's plug in the words of the one function that says how it would be turned off."""
    plug = view.plug
    if plug is None:
        return None
    known = {other.id: other for other in views}
    followers = [other for other in plug.shared_with if other in known and known[other].enrolled]
    strangers = [other for other in plug.shared_with if other not in followers]
    trouble = plug.trouble or plug.unproven or ("it is not known whether it is on" if plug.state is None else "")
    return Outlet(
        name=plug.name or plug.entity,
        locked=plug.locked,
        trouble=trouble,
        shared_with=[plug.names.get(other) or known[other].name or other for other in followers],
        kept_on_by=[plug.names.get(other, other) for other in strangers],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PlugMemory:
    """What is remembered of one plug."""

    state: bool | None
    confirmed: bool | None
    confirmed_s_ago: float | None = None
    was_away: bool = False  # unavailable since then: a restart
    held: bool = False
    enforces: bool = False  # a hand is put back
    enforces_off: bool = True  # a hand is put back where off is wanted


def plug_verdict(memory: PlugMemory, on: bool | None) -> Verdict:
    """Say whom a difference at a plug belongs to."""
    if on is None or memory.state is on:
        return Verdict.SAME
    if memory.state is None:
        return Verdict.WAIT
    put_back = memory.enforces or (on is False and memory.enforces_off)
    if memory.held:
        return Verdict.SEND if put_back else Verdict.HELD
    if memory.confirmed is None or memory.state is memory.confirmed:
        return Verdict.SEND
    if memory.was_away or (memory.confirmed_s_ago is not None and 0 <= memory.confirmed_s_ago < KEPT_FOR_S):
        return Verdict.RESEND
    return Verdict.SEND if put_back else Verdict.HELD
