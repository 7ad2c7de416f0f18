"""The plugs' part of a tick: see them, switch what differs and is ours, power-cycle what hangs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from django.db.models import Q

from hmm.audit.services import record
from miners.models import HomeAssistantServer, Miner, PlugCommand, PlugPolicy, PowerSwitch
from miners.services.allowing import CommandRefusedError
from miners.services.plug_commands import (
    agree,
    hold_plug,
    hold_until,
    release_ended_holds,
    request_plug,
    turn_on_waits,
)
from miners.services.silence import answers_since
from strategy.plugging import PlugMemory, PlugPlan, is_relied_on, plug_verdict
from strategy.wanting import MinerView, Plug, Verdict, Wanted

ACTOR = "strategy"
WAITING_MAX = 190  # characters
HUNG_FOR, CYCLE_EVERY = timedelta(minutes=10), timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugs:
    """Every plug with what a tick has to know of it."""

    switches: Mapping[str, PowerSwitch] = field(default_factory=dict)  # by entity
    members: Mapping[int, tuple[Miner, ...]] = field(default_factory=dict)  # by plug, whoever hangs on it
    waits: Mapping[int, str] = field(default_factory=dict)  # why a plug may not come on yet
    commands: Mapping[int, PlugCommand] = field(default_factory=dict)  # under way
    trouble: str = ""


def gather_plugs(now: datetime) -> Plugs:
    """Read all plugs; one query without any, five with some."""
    release_ended_holds(now=now)
    switches = {switch.entity: switch for switch in PowerSwitch.objects.all()}
    if not switches:
        return Plugs()
    server = HomeAssistantServer.objects.filter(pk=1).first()
    members: dict[int, list[Miner]] = {}
    for miner in Miner.objects.filter(plug__isnull=False).select_related("newest").order_by("pk"):
        members.setdefault(miner.plug_id or 0, []).append(miner)
    return Plugs(
        switches=switches,
        members={pk: tuple(found) for pk, found in members.items()},
        waits=turn_on_waits(list(switches.values()), now=now),
        commands={command.switch_id: command for command in PlugCommand.objects.open()},
        trouble=server.trouble(now) if server is not None else "Home Assistant is not connected",
    )


def seen_with_plug(view: MinerView, miner: Miner, plugs: Plugs, now: datetime) -> MinerView:
    """Return a miner as the decision sees it with its plug: behind an open one it is off, and not silent."""
    switch = plugs.switches.get(miner.plug.entity) if miner.plug is not None else None
    if switch is None:
        return replace(view, name=miner.name)
    others = [other for other in plugs.members.get(switch.pk, ()) if other.pk != miner.pk]
    plug = Plug(
        entity=switch.entity,
        state=switch.is_on(now),
        locked=switch.locked,
        shared_with=tuple(str(other.pk) for other in others),
        name=switch.name,
        trouble=trouble_of(switch, miner, plugs, now),
        unproven=unproven(switch),
        names={str(other.pk): other.name for other in others},
    )
    view = replace(view, name=miner.name, plug=plug)
    if plug.state is not False or contradicts(switch, miner):
        return view
    barred = why_it_stays_off(switch, plugs)
    return replace(
        view,
        reachable=False,
        observed=replace(view.observed, power=False),
        confirmed=replace(view.confirmed, power=False),
        holds={**view.holds, "plug": barred} if barred else view.holds,
        failing=view.failing and bool(switch.failures),
    )


def trouble_of(switch: PowerSwitch, miner: Miner, plugs: Plugs, now: datetime) -> str:
    """Return why a plug cannot be relied on now, empty if it can."""
    if plugs.trouble:
        return plugs.trouble
    if switch.is_on(now) is None:
        return f"it is {switch.state}"
    if contradicts(switch, miner):
        return "it shows off and the miner answers"
    return ""


def unproven(switch: PowerSwitch) -> str:
    """Return that a plug did not do what it was last told, empty if it did."""
    if not switch.failures:
        return ""
    again = f", next try {switch.retry_at:%H:%M} UTC" if switch.retry_at is not None else ""
    times = "once" if switch.failures == 1 else f"{switch.failures} times"
    return f"it did not switch {times}{again}"


def contradicts(switch: PowerSwitch, miner: Miner) -> bool:
    """Tell whether a miner answers although its plug shows off: a stuck relay, or another plug's miner."""
    return switch.state == "off" and switch.state_since is not None and answers_since(miner, switch.state_since)


