"""The tick end to end: prices in the database, a device that is a real server."""

from datetime import timedelta

import pytest

from energy.services.refresh import choose_tariff, refresh_prices
from hmm.audit.models import AuditEntry
from hmm.jobs.asks import ABOUT_STRATEGY, is_asked
from miners.models import Command, FieldState, MinerTarget
from miners.services.commands import request_command
from notifications.models import Incident
from pools.models import Pool
from strategy.core import Power, Reason
from strategy.models import StrategyState
from strategy.services.bands import edit_band
from strategy.services.switches import set_enabled, set_override
from strategy.services.ticking import tick_if_due
from strategy.situation_json import answer

pytestmark = pytest.mark.django_db


def transitions():
    return AuditEntry.objects.filter(action="strategy.transition")


def test_a_cheap_slot_sets_mode_and_pool(house):
    house.prices(9, 9)

    house.tick()
    house.settle(240)

    assert house.device.settings["frequency"] == 525
    assert house.device.live_pool["stratumURL"] == "dgb.test"
    assert house.device.settings["stratumUser"] == "wallet.Study"
    assert set(Command.objects.values_list("status", flat=True)) <= {"applied"}


def test_a_dear_slot_turns_it_off_and_a_confirmed_cheap_one_on_again(house):
    house.prices(35, 9, 9)
    house.tick()
    house.settle()
    assert house.device.paused
    assert MinerTarget.objects.get().on is False

    house.jump(30)

    assert not house.device.paused
    assert transitions().count() == 2


def test_a_second_tick_finds_nothing_left_to_do(house):
    house.prices(9, 9)
    house.tick()
    house.settle(240)
    writes, rows = len(house.writes()), AuditEntry.objects.count()

    house.pass_minutes(3)

    assert len(house.writes()) == writes
    assert AuditEntry.objects.count() == rows


def test_one_cheap_slot_alone_does_not_start_the_fleet(house):
    house.prices(35, 9, 35)
    house.tick()
    house.settle()

    house.jump(20)
    decision = house.jump(10)

    assert decision.reason is Reason.CHEAPER_NOT_CONFIRMED
    assert house.device.paused


def test_a_hand_at_the_device_is_left_alone_until_the_band_changes(house):
    house.prices(9, 9, 15, 15)
    house.tick()
    house.settle(240)
    house.pass_minutes(1)
    house.device.obey({"settings": {"frequency": 550, "coreVoltage": 1150}})

    house.pass_minutes(3)
    assert house.device.settings["frequency"] == 550
    assert FieldState.objects.get(field="mode").held_by == "by hand"
    assert "by hand" in MinerTarget.objects.get().waiting

    house.jump(58)
    assert house.device.settings["frequency"] == 400, "the next band's mode is set again"


def test_a_person_may_switch_off_and_not_on(house):
    house.prices(9, 9, 35, 35)
    house.tick()
    house.settle(240)
    house.pass_minutes(1)
    house.device.obey({"paused": True})
    house.pass_minutes(2)
    assert house.device.paused, "switched off by hand is respected"

    house.jump(60)
    house.device.obey({"paused": False})
    house.pass_minutes(2)
    assert house.device.paused, "on at an excluded price is not"


def test_a_restarted_device_is_paused_again(house):
    house.prices(35, 35)
    house.tick()
    house.settle()
    house.pass_minutes(2)
    house.device.reboot()

    house.pass_minutes(2)

    assert house.device.paused
    assert not AuditEntry.objects.filter(action="miner.hold").exists()


def test_an_overheated_device_is_not_driven_hot_again(house):
    house.prices(9, 9)
    house.tick()
    house.settle(240)
    house.device.obey({"settings": {"frequency": 425, "coreVoltage": 1050}})
    writes = len(house.writes())

    house.pass_minutes(3)

    assert len(house.writes()) == writes
    assert FieldState.objects.get(field="mode").held_by == "overheat"


def test_what_a_band_change_could_not_set_at_once_is_not_taken_for_a_hand(house):
    house.prices(15, 9, 9)
    house.tick()
    house.settle(240)
    house.pass_minutes(1)
    turbo = house.miner.board.presets["turbo"]
    house.device.obey({"settings": {"frequency": turbo.frequency_mhz, "coreVoltage": turbo.core_voltage_mv}})
    house.device.lies_about = {"frequency", "coreVoltage"}
    house.now += timedelta(minutes=30)
    house.poll()
    house.tick()  # the band changes before the hand was noticed, and the device does not take the mode
    house.settle(240)
    assert Command.objects.latest("created_at").status == "not verified"

    house.tick()

    assert "next try" in MinerTarget.objects.get().waiting
    assert not AuditEntry.objects.filter(action="miner.hold").exists()


