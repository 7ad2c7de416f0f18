"""Rules through the tick: a house with a real device, its prices and its plug, and time that walks on."""

from datetime import time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hmm.audit.models import AuditEntry
from miners.models import Command, PlugCommand
from miners.services.fleet import edit_miner
from notifications.models import Notice
from pools.models import Pool, PoolHealth
from strategy.models import AutomationRule, RuleCrossing
from strategy.services.switches import set_enabled, set_override
from strategy.situation_json import answer
from tests.strategy.powered import ENTITY

pytestmark = pytest.mark.django_db


def rule(house, **changes):
    values = {"name": "Evening", "trigger": "price_above", "low_p_per_kwh": Decimal(3), "action": "off"}
    return AutomationRule.objects.create(**{**values, "created_at": house.now, **changes})


def firings(action="rule.fire"):
    return list(AuditEntry.objects.filter(action=action).order_by("pk"))


def leave_alone(house):
    edit_miner(house.fresh(), {"enrolled": False}, actor="keeper", now=house.now)


def settle(house, *prices):
    """Let the strategy run at these prices until the device is as wanted."""
    house.prices(*prices)
    house.tick()
    house.settle(240)


def seen(house):
    newest = house.fresh().newest
    return newest.paused, newest.mode


def test_a_price_rule_caps_the_mode_while_it_holds(house):
    settle(house, 8, 8, 2, 2, 2)
    assert seen(house) == (False, "standard")

    rule(house, action="mode", mode="eco", low_p_per_kwh=Decimal(5))
    house.pass_minutes(1)
    assert seen(house) == (False, "eco")
    assert "Rule “Evening” holds it at eco" in house.fresh().target.note

    house.pass_minutes(2)
    assert len(firings()) == 1, "one row a firing, none a minute"

    house.jump(60)
    assert seen(house)[1] != "eco", "below its limit the strategy has it back"
    assert RuleCrossing.objects.get().ended_at is not None
    assert firings()[0].finished_at > firings()[0].created_at


def test_an_off_rule_turns_off_and_deleting_it_gives_the_miner_back(house):
    made = rule(house)
    settle(house, 8, 8, 8)
    assert seen(house)[0] is True
    assert house.fresh().target.why.startswith("Rule “Evening” keeps it off")

    made.delete()
    house.pass_minutes(2)

    assert seen(house)[0] is False


def test_a_new_process_does_not_fire_again(house):
    rule(house)
    settle(house, 8, 8, 8)
    Command.objects.all().delete()

    for _start in range(3):
        house.tick()  # each reads everything anew; nothing is kept in memory
        house.now += timedelta(minutes=1)

    assert len(firings()) == 1
    assert not Command.objects.exists()


def test_a_firing_can_be_decided_again_from_the_activity(house):
    rule(house)
    settle(house, 8, 8, 8)
    detail = firings()[0].detail

    assert detail["answer"] == answer(detail["situation"])
    assert detail["answer"]["wanted"][str(house.miner.pk)]["on"] is False
    assert detail["situation"]["caps"][str(house.miner.pk)]["off"] is True


def test_a_dry_run_sends_nothing_and_leaves_a_row(house):
    settle(house, 8, 8, 8)
    rule(house, dry_run=True)
    before = house.writes()
    house.pass_minutes(2)

    (row,) = firings("rule.rehearse")
    assert row.reason == "The price is above 3 p/kWh. Off: Study. Dry run: nothing is sent."
    assert house.writes() == before
    assert not firings()


def test_a_time_rule_holds_over_the_night_in_which_the_clock_is_set_forward(house, settings):
    settings.TIME_ZONE = "Europe/London"
    house.now = house.now.replace(year=2027, month=3, day=28, hour=0, minute=5)
    house.prices(*[8] * 8)
    rule(house, trigger="time", low_p_per_kwh=None, starts=time(0, 30), ends=time(2, 30))
    held = []
    for _step in range(10):
        house.now += timedelta(minutes=10)
        house.poll()
        house.tick()
        held.append(house.fresh().target.on)
        Command.objects.all().delete()

    assert held == [True, True, *[False] * 6, True, True], "an hour shorter than the clock says: 00:30 to 01:30 UTC"
    assert house.now.astimezone(ZoneInfo("Europe/London")).hour == 2
    assert len(firings()) == 1


def test_a_silent_miner_is_told_of_once(house):
    rule(house, trigger="offline", low_p_per_kwh=None, minutes=5, action="notify")
    settle(house, 8, 8, 8)
    house.device.set_fault("vanish")
    for _minute in range(12):
        house.now += timedelta(minutes=1)
        house.poll()
        house.tick()

    (notice,) = Notice.objects.filter(event="rule_fired")
    assert (notice.subject, notice.label) == (f"miner:{house.miner.pk}", "Evening")
    assert notice.title == "Study has not answered for 5 min"
    assert len(firings()) == 1


def test_an_overheated_miner_is_turned_off_and_rests(house):
    settle(house, 8, 8, 8)
    rule(house, trigger="overheat", low_p_per_kwh=None, minutes=15)
    house.device.trip_overheat()
    house.poll()
    house.tick()
    house.settle(120)
    assert seen(house)[0] is True
    assert firings()[0].reason.startswith("Study is too hot")

    house.jump(10)
    assert seen(house)[0] is True, "it has cooled long ago and rests"
    house.jump(6)
    house.pass_minutes(1)
    assert seen(house)[0] is False
    assert len(firings()) == 1