def why_it_stays_off(switch: PowerSwitch, plugs: Plugs) -> str:
    if switch.locked:
        return "its plug is locked"
    if switch.held_by:
        return f"its plug was switched off by {switch.held_by}"
    waits = plugs.waits.get(switch.pk, "")
    return waits if "limit" in waits else ""


# --- switching -----------------------------------------------------------------------------------


def act_on_plugs(
    plugs: Plugs,
    plans: Mapping[str, PlugPlan],
    views: Iterable[MinerView],
    wishes: Mapping[str, Wanted],
    *,
    fresh: bool,
    now: datetime,
) -> dict[str, str]:
    """Switch what differs and is ours. Return, for each miner that is dealt with at its plug, what it waits for."""
    by_id = {view.id: view for view in views}
    dealt: dict[str, str] = {}
    for entity, plan in plans.items():
        switch = plugs.switches[entity]
        memory = memory_of(switch, now, fresh=fresh)
        words = switch_one(plugs, switch, plan, memory, now=now)
        for name in plan.members:
            if is_dealt_with(by_id[name], plan, memory):
                dealt[name] = (words or why_off(by_id[name], wishes[name]))[:WAITING_MAX]
    return dealt


def memory_of(switch: PowerSwitch, now: datetime, *, fresh: bool) -> PlugMemory:
    """Return what is remembered of a plug; right after a band change nothing counts as a hand's."""
    ago = (now - switch.confirmed_at).total_seconds() if switch.confirmed_at is not None else None
    keeps_hold = bool(switch.held_by) and not (fresh and switch.held_until is None)
    return PlugMemory(
        state=switch.is_on(now),
        confirmed=None if fresh else switch.confirmed,
        confirmed_s_ago=ago,
        was_away=switch.was_away,
        held=keeps_hold,
        enforces=switch.policy == PlugPolicy.ENFORCE,
        enforces_off=switch.policy in {PlugPolicy.ENFORCE, PlugPolicy.HOUSE},
    )


def switch_one(plugs: Plugs, switch: PowerSwitch, plan: PlugPlan, memory: PlugMemory, *, now: datetime) -> str:
    """Do what is to be done at one plug; return what keeps it from being as wanted."""
    verdict = plug_verdict(memory, plan.on)
    if verdict is Verdict.SAME:
        if plan.on is not None and (switch.confirmed is not plan.on or switch.was_away):
            agree(switch, now=now)
        return ""
    if verdict is Verdict.HELD:
        return leave_alone(switch, now=now)
    return "" if verdict is Verdict.WAIT else send(plugs, switch, plan, now=now)


def leave_alone(switch: PowerSwitch, *, now: datetime) -> str:
    """Leave a plug to the person who switched it, and say so."""
    by = switch.held_by or "by hand"
    hold_plug(switch, by="by hand", now=now)
    until = switch.held_until or hold_until(switch, now)
    ends = f"until {until:%H:%M} UTC" if until is not None else "until the band changes"
    hand = by if by.startswith("by ") else f"by {by}"
    return f"its plug {switch.name} was switched {switch.state} {hand}; left alone {ends}"


def send(plugs: Plugs, switch: PowerSwitch, plan: PlugPlan, *, now: datetime) -> str:
    """Write the command; return why it has to wait, if it has to."""
    command = plugs.commands.get(switch.pk)
    if command is not None and command.is_cycle:
        return f"its plug {switch.name} is being power-cycled"
    if not switch.may_retry(now):
        return f"its plug {switch.name} did not switch; it is tried again"
    try:
        request_plug(switch, on=bool(plan.on), actor=ACTOR, reason=plan.why, now=now)
    except CommandRefusedError as error:
        return str(error)
    if switch.confirmed is not switch.is_on(now):
        agree(switch, now=now)  # from here on a difference is ours to mend, not a hand's
    return f"its plug {switch.name} is being switched on" if plan.on else ""