def test_a_device_that_lies_is_tried_again_later_and_not_each_minute(house):
    house.device.lies_about = {"frequency", "coreVoltage"}
    house.prices(15, 15)
    house.tick()
    house.settle(240)
    house.tick()
    assert "next try" in MinerTarget.objects.get().waiting

    house.pass_minutes(10)

    modes = Command.objects.filter(kind="mode")
    assert set(modes.values_list("status", flat=True)) <= {"not verified", "sent"}
    assert modes.count() <= 4, "after 1, 2, 4 minutes"


def test_a_miner_without_a_pause_runs_its_lowest_mode_instead(house):
    house.device.firmware, house.device.version = "v2.12.2", (2, 12)
    house.pass_minutes(1)
    house.prices(35, 35)
    house.now += timedelta(seconds=1)

    house.tick()
    house.settle()

    assert house.device.settings["frequency"] == 400
    assert "cannot be turned off" in MinerTarget.objects.get().note


@pytest.mark.parametrize("way", ["lies", "refuses"])
def test_a_miner_whose_pause_fails_runs_its_lowest_mode_until_it_obeys(house, way, monkeypatch):
    house.prices(9, 35, 35)
    house.tick()
    house.settle(240)
    if way == "lies":
        house.device.lies_about = {"miningPaused"}
    else:
        monkeypatch.setattr(house.device, "_act", lambda _name: house.device._unknown())
    house.jump(30)

    house.pass_minutes(3)
    assert not house.device.paused
    assert house.device.settings["frequency"] == 400
    assert "does not obey" in MinerTarget.objects.get().note
    assert Command.objects.filter(kind="power").count() >= 2, "it is told again"

    house.device.lies_about = set()
    monkeypatch.undo()
    house.pass_minutes(6)
    assert house.device.paused
    assert MinerTarget.objects.get().note == ""

    house.prices(35, 9, 9)
    house.jump(30)
    house.pass_minutes(1)
    assert (house.device.paused, house.device.settings["frequency"]) == (False, 525)


def test_a_disabled_strategy_commands_nothing(house):
    set_enabled(False, actor="keeper")
    house.prices(35, 35)

    decision = house.tick()

    assert decision.reason is Reason.DISABLED
    assert Command.objects.count() == 0
    assert MinerTarget.objects.get().on is None


def test_an_override_wins_and_its_end_adopts_the_band_of_now(house):
    house.prices(9, 9, 9, 9)
    house.tick()
    house.settle(240)
    set_override("off", actor="keeper", now=house.now, until=house.now + timedelta(minutes=45))
    house.tick()
    house.settle()
    assert house.device.paused

    house.pass_minutes(46)

    assert not house.device.paused
    assert StrategyState.objects.get().current_band == 3


def test_unknown_prices_hold_then_turn_off_then_recover(house):
    house.prices(9)
    house.tick()
    house.settle(240)
    assert house.jump(29).reason is Reason.NO_PRICE_GRACE
    assert not house.device.paused

    assert house.jump(31).reason is Reason.NO_PRICE_FAIL_SAFE
    assert house.device.paused
    assert Incident.objects.open().filter(kind="fail_safe").count() == 1

    house.prices(9, 9)
    house.tick()
    house.settle(240)
    assert not house.device.paused
    assert not Incident.objects.open().filter(kind="fail_safe").exists()


def test_an_edit_counts_from_the_next_slot(house):
    house.prices(9, 9, 9)
    house.tick()
    house.settle(240)
    edit_band(3, {"modes": {"bitaxe": "eco"}}, actor="keeper", now=house.now)
    house.pass_minutes(1)
    assert house.device.settings["frequency"] == 525

    house.jump(29)
    assert house.device.settings["frequency"] == 400


def test_every_transition_can_be_decided_again(house):
    house.prices(35, 9, 9, 2, 2, 35)
    for _slot in range(6):
        house.tick()
        house.settle(240)
        house.now = house.now.replace(minute=2) + timedelta(minutes=30 if house.now.minute < 30 else 60)

    assert transitions().count() >= 3
    for row in transitions():
        assert answer(row.detail["situation"]) == row.detail["answer"]


