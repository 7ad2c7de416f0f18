"""A change at the device is an event, unless a command of ours explains that very setting."""

import pytest

from hmm.audit.models import AuditEntry
from hmm.clock import now as read_clock
from miners.drivers.bitaxe.simulator import BitaxeSimulator
from miners.models import Command, CommandStatus
from miners.services.commands import request_command
from miners.services.fleet import add_miner
from tests.miners.walking import Walk

pytestmark = pytest.mark.django_db


@pytest.fixture
def walk():
    return Walk(read_clock().replace(microsecond=0))


@pytest.fixture
def device(walk):
    with BitaxeSimulator(reboot_s=3.0, clock=walk.clock) as simulator:
        yield simulator


@pytest.fixture
def miner(walk, device, db):
    return add_miner(address=str(device.address), name="Study", actor="keeper", now=walk.now)


def ask(walk, miner, kind, value):
    request_command(walk.fresh(miner), kind, value, actor="keeper", reason="asked", now=walk.now)
    walk.settle()


def drifts():
    return AuditEntry.objects.filter(action="miner.drift")


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("mode", {"mode": "eco"}),
        ("power", {"on": False}),
        ("pool", {"host": "pool.test", "port": 3334, "user": "wallet"}),
        ("restart", {}),
    ],
)
def test_what_a_command_changes_is_no_drift(walk, device, miner, kind, value):
    ask(walk, miner, kind, value)
    walk.seconds(120)

    assert Command.objects.get().status == CommandStatus.APPLIED
    assert not drifts().exists()


def test_a_hand_right_after_a_command_is_drift(walk, device, miner):
    ask(walk, miner, "mode", {"mode": "eco"})
    device.obey({"settings": {"frequency": 550, "coreVoltage": 1150}})
    walk.read(miner)

    row = drifts().get()
    assert row.before["frequency_mhz"] == 400
    assert row.after == {"core_voltage_mv": 1150, "frequency_mhz": 550, "mode": row.after["mode"]}


def test_a_command_of_another_kind_explains_nothing(walk, device, miner):
    request_command(walk.fresh(miner), "power", {"on": False}, actor="keeper", reason="", now=walk.now)
    device.obey({"settings": {"stratumURL": "elsewhere.test"}})
    walk.settle()

    assert drifts().get().after["pool"]["host"] == "elsewhere.test"


def test_a_command_that_took_effect_after_it_was_given_up_is_no_drift(walk, device, miner):
    device.lies_about = {"frequency", "coreVoltage"}
    ask(walk, miner, "tuning", {"frequency_mhz": 490, "core_voltage_mv": 1100})
    assert Command.objects.get().status == CommandStatus.NOT_VERIFIED
    device.obey({"settings": {"frequency": 490, "coreVoltage": 1100}})
    walk.read(miner)

    assert not drifts().exists()
