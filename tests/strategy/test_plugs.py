"""The tick with plugs: prices, a Home Assistant and a miner that are real servers; the plug feeds the miner."""

from datetime import timedelta

import pytest

from hmm.audit.models import AuditEntry
from miners.drivers.bitaxe.simulator import BitaxeSimulator
from miners.models import HomeAssistantServer, Miner, MinerTarget, PlugCommand
from miners.services.fleet import add_miner
from miners.services.home_assistant import check_connection
from miners.services.polling import mend_times_ahead, poll
from notifications.models import Incident
from strategy.models import StrategyState
from strategy.services.bands import apply_now, edit_band
from tests.strategy.powered import ENTITY

pytestmark = pytest.mark.django_db


def test_a_dear_slot_cuts_the_current_and_the_miner_is_off_not_offline(powered):
    powered.house.prices(40, 40, 40)
    powered.tick()
    powered.walk(4)

    assert not powered.is_on
    assert powered.house.writes() == [], "nothing is said to a miner whose plug goes off"
    assert powered.tile().state == "off"
    assert not Incident.objects.open().filter(kind="miner_unreachable").exists()
    assert powered.calls() == ["turn_off"]


def test_a_cheap_slot_brings_the_current_back_and_then_mode_and_pool(powered):
    powered.house.prices(40, 9, 9, 9)
    powered.tick()
    powered.walk(2)
    powered.jump(26)
    powered.walk(6)

    assert powered.is_on
    assert powered.calls() == ["turn_off", "turn_on"]
    assert powered.house.device.settings["frequency"] == 525
    assert powered.tile().state == "hashing"
    assert not AuditEntry.objects.filter(action="plug.hold").exists()


def test_ticks_that_find_nothing_send_nothing(powered):
    powered.house.prices(40, 40, 40)
    powered.tick()
    powered.walk(2)
    rows = AuditEntry.objects.count()

    powered.walk(5)

    assert powered.calls() == ["turn_off"]
    assert AuditEntry.objects.count() == rows


def test_two_ticks_at_once_switch_once(powered):
    powered.house.prices(40, 40)
    StrategyState.objects.get_or_create(pk=1)

    powered.tick()
    powered.tick()

    assert PlugCommand.objects.count() == 1


def test_a_locked_plug_is_left_and_the_miner_is_paused(powered):
    powered.set(locked=True)
    powered.house.prices(40, 40)
    powered.tick()
    powered.walk(1.5)

    assert powered.calls() == []
    assert powered.house.device.paused
    assert "locked" in MinerTarget.objects.get().note


def test_when_home_assistant_is_gone_the_miner_is_paused_and_no_storm_breaks_loose(powered):
    powered.server.set_fault("vanish")
    powered.house.now += timedelta(minutes=4)
    check_connection(now=powered.house.now)
    poll(powered.house.miner.pk, now=powered.house.now)
    powered.house.prices(40, 40)
    asked = HomeAssistantServer.objects.get().checked_at
    powered.tick()
    powered.walk(2)

    assert powered.house.device.paused
    assert powered.calls() == []
    assert HomeAssistantServer.objects.get().checked_at > asked
    assert PlugCommand.objects.count() == 0


def test_a_stuck_plug_falls_through_to_the_pause_and_is_tried_again_later(powered):
    powered.server.plugs[ENTITY].trap = "stuck"
    powered.house.prices(40, 40, 40)
    powered.tick()
    powered.walk(3)

    assert powered.house.device.paused
    assert powered.calls()[0] == "turn_off"
    assert len(powered.calls()) <= 2
    powered.server.plugs[ENTITY].trap = "none"
    powered.walk(6)
    assert not powered.is_on


def test_a_hand_that_switches_off_is_respected_until_the_band_changes(powered):
    powered.house.prices(9, 15, 15)
    powered.tick()
    powered.walk(5)
    powered.server.flip(ENTITY, on=False)
    powered.walk(5)

    assert not powered.is_on
    assert "by hand" in MinerTarget.objects.get().waiting
    assert AuditEntry.objects.filter(action="plug.hold").count() == 1
    powered.jump(20)
    powered.walk(2)
    assert powered.is_on


