"""Power-cycle what hangs: off at its plug, and on again when the newest decision still allows it.

The two halves are two commands. Between them the plug's row says so (`cycle_ends_at`), written with the end of the
first half, so a crash at any line leaves no miner dark: the tick that follows ends the cycle.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from django.db.models import Q

from hmm.audit.services import record
from miners.models import HomeAssistantServer, Miner, PlugCommand, PowerSwitch
from miners.models.plug import FAILED
from miners.services.allowing import CommandRefusedError
from miners.services.plug_commands import CYCLE_OFF_FOR, request_plug
from miners.services.plug_limits import turn_on_waits
from strategy.plugging import PlugPlan
from strategy.services.plugs import ACTOR, Plugs, is_cycling
from strategy.wanting import POWER, MinerView, Wanted

HUNG_FOR, CYCLE_EVERY = timedelta(minutes=10), timedelta(hours=1)


def end_cycles(plugs: Plugs, plans: Mapping[str, PlugPlan], views: Iterable[MinerView], *, now: datetime) -> None:
    """Switch on again what went off for a power-cycle, if what is wanted now allows it; else say it stays off."""
    seen = list(views)
    for switch in plugs.switches.values():
        if not is_over(switch, now) or switch.pk in plugs.commands or plugs.trouble:
            continue
        if switch.is_on(now) is True:
            forget_cycle(switch)
            continue
        plan = plans.get(switch.entity)
        why_not = why_left_off(switch, plan, [view for view in seen if view.plug_entity == switch.entity])
        if why_not:
            leave_off(switch, why_not, now=now)
        elif switch.is_on(now) is False:
            come_on(switch, plan.why if plan is not None else "", now=now)


def is_over(switch: PowerSwitch, now: datetime) -> bool:
    """Tell whether a plug was off for long enough; a moment too far ahead is a clock set back."""
    ends = switch.cycle_ends_at
    return ends is not None and not now < ends <= now + 2 * CYCLE_OFF_FOR


def why_left_off(switch: PowerSwitch, plan: PlugPlan | None, members: Iterable[MinerView]) -> str:
    """Return what forbids the second half of a power-cycle, empty if nothing does."""
    if switch.locked:
        return "it was locked meanwhile"
    if switch.held_by:
        return f"it was switched off by {switch.held_by.removeprefix('by ')}"
    if plan is not None and plan.on is False:
        return plan.why
    by = next((view.holds[POWER] for view in members if view.held_values.get(POWER) is False), "")
    return f"its miner was turned off by {by.removeprefix('by ')}" if by else ""


def leave_off(switch: PowerSwitch, why: str, *, now: datetime) -> None:
    forget_cycle(switch)
    record(
        actor=ACTOR,
        action="plug.cycle",
        target=switch,
        reason=f"It stays off after its power-cycle: {why}",
        at=now,
    )


def forget_cycle(switch: PowerSwitch) -> None:
    PowerSwitch.objects.filter(pk=switch.pk).update(cycle_ends_at=None)
    switch.cycle_ends_at = None


def come_on(switch: PowerSwitch, why: str, *, now: datetime) -> None:
    """Write the second half. What refuses it now is asked again by the next tick; a failed one waits its time."""
    if not switch.may_retry(now):
        return
    try:
        request_plug(
            switch,
            on=True,
            actor=ACTOR,
            reason=f"The second half of the power-cycle. {why}".strip(),
            now=now,
            is_cycle=True,
        )
    except CommandRefusedError:
        return


def asked_since(decided_at: datetime, *, now: datetime) -> datetime | None:
    """Return since when plugs want another decision than that of `decided_at`, None when they do not.

    A power-cycle that may end, a plug that did not go off, and a Home Assistant that is gone do not wait for the
    next minute: what should be off is then turned off in another way.
    """
    cycles = PowerSwitch.objects.order_by().filter(cycle_ends_at__gt=decided_at, cycle_ends_at__lte=now)
    failed = PlugCommand.objects.order_by().filter(
        on=False, status__in=FAILED, finished_at__gt=decided_at, finished_at__lte=now
    )
    gone = HomeAssistantServer.objects.filter(down_since__gt=decided_at, down_since__lte=now)
    moments = cycles.values_list("cycle_ends_at").union(
        failed.values_list("finished_at"), gone.values_list("down_since"), all=True
    )
    return min((moment for (moment,) in moments if moment is not None), default=None)


# --- beginning one -------------------------------------------------------------------------------


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
    if switch.pk in plugs.commands or is_cycling(plugs, switch) or switch.held_by or cap_is_reached(switch, now):
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
