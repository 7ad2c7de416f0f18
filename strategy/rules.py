"""Automation rules beside the bands: which hold, which fire, and which are overruled by what. Pure.

A rule fires once per crossing: when its trigger begins to hold, its cooldown is over and nothing overrules
it. For a miner that follows the strategy it is a cap for as long as it holds; what it does elsewhere it does
once. The lowest priority number decides between two that contradict each other.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from strategy.effects import effects_of, in_scope, safest
from strategy.rule_parts import (
    ActionKind,
    Crossing,
    Device,
    Effect,
    Outcome,
    Rule,
    Surroundings,
    TriggerKind,
)
from strategy.triggers import holds
from strategy.wanting import Cap

Memory = Mapping[tuple[int, str], Crossing]
Taken = Mapping[str, Sequence[tuple[Rule, Effect]]]
NOTHING = Crossing()


def evaluate(rules: Iterable[Rule], situation: Surroundings, memory: Memory, now: datetime) -> tuple[Outcome, ...]:
    """Return how every rule stands now, the one that comes first before the others."""
    taken: dict[str, list[tuple[Rule, Effect]]] = defaultdict(list)
    outcomes = []
    for rule in sorted(rules, key=lambda item: item.rank):
        for outcome in judged_alone(rule, situation, memory, taken, now):
            outcomes.append(outcome)
            if outcome.active and not rule.dry_run:
                for effect in outcome.effects:
                    if effect.counts:
                        taken[effect.miner].append((rule, effect))
    return tuple(outcomes)


def judged_alone(
    rule: Rule, situation: Surroundings, memory: Memory, taken: Taken, now: datetime
) -> tuple[Outcome, ...]:
    """Return how one rule stands. One that cannot be judged costs no other: what it held stays held."""
    if rule.fault:
        return unjudged(rule, situation, memory, rule.fault)
    try:
        return tuple(judged(rule, device, situation, memory, taken, now) for device in subjects(rule, situation))
    except Exception as error:  # noqa: BLE001  # whatever is wrong with one rule is told, and the others go on
        return unjudged(rule, situation, memory, f"{type(error).__name__}: {error}")


def unjudged(rule: Rule, situation: Surroundings, memory: Memory, fault: str) -> tuple[Outcome, ...]:
    """Return a rule that begins nothing and ends nothing; the caps it held are the safest it could have meant."""
    held = [
        Outcome(
            rule=rule,
            subject=subject,
            holds=None,
            active=True,
            since=crossing.fired_at,
            effects=safest(rule, subject, situation),
            fault=fault,
        )
        for (of_rule, subject), crossing in memory.items()
        if of_rule == rule.id and crossing.active
    ]
    return tuple(held) or (Outcome(rule=rule, subject="", holds=None, fault=fault),)


def subjects(rule: Rule, situation: Surroundings) -> tuple[Device | None, ...]:
    """Return each miner a rule is asked for on its own, or None once for all of them."""
    return in_scope(rule, situation) if rule.trigger.each_miner else (None,)


def judged(
    rule: Rule, device: Device | None, situation: Surroundings, memory: Memory, taken: Taken, now: datetime
) -> Outcome:
    """Return how one rule stands. What cannot be told leaves it as it was."""
    subject = device.id if device is not None else ""
    crossing = memory.get((rule.id, subject), NOTHING)
    key = (rule.id, subject)
    held = situation.known[key] if key in situation.known else holds(rule.trigger, device, situation, crossing, now)
    cooling = cooling_until(rule, crossing, now)
    outcome = Outcome(rule=rule, subject=subject, holds=held, cooling_until=cooling)
    if not (crossing.active if held is None else held):
        return replace(outcome, ends=crossing.active)
    if cooling is not None and not crossing.active:
        return outcome
    effects = settled(rule, effects_of(rule, subject, situation), taken)
    fires = not crossing.active and any(effect.counts for effect in effects)
    return replace(
        outcome,
        effects=effects,
        fires=fires,
        active=crossing.active or fires,
        since=now if fires else crossing.fired_at if crossing.active else None,
    )


def cooling_until(rule: Rule, crossing: Crossing, now: datetime) -> datetime | None:
    """Return until when a rule may not fire again; a firing that lies ahead comes from a clock set back."""
    fired = crossing.fired_at
    if fired is None or not now - rule.cooldown < fired <= now:
        return None
    return fired + rule.cooldown


# --- two rules about the same miner --------------------------------------------------------------


def settled(rule: Rule, effects: Iterable[Effect], taken: Taken) -> tuple[Effect, ...]:
    """Return the effects of a rule; those that a rule before it contradicts are overruled by it."""
    return tuple(against(rule, effect, taken.get(effect.miner, ())) for effect in effects)


def against(rule: Rule, effect: Effect, earlier: Sequence[tuple[Rule, Effect]]) -> Effect:
    for other, theirs in earlier:
        if effect.counts and other.id != rule.id and contradict(place_of(theirs), place_of(effect)):
            words = f"Rule “{other.name}” comes first: {theirs.words}."
            return replace(effect, cap=None, order=None, overruled=words)
    return effect


Place = tuple[str, object]


def place_of(effect: Effect) -> Place:
    """Return what an effect sets, and to what."""
    if effect.cap is not None:
        return ("power", False) if effect.cap.off else ("mode", effect.cap.mode)
    if effect.order is not None:
        return ("power" if effect.order.kind == "plug" else effect.order.kind, effect.order.value)
    return ("", None)


def contradict(one: Place, other: Place) -> bool:
    """Tell whether two things cannot both be: two values of one place, or a mode for what is off."""
    if one[0] == other[0]:
        return one[1] != other[1]
    return {one[0], other[0]} == {"power", "mode"} and False in {one[1], other[1]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Two rules that contradict each other where both hold; the first decides."""

    first: Rule
    second: Rule
    miners: tuple[str, ...]


