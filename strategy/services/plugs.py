"""The plugs' part of a tick: see them, and switch what differs and is ours."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from miners.models import HomeAssistantServer, Miner, PlugCommand, PlugPolicy, PowerSwitch
from miners.services.allowing import CommandRefusedError
from miners.services.plug_commands import request_plug
from miners.services.plug_holds import agree, hold_plug, hold_until, release_ended_holds
from miners.services.plug_limits import turn_on_waits
from miners.services.silence import answers_since
from strategy.plugging import PlugMemory, PlugPlan, is_relied_on, plug_verdict
from strategy.services.isolating import MINER, Faults
from strategy.wanting import MinerView, Plug, Verdict, Wanted

ACTOR = "strategy"
WAITING_MAX = 190  # characters


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
    for miner in Miner.objects.for_strategy().filter(plug__isnull=False).order_by("pk"):
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
        return view
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
    view = replace(view, plug=plug)
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
    faults: Faults,
    fresh: bool,
    now: datetime,
) -> dict[str, str]:
    """Switch what differs and is ours. Return, for each miner that is dealt with at its plug, what it waits for."""
    by_id = {view.id: view for view in views}
    dealt: dict[str, str] = {}
    for entity, plan in plans.items():
        switch = plugs.switches[entity]
        memory = memory_of(switch, now, fresh=fresh)
        words = f"its plug {switch.name} could not be told; it is tried again"
        with faults.at(MINER, f"plug:{switch.pk}", switch.name):
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
    if is_cycling(plugs, switch):
        return f"its plug {switch.name} is being power-cycled"
    verdict = plug_verdict(memory, plan.on)
    if verdict is Verdict.SAME and is_about_to_change(plugs, switch, plan):
        verdict = Verdict.SEND
    if verdict is Verdict.SAME:
        if plan.on is not None and (switch.confirmed is not plan.on or switch.was_away):
            agree(switch, now=now)
        return ""
    if verdict is Verdict.HELD:
        return leave_alone(switch, now=now)
    return "" if verdict is Verdict.WAIT else send(switch, plan, now=now)


def is_cycling(plugs: Plugs, switch: PowerSwitch) -> bool:
    """Tell whether a plug is between the two halves of a power-cycle, which `strategy.services.cycling` ends."""
    command = plugs.commands.get(switch.pk)
    return switch.cycle_ends_at is not None or (command is not None and command.is_cycle)


def is_about_to_change(plugs: Plugs, switch: PowerSwitch, plan: PlugPlan) -> bool:
    """Tell whether an earlier command of ours, not proven yet, would undo what a plug shows and should stay."""
    command = plugs.commands.get(switch.pk)
    return plan.on is not None and command is not None and command.actor == ACTOR and command.on is not plan.on


def leave_alone(switch: PowerSwitch, *, now: datetime) -> str:
    """Leave a plug to the person who switched it, and say so."""
    by = switch.held_by or "by hand"
    hold_plug(switch, by="by hand", now=now)
    until = switch.held_until or hold_until(switch, now)
    ends = f"until {until:%H:%M} UTC" if until is not None else "until the band changes"
    hand = by if by.startswith("by ") else f"by {by}"
    return f"its plug {switch.name} was switched {switch.state} {hand}; left alone {ends}"


def send(switch: PowerSwitch, plan: PlugPlan, *, now: datetime) -> str:
    """Write the command; return why it has to wait, if it has to."""
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