def test_a_hand_that_switches_on_at_an_excluded_price_is_put_back_by_default(powered):
    powered.house.prices(40, 40)
    powered.tick()
    powered.walk(4)
    powered.server.flip(ENTITY, on=True)

    powered.walk(5)

    assert not powered.is_on


def test_a_hand_that_switches_on_is_respected_for_hours_where_the_plug_says_so(powered):
    powered.set(policy="respect_hours", respect_hours=1)
    powered.house.prices(40, 40, 40, 40)
    powered.tick()
    powered.walk(4)
    powered.server.flip(ENTITY, on=True)
    powered.walk(4)
    powered.jump(30)
    assert powered.is_on
    assert not powered.house.device.paused

    powered.jump(30)
    powered.walk(2)

    assert not powered.is_on


def test_an_enforced_plug_is_put_back_on(powered):
    powered.set(policy="enforce")
    powered.house.prices(9, 9)
    powered.tick()
    powered.walk(5)
    powered.server.flip(ENTITY, on=False)

    powered.walk(3)

    assert powered.is_on


def test_a_plug_that_was_unavailable_and_comes_back_off_is_a_restart_not_a_hand(powered):
    powered.house.prices(9, 9)
    powered.tick()
    powered.walk(5)
    powered.server.plugs[ENTITY].trap = "unavailable"
    powered.walk(2)
    powered.server.plugs[ENTITY].trap = "none"
    powered.server.flip(ENTITY, on=False)

    powered.walk(3)

    assert powered.is_on
    assert not AuditEntry.objects.filter(action="plug.hold").exists()


def test_a_miner_that_does_not_follow_the_strategy_keeps_its_plug_on(powered):
    other = Miner.objects.create(
        name="Kettle", kind="bitaxe", host="192.168.7.9", port=80, trust="full", poll_due_at=powered.house.now
    )
    Miner.objects.filter(pk=other.pk).update(plug=powered.switch_pk, enabled=False)
    powered.house.prices(40, 40)
    powered.tick()
    powered.walk(1.5)

    assert powered.is_on
    assert powered.house.device.paused
    assert "Kettle" in MinerTarget.objects.get().note


def test_a_minimum_time_delays_switching_on_and_says_so(powered):
    powered.set(min_off_minutes=40)
    powered.house.prices(40, 9, 9, 9)
    powered.tick()
    powered.walk(2)
    powered.jump(27)

    assert not powered.is_on
    assert "stays off for 40 min" in MinerTarget.objects.get().waiting
    powered.jump(12)
    powered.walk(2)
    assert powered.is_on


@pytest.mark.parametrize("stuck", [False, True])
def test_a_clock_that_was_ahead_delays_neither_switching_on_nor_the_find_of_a_stuck_relay(powered, stuck):
    powered.set(min_off_minutes=5)
    powered.house.prices(*[40 if stuck else 9] * 4, 40, 40)
    powered.tick()
    powered.jump(120)
    powered.walk(3)
    assert not powered.is_on
    if stuck:
        powered.house.device.set_fault("none")

    powered.house.now -= timedelta(minutes=115)
    mend_times_ahead(now=powered.house.now)  # as each look for due polls does
    powered.walk(12)

    assert powered.house.device.paused if stuck else powered.is_on


def test_a_champion_keeps_the_plug_it_shares_on_until_the_price_turns_all_of_them_off(powered):
    house = powered.house
    with BitaxeSimulator(seed=2, clock=house.device.clock) as neighbour:
        other = add_miner(
            address=str(neighbour.address), name="Landing", actor="keeper", now=house.now, enrolled=True
        )
        Miner.objects.filter(pk=other.pk).update(plug=powered.switch_pk)
        edit_band(3, {"champion_only": True}, actor="keeper", now=house.now)
        apply_now(actor="keeper", now=house.now)
        house.prices(9, 9)
        powered.tick()
        powered.walk(0.5)

        assert powered.calls() == []
        assert sorted([house.device.paused, neighbour.paused]) == [False, True]
        assert "Its plug Study plug stays on for" in MinerTarget.objects.get(champion=False).note

        house.prices(40, 40)
        powered.tick()
        powered.walk(0.5)
        assert not powered.is_on