def conflicts(rules: Iterable[Rule], situation: Surroundings) -> tuple[Conflict, ...]:
    """Return which rules could contradict each other, and at which miners. A dry run decides nothing."""
    ordered = sorted(rules, key=lambda item: item.rank)
    found: list[Conflict] = []
    for place, first in enumerate(ordered):
        if first.dry_run or first.fault:
            continue
        for second in ordered[place + 1 :]:
            both = {device.id for device in in_scope(first, situation)}
            shared = tuple(device.name for device in in_scope(second, situation) if device.id in both)
            if shared and not second.fault and may_meet(first, second) and contradict(intent(first), intent(second)):
                found.append(Conflict(first=first, second=second, miners=shared))
    return tuple(found)


def intent(rule: Rule) -> Place:
    action = rule.action
    if action.kind in {ActionKind.OFF, ActionKind.PLUG_OFF, ActionKind.PLUG_ON}:
        return ("power", action.kind is ActionKind.PLUG_ON)
    return {ActionKind.MODE: ("mode", action.mode), ActionKind.POOL: ("pool", action.pool)}.get(
        action.kind, ("", None)
    )


def may_meet(one: Rule, other: Rule) -> bool:
    """Tell whether two rules could hold together; prices of one never touch those of the other."""
    first, second = price_range(one), price_range(other)
    if first is None or second is None:
        return True
    return first[0] < second[1] and second[0] < first[1]


def price_range(rule: Rule) -> tuple[Decimal, Decimal] | None:
    trigger = rule.trigger
    low = trigger.low_p_per_kwh if trigger.kind is not TriggerKind.PRICE_BELOW else None
    high = trigger.high_p_per_kwh if trigger.kind is not TriggerKind.PRICE_ABOVE else None
    if trigger.kind not in {TriggerKind.PRICE_BELOW, TriggerKind.PRICE_ABOVE, TriggerKind.PRICE_BETWEEN}:
        return None
    return (
        low if low is not None else Decimal("-Infinity"),
        high if high is not None else Decimal("Infinity"),
    )


# --- what follows --------------------------------------------------------------------------------


def caps(outcomes: Iterable[Outcome]) -> dict[str, Cap]:
    """Return what each miner may do at most; a dry run caps nobody."""
    found: dict[str, Cap] = {}
    for outcome in outcomes:
        for effect in outcome.effects if outcome.active and not outcome.rule.dry_run else ():
            if effect.cap is not None:
                found.setdefault(effect.miner, effect.cap)
    return found


def remembered(memory: Memory, outcomes: Iterable[Outcome], now: datetime) -> dict[tuple[int, str], Crossing]:
    """Return the memory after what fired and what ended; without either nothing changes."""
    new = dict(memory)
    for outcome in outcomes:
        key = (outcome.rule.id, outcome.subject)
        if outcome.fires:
            new[key] = Crossing(active=True, fired_at=now)
        elif outcome.ends:
            new[key] = replace(new[key], active=False)
    return new


def rehearsed(
    rule: Rule, rules: Iterable[Rule], situation: Surroundings, memory: Memory, now: datetime
) -> tuple[Effect, ...]:
    """Return what a rule would do if it began to hold now, beside the rules that come before it."""
    before = [other for other in rules if other.rank < rule.rank]
    taken: dict[str, list[tuple[Rule, Effect]]] = defaultdict(list)
    for outcome in evaluate(before, situation, memory, now):
        for effect in outcome.effects if outcome.active and not outcome.rule.dry_run else ():
            if effect.counts:
                taken[effect.miner].append((outcome.rule, effect))
    found: list[Effect] = []
    for device in subjects(rule, situation) if not is_unjudged(rule, situation, memory, now) else ():
        found += settled(rule, effects_of(rule, device.id if device is not None else "", situation), taken)
    return tuple(found)


def is_unjudged(rule: Rule, situation: Surroundings, memory: Memory, now: datetime) -> bool:
    return any(outcome.fault for outcome in judged_alone(rule, situation, memory, {}, now))
