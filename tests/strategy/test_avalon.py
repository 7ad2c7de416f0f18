"""The strategy with a miner that calibrates, keeps three pools, and cannot be turned off."""

from datetime import timedelta

import pytest

from miners.drivers.avalon_nano import cgminer
from miners.drivers.avalon_nano.simulator import AvalonSimulator
from miners.drivers.avalon_nano.simulator_bodies import Slot
from miners.models import Command, FieldState, MinerTarget
from miners.services.commands import request_command
from miners.services.polling import poll
from notifications.models import Incident
from strategy.services.bands import apply_now, edit_band
from strategy.services.switches import set_enabled
from tests.strategy.conftest import furnished

pytestmark = pytest.mark.django_db


@pytest.fixture
def nano(db, monkeypatch):
    monkeypatch.setattr(cgminer, "PAUSE_S", 0.0)
    with furnished(device_with_slots) as made:
        for position, mode in ((1, "high"), (2, "high"), (3, "med"), (4, "low")):
            edit_band(position, {"modes": {"avalon_nano": mode}}, actor="keeper", now=made.now)
        apply_now(actor="keeper", now=made.now)
        yield made


def device_with_slots(clock):
    device = AvalonSimulator(clock=clock, reboot_s=60, calibration_s=240)
    device.write_slots([Slot(f"{coin}.test", 3333, "wallet.Study") for coin in ("old", "dgb", "bch")])
    return device


def test_a_bands_pool_that_is_in_a_slot_is_switched_to_without_a_restart(nano):
    booted = nano.device.booted_at
    nano.prices(9, 9)

    nano.tick()
    nano.settle()

    assert nano.device.slots[nano.device.live_slot()].host == "dgb.test"
    assert nano.device.booted_at == booted
    assert nano.device.mode == 1


def test_a_restart_that_forgets_the_slot_is_answered_by_switching_again(nano):
    nano.prices(9, 9)
    nano.tick()
    nano.settle()

    nano.device.reboot()
    nano.now = nano.now.replace(minute=6)
    nano.pass_minutes(2)

    assert nano.device.slots[nano.device.live_slot()].host == "dgb.test"
    assert not FieldState.objects.exclude(held_by="").exists()


def test_off_is_its_lowest_mode_and_is_said(nano):
    nano.prices(35, 35)

    nano.tick()
    nano.settle()

    target = MinerTarget.objects.get()
    assert (target.on, nano.device.mode) == (False, 0)
    assert "cannot be turned off" in target.note


def test_a_mode_that_waits_for_the_calibration_is_replaced_by_a_newer_wish(nano):
    nano.prices(9, 9)
    nano.device.change_mode(2)
    nano.now += timedelta(seconds=40)
    poll(nano.miner.pk, now=nano.now)
    nano.tick()
    for _second in range(90):  # as soon as the device may be asked again
        nano.step()
        nano.now += timedelta(seconds=1)
        if Command.objects.get(kind="mode").is_put_off:
            break
    assert Command.objects.get(kind="mode").is_put_off

    set_enabled(False, actor="keeper")
    nano.tick()

    assert Command.objects.get(kind="mode").status == "cancelled"
    assert nano.device.mode == 2


def test_a_persons_mode_is_held_until_the_band_changes(nano):
    nano.prices(9, 9, 9)
    nano.tick()
    nano.settle()
    nano.pass_minutes(8)  # it has calibrated

    request_command(nano.miner, "mode", {"mode": "high"}, actor="keeper", reason="By hand.", now=nano.now)
    nano.settle()
    nano.pass_minutes(12)

    assert nano.device.mode == 2
    assert FieldState.objects.get(field="mode").held_by == "keeper"


def test_a_persons_mode_that_waits_for_the_calibration_is_neither_lost_nor_replaced(nano):
    nano.prices(9, 9, 9)
    nano.tick()
    nano.settle()

    request_command(nano.miner, "mode", {"mode": "high"}, actor="keeper", reason="By hand.", now=nano.now)
    nano.pass_minutes(12)

    assert nano.device.mode == 2
    assert FieldState.objects.get(field="mode").held_by == "keeper"


def test_one_that_calibrates_when_the_price_turns_is_off_as_soon_as_it_can_and_an_alarm_tells_meanwhile(nano):
    nano.prices(9, 35, 35)
    nano.tick()
    nano.settle()
    nano.device.calibration_s = 420
    nano.now = nano.now.replace(minute=29, second=50)
    nano.poll()
    nano.device.change_mode(2)
    began = nano.device.clock()
    nano.now = nano.now.replace(minute=30, second=5)
    nano.poll()
    nano.tick()
    alarms = []
    while nano.device.mode != 0 and nano.device.clock() - began < 600:
        nano.pass_minutes(1)
        alarms.append(Incident.objects.open().filter(kind="miner_not_off").exists())

    assert nano.device.mode == 0
    assert nano.device.clock() - began <= 420 + 90, "a minute after it could"
    assert alarms[0] is False
    assert any(alarms)

    nano.pass_minutes(1)
    assert not Incident.objects.open().filter(kind="miner_not_off").exists()
