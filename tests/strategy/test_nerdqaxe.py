"""The strategy over a NerdOS device: shutdown and restart as off and on, heat and hands as for a Bitaxe."""

import pytest

from hmm.audit.models import AuditEntry
from miners.drivers.nerdqaxe.simulator import NerdQaxeSimulator
from miners.drivers.registry import FAMILIES
from miners.models import Command, FieldState, Miner, MinerTarget, NewestReading
from miners.services.polling import poll
from tests.strategy.conftest import furnished

pytestmark = pytest.mark.django_db
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture
def house(db):
    with furnished(lambda clock: NerdQaxeSimulator(reboot_s=2.0, clock=clock)) as made:
        yield made


def test_a_cheap_slot_sets_mode_and_pool_without_a_restart(house):
    house.prices(15, 15)

    house.tick()
    house.settle(240)

    assert (house.device.settings["frequency"], house.device.settings["coreVoltage"]) == (500, 1120)
    assert house.device.live_pool["stratumURL"] == "dgb.test"
    assert set(Command.objects.values_list("status", flat=True)) == {"applied"}
    assert not [write for write in house.writes() if "restart" in write]


def test_a_dear_slot_shuts_it_down_and_a_confirmed_cheap_one_restarts_it(house):
    house.prices(35, 9, 9)
    house.tick()
    house.settle()
    assert house.device.stopped
    assert (MinerTarget.objects.get().on, NewestReading.objects.get().state) == (False, "idle")

    house.jump(30)

    assert not house.device.stopped
    assert [write.split()[1] for write in house.writes() if write.startswith("POST")] == [
        "/api/system/shutdown",
        "/api/system/restart",
    ]
    assert not AuditEntry.objects.filter(action="miner.drift").exists()


def test_a_restart_by_hand_at_a_dear_price_is_not_a_way_around_it(house):
    house.prices(35, 35)
    house.tick()
    house.settle()
    house.device.reboot()

    house.pass_minutes(2)

    assert house.device.stopped


def test_settings_lowered_by_heat_or_hand_are_left_alone_until_the_band_changes(house):
    house.prices(9, 15, 15)
    house.tick()
    house.settle(240)
    house.device.obey({"settings": {"frequency": 500, "coreVoltage": 1100}})

    house.pass_minutes(3)

    assert house.device.settings["frequency"] == 500
    assert AuditEntry.objects.filter(action="miner.drift").exists()
    assert "overheated" in MinerTarget.objects.get().waiting or FieldState.objects.get(field="mode").held_by


def test_a_mode_raised_by_hand_is_held_for_the_person(house):
    house.prices(15, 15)
    house.tick()
    house.settle(240)
    house.device.obey({"settings": {"frequency": 600, "coreVoltage": 1150}})

    house.pass_minutes(2)

    assert house.device.settings["frequency"] == 600
    assert FieldState.objects.get(field="mode").held_by == "by hand"
    assert "changed by hand" in MinerTarget.objects.get().waiting


def test_a_device_that_tripped_is_shown_as_overheated_and_its_mode_is_not_touched(house):
    house.prices(9, 9)
    house.tick()
    house.settle(240)
    writes = len(house.writes())
    house.device.trip_overheat()
    poll(house.miner.pk, now=house.now)
    assert NewestReading.objects.get().state == "overheated"

    house.tick()

    assert len(house.writes()) == writes


def test_a_locked_device_says_what_keeps_the_strategy_from_it(house):
    house.device.otp_secret = SECRET
    poll(house.miner.pk, now=house.now)
    house.prices(15, 15)

    house.tick()
    house.settle()
    assert "one-time code" in MinerTarget.objects.get().waiting

    Miner.objects.update(otp_secret=SECRET)
    house.pass_minutes(2)
    assert house.device.settings["frequency"] == 500


def test_it_has_three_minutes_to_start():
    assert FAMILIES["nerdqaxe"].start_time_s == FAMILIES["bitaxe"].start_time_s == 180