def is_dealt_with(view: MinerView, plan: PlugPlan, memory: PlugMemory) -> bool:
    """Tell whether there is nothing to be said to the miner itself: it has no current, or is about to have none."""
    plug = view.plug
    if plug is not None and plug.state is False and not plug.trouble:
        return True
    if plug is not None and plug.state is False and view.observed.power is False and not view.reachable:
        return True
    return plan.on is False and memory.state is True and plug is not None and is_relied_on(plug)


def why_off(view: MinerView, wish: Wanted) -> str:
    """Return why a miner whose plug is off does not come on, where that is not what is wanted."""
    plug = view.plug
    if wish.on is not True or plug is None:
        return ""
    if plug.locked:
        return f"its plug {plug.name} is locked and off; switch it on by hand"
    trouble = plug.trouble or plug.unproven
    return f"its plug {plug.name} is off: {trouble}" if trouble else ""


# --- a hung miner --------------------------------------------------------------------------------


def cycle_hung(plugs: Plugs, views: Iterable[MinerView], wishes: Mapping[str, Wanted], *, now: datetime) -> None:
    """Power-cycle what should run and hangs: at most once an hour, never with a healthy neighbour."""
    candidates = [view for view in views if view.plug is not None and wishes[view.id].on is True and view.failing]
    if not candidates or is_common_cause():
        return
    for view in candidates:
        switch = plugs.switches[view.plug_entity]
        if may_cycle(switch, plugs, view, now) and claim_cycle(switch, now):
            record(
                actor=ACTOR,
                action="plug.cycle",
                target=switch,
                reason=f"{view.name} should run and hangs; its plug goes off for ten seconds.",
                at=now,
            )
            cycle(switch, view.name, now=now)


def is_common_cause() -> bool:
    """Tell whether most miners are silent: then it is the network, and a power-cycle would mend nothing."""
    polled = Miner.objects.filter(enabled=True)
    silent = polled.filter(unreachable_since__isnull=False).count()
    return silent > 1 and silent * 2 > polled.count()


def may_cycle(switch: PowerSwitch, plugs: Plugs, view: MinerView, now: datetime) -> bool:
    plug = view.plug
    if plug is None or not switch.cycles_hung or plug.locked or plug.trouble or plug.state is not True:
        return False
    if switch.pk in plugs.commands or switch.held_by or cap_is_reached(switch, now):
        return False
    rests = max(HUNG_FOR, timedelta(minutes=switch.min_on_minutes))
    if switch.on_at is None or now - switch.on_at < rests:
        return False
    return all(is_hung(miner, now) for miner in plugs.members.get(switch.pk, ()))


def cap_is_reached(switch: PowerSwitch, now: datetime) -> bool:
    return switch.pk in turn_on_waits([switch], now=now)


def is_hung(miner: Miner, now: datetime) -> bool:
    """Tell whether a miner has been silent, or answering without work, for long."""
    if miner.unreachable_since is not None:
        return now - miner.unreachable_since >= HUNG_FOR
    newest = getattr(miner, "newest", None)
    return newest is not None and newest.state == "stalled" and now - newest.state_since >= HUNG_FOR


def claim_cycle(switch: PowerSwitch, now: datetime) -> bool:
    """Take the one power-cycle of this hour; a time ahead is a clock set back."""
    free = Q(cycled_at__isnull=True) | Q(cycled_at__lte=now - CYCLE_EVERY) | Q(cycled_at__gt=now + CYCLE_EVERY)
    return bool(PowerSwitch.objects.filter(free, pk=switch.pk).update(cycled_at=now))


def cycle(switch: PowerSwitch, name: str, *, now: datetime) -> None:
    try:
        request_plug(switch, on=False, actor=ACTOR, reason=f"{name} hangs.", now=now, is_cycle=True)
    except CommandRefusedError as error:
        record(
            actor=ACTOR, action="plug.cycle", target=switch, outcome="refused", error=str(error), reason=name, at=now
        )