def test_a_pool_that_is_down_moves_a_miner_that_does_not_follow(house):
    settle(house, 8, 8, 8)
    leave_alone(house)
    spare = Pool.objects.create(name="Spare", coin="BTC", host="spare.test", port=3333, wallet="wallet")
    PoolHealth.objects.create(pool=Pool.objects.get(coin="DGB"), bad_since=house.now, state="down")
    rule(house, trigger="pool_down", low_p_per_kwh=None, minutes=5, action="pool", pool=spare)
    house.pass_minutes(4)
    assert not firings()

    house.pass_minutes(3)
    house.settle(120)

    assert house.fresh().newest.first_pool["host"] == "spare.test"
    command = Command.objects.get(actor="rules")
    assert (command.kind, command.status) == ("pool", "applied")
    assert len(firings()) == 1


def test_a_pool_that_is_kept_no_more_keeps_no_miner_off(house):
    settle(house, 8, 8, 8)
    dgb = Pool.objects.get(coin="DGB")
    PoolHealth.objects.create(pool=dgb, bad_since=house.now, state="down")
    rule(house, trigger="pool_down", low_p_per_kwh=None, minutes=1)
    house.pass_minutes(3)
    assert seen(house)[0] is True

    Pool.objects.filter(pk=dgb.pk).update(enabled=False)
    house.pass_minutes(2)

    assert seen(house)[0] is False
    assert not RuleCrossing.objects.get().active


def test_a_rule_never_holds_a_miner_against_a_person(house):
    settle(house, 8, 8, 8)
    leave_alone(house)
    rule(house, action="mode", mode="eco")
    house.pass_minutes(1)

    assert seen(house)[1] == "eco"
    assert not house.fresh().field_states.exclude(held_by="").exists()


def test_while_the_strategy_is_off_rules_tell_its_miners_nothing(house):
    settle(house, 8, 8, 8)
    set_enabled(False, actor="keeper")
    rule(house)
    before = house.writes()
    house.pass_minutes(2)

    assert house.writes() == before
    assert not firings()


def test_force_on_beats_a_price_rule_and_its_end_gives_way_again(house):
    rule(house)
    settle(house, 8, 8, 8)
    set_override("on", actor="keeper", now=house.now)
    house.pass_minutes(1)
    assert seen(house)[0] is False

    set_override("auto", actor="keeper", now=house.now)
    house.pass_minutes(1)
    assert seen(house)[0] is True
    assert len(firings()) == 1


# --- plugs ---------------------------------------------------------------------------------------


def test_a_plug_rule_cuts_the_current_of_a_miner_that_follows(powered):
    powered.house.prices(8, 8, 8)
    rule(powered.house, action="plug_off")
    powered.tick()
    powered.walk(3)

    assert not powered.is_on
    assert powered.calls() == ["turn_off"]
    assert len(firings()) == 1

    AutomationRule.objects.all().delete()
    powered.walk(8)
    assert powered.is_on


def test_a_plug_rule_switches_a_plug_of_what_does_not_follow_once(powered):
    powered.house.prices(8, 8, 8)
    leave_alone(powered.house)
    rule(powered.house, action="plug_off")
    powered.tick()
    powered.walk(2)
    assert powered.calls() == ["turn_off"]

    powered.server.flip(ENTITY, on=True)
    powered.walk(3)
    assert powered.calls() == ["turn_off"], "who switches it on again is not overruled"
    assert not powered.switch.held_by


def test_what_a_rule_switched_on_goes_off_when_the_price_is_excluded(powered):
    powered.house.prices(8, 40, 40, 40)
    leave_alone(powered.house)
    powered.server.flip(ENTITY, on=False)
    powered.walk(2)
    made = rule(powered.house, action="plug_on")
    powered.walk(6)
    assert powered.calls() == ["turn_on"]

    made.delete()
    powered.jump(28)
    powered.walk(2)

    assert powered.calls() == ["turn_on", "turn_off"]
    last = PlugCommand.objects.latest("pk")
    assert (last.actor, last.on) == ("rules", False)
    assert "which is off" in last.reason


def queries(house):
    with CaptureQueriesContext(connection) as found:
        house.tick()
    return len(found)


def test_many_miners_and_rules_take_no_more_queries(house):
    settle(house, 8, 8, 8)
    rule(house, action="mode", mode="eco")
    rule(house, name="Heat", trigger="overheat", low_p_per_kwh=None)
    house.pass_minutes(1)
    few = queries(house)
    newest = house.fresh().newest
    for place in range(20):
        twin = house.fresh()
        twin.pk, twin.name, twin.mac, twin.port, twin.enrolled = None, f"Twin {place}", None, 2000 + place, False
        twin.save()
        newest.miner_id = twin.pk
        newest.save(force_insert=True)
    for place in range(5):
        rule(house, name=f"More {place}", low_p_per_kwh=Decimal(50 + place))

    assert queries(house) == few