def test_a_persons_command_is_a_hold_with_a_name(house):
    house.prices(9, 9)
    house.tick()
    house.settle(240)
    request_command(house.miner, "mode", {"mode": "eco"}, actor="keeper", reason="quiet please", now=house.now)
    house.settle()

    house.pass_minutes(2)

    assert house.device.settings["frequency"] == 400
    assert FieldState.objects.get(field="mode").held_by == "keeper"


def test_a_coin_without_a_pool_keeps_power_and_mode_and_says_so(house):
    house.prices(2, 2)
    Pool.objects.filter(coin="BTC").delete()

    house.tick()
    house.settle()

    assert house.device.settings["frequency"] == 550, "oc was never entered, so turbo"
    assert Incident.objects.open().filter(kind="no_pool").exists()


def test_two_ticks_at_once_act_once(house):
    house.prices(35, 35)
    StrategyState.objects.filter(pk=1).update(ticking_until=house.now + timedelta(seconds=20))

    assert house.tick() is None
    assert Command.objects.count() == 0

    house.now += timedelta(seconds=21)
    assert house.tick() is not None


def test_a_pool_whose_restart_failed_is_restarted_for_later(house):
    house.device.lies_about = {"restart"}
    house.prices(9, 9)
    house.tick()
    house.settle(240)
    assert house.device.settings["stratumURL"] == "dgb.test"
    assert house.device.live_pool["stratumURL"] != "dgb.test"
    house.device.lies_about = set()

    house.pass_minutes(3)

    assert house.device.live_pool["stratumURL"] == "dgb.test"
    assert not FieldState.objects.exclude(held_by="").exists()


def test_another_wanted_value_does_not_wait_for_the_one_that_failed(house):
    house.device.lies_about = {"frequency", "coreVoltage"}
    house.prices(15, 9, 9)
    house.tick()
    house.settle(240)
    assert FieldState.objects.get(field="mode").failed_value == {"mode": "eco"}
    house.device.lies_about = set()
    house.device.settings.update(frequency=550, coreVoltage=1150)
    FieldState.objects.filter(field="mode").update(retry_at=house.now + timedelta(minutes=55), failures=7)

    house.jump(30)

    assert house.device.settings["frequency"] == 525
    assert FieldState.objects.get(field="mode").failures == 0


def test_a_pause_waits_for_no_earlier_failure_of_a_resume(house):
    house.prices(35, 9, 9)
    house.tick()
    house.settle(240)
    FieldState.objects.filter(field="power").update(
        retry_at=house.now + timedelta(hours=1), failures=7, failed_value={"on": True}
    )
    house.device.obey({"paused": False})
    house.poll()

    house.tick()
    house.settle(60)

    assert house.device.paused


def test_a_new_tariff_has_the_grace_time_for_its_first_price_and_is_looked_at_once_it_is_there(house):
    house.prices(9)
    house.tick()
    house.settle(240)
    house.pass_minutes(1)
    assert house.tick().power is Power.ON

    late = choose_tariff(kind="flat", config={"price_p_per_kwh": "90"}, name="Flat", actor="keeper", now=house.now)
    chosen_at = house.now
    assert house.tick().reason is Reason.NO_PRICE_GRACE
    again = choose_tariff(
        kind="octopus_agile",
        config={"region": "A"},
        name="Agile A",
        actor="keeper",
        now=house.now + timedelta(minutes=10),
    )
    house.now = chosen_at + timedelta(minutes=29)
    assert house.tick().reason is Reason.NO_PRICE_GRACE, "one that waits hands on since when"
    house.now = chosen_at + timedelta(minutes=31)
    assert house.tick().reason is Reason.NO_PRICE_FAIL_SAFE

    assert again != late
    choose_tariff(kind="flat", config={"price_p_per_kwh": "90"}, name="Flat", actor="keeper", now=house.now)
    assert not is_asked(ABOUT_STRATEGY), "its price is not known yet"
    refresh_prices(late, now=house.now, actor="keeper")
    assert is_asked(ABOUT_STRATEGY)
    assert tick_if_due(now=house.now + timedelta(seconds=1)).target == "OFF"
    refresh_prices(late, now=house.now + timedelta(minutes=1), actor="keeper")
    assert not is_asked(ABOUT_STRATEGY), "nothing is new"
