"""A rule that cannot be judged costs no other: it begins nothing, and what it held stays held. Pure."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import OperationalError

from strategy.core import Override, OverrideKind, decide
from strategy.models import AutomationRule
from strategy.rule_parts import Action, ActionKind, Crossing, Scope, ScopeKind, Trigger, TriggerKind
from strategy.rules import caps, conflicts, evaluate, rehearsed
from strategy.services.isolating import RULE, Faults, OvertakenError
from tests.strategy.scenes import situation
from tests.strategy.test_rules import ECO, NOW, follows, free, rule, scene

BROKEN = "ValueError: 'soon' is not a trigger"
HELD = {(1, ""): Crossing(active=True, fired_at=NOW - timedelta(hours=1))}
PAIR = (follows(), free(), follows(id="3", name="Loft", family="nerdqaxe", modes=()))


def broken(**changes):
    return rule(fault=BROKEN, **changes)


def test_a_rule_that_cannot_be_judged_begins_nothing_and_the_others_go_on():
    good = rule(id=2, name="Good", action=ECO, scope=Scope(kind=ScopeKind.FAMILY, family="bitaxe"))
    first, second = evaluate([broken(), good], scene(*PAIR), {}, NOW)

    assert (first.fault, first.holds, first.active, first.fires, first.ends) == (BROKEN, None, False, False, False)
    assert second.fires
    assert caps([first, second])["1"].mode == "eco"


@pytest.mark.parametrize(
    ("action", "left"),
    [
        (Action(kind=ActionKind.OFF), {"1": (True, None), "3": (True, None)}),
        (Action(kind=ActionKind.PLUG_OFF), {"1": (True, None), "3": (True, None)}),
        (Action(kind=ActionKind.MODE, mode="turbo"), {"1": (False, "eco")}),
        (Action(kind=ActionKind.POOL, pool="9"), {}),
        (Action(kind=ActionKind.NOTIFY), {}),
    ],
)
def test_what_it_held_stays_held_in_the_safest_way_it_could_have_meant(action, left):
    found = evaluate([broken(action=action)], scene(*PAIR), HELD, NOW)

    assert {name: (cap.off, cap.mode) for name, cap in caps(found).items()} == left
    assert not any(outcome.fires or outcome.ends for outcome in found)
    assert all(effect.order is None for outcome in found for effect in outcome.effects)


def test_what_it_held_of_one_miner_stays_held_of_that_one():
    found = evaluate([broken()], scene(*PAIR), {(1, "3"): HELD[1, ""], (1, "1"): Crossing(fired_at=NOW)}, NOW)

    assert set(caps(found)) == {"3"}


def test_it_is_held_back_by_a_person_who_forced_the_fleet_on_and_by_a_strategy_that_is_off():
    forced = decide(situation(7, 7, current=3, override=Override(kind=OverrideKind.ON)))
    hot = broken(trigger=Trigger(kind=TriggerKind.OVERHEAT))

    assert not caps(evaluate([broken()], scene(*PAIR, decision=forced), HELD, NOW))
    assert caps(evaluate([hot], scene(*PAIR, decision=forced), HELD, NOW))
    assert not caps(evaluate([hot], scene(*PAIR, decision=decide(situation(7, enabled=False))), HELD, NOW))


def test_an_error_in_the_middle_of_its_judgement_is_its_own():
    odd = replace(rule(), trigger=Trigger(kind=TriggerKind.PRICE_ABOVE, low_p_per_kwh="dear"))
    found = evaluate([odd, rule(id=2, name="Good")], scene(*PAIR), {}, NOW)

    assert found[0].fault.startswith("TypeError")
    assert caps(found)["1"].rule == "Good"
    assert rehearsed(odd, [odd], scene(*PAIR), {}, NOW) == ()


def test_it_contradicts_nobody():
    assert conflicts([broken(), rule(id=2, action=ECO)], scene(*PAIR)) == ()
    assert conflicts([rule(action=ECO), broken(id=2)], scene(*PAIR)) == ()
    assert conflicts([rule(action=ECO), rule(id=2)], scene(*PAIR))


@pytest.mark.parametrize(
    ("damage", "kind", "action"),
    [
        ({"trigger": "soon"}, TriggerKind.OVERHEAT, ActionKind.MODE),
        ({"action": "dance"}, TriggerKind.TIME, ActionKind.OFF),
        ({"starts": "07:00", "ends": "08:00", "days": 5}, TriggerKind.TIME, ActionKind.MODE),
        ({"scope": "some"}, TriggerKind.TIME, ActionKind.MODE),
    ],
)
def test_a_stored_rule_that_cannot_be_read_says_so(damage, kind, action):
    row = AutomationRule(**{"pk": 4, "name": "Odd", "trigger": "time", "action": "mode", "mode": "eco", **damage})
    read = row.as_core()

    assert read.fault
    assert (read.trigger.kind, read.action.kind, read.scope.kind) == (kind, action, ScopeKind.ALL)


@pytest.mark.parametrize("error", [OperationalError, OvertakenError])
def test_a_database_that_is_gone_and_a_tick_that_was_overtaken_fail_all(error):
    with pytest.raises(error), Faults().at(RULE, "rule:1", "Odd"):
        raise error("gone")
