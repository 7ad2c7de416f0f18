"""A device that boots takes no orders yet: what it is told then waits, and is neither refused nor lost."""

from datetime import timedelta

import pytest

from hmm.clock import now as read_clock
from miners.drivers.bitaxe.simulator import BitaxeSimulator
from miners.drivers.nerdqaxe.simulator import NerdQaxeSimulator
from miners.drivers.nmminer.simulator import NMMinerSimulator
from miners.models import Command, CommandStatus, FieldState
from miners.services.commands import request_command
from miners.services.fleet import add_miner
from tests.miners.walking import Walk

pytestmark = pytest.mark.django_db
POOL = {"host": "pool.test", "port": 3334, "user": "wallet.study"}


@pytest.fixture
def walk():
    return Walk(read_clock().replace(microsecond=0))


@pytest.fixture(params=[BitaxeSimulator, NerdQaxeSimulator, NMMinerSimulator], ids=lambda made: made.__name__)
def device(request, walk):
    with request.param(reboot_s=10.0, clock=walk.clock) as simulator:
        yield simulator


@pytest.fixture
def miner(walk, device, db):
    made = add_miner(address=str(device.address), name="Study", actor="keeper", now=walk.now)
    walk.now += timedelta(seconds=70)  # what was asked when it was added counts no more
    return made


def ask(walk, miner, kind, value):
    return request_command(walk.fresh(miner), kind, value, actor="keeper", reason="asked", now=walk.now)


def restarts(device):
    return [entry for entry in device.requests if entry[2] == "/api/system/restart"]


def test_a_restart_asked_for_while_it_boots_is_tried_later(walk, device, miner):
    device.reboot()
    command = ask(walk, miner, "restart", {})
    walk.seconds(3)
    assert Command.objects.get(pk=command.pk).status == CommandStatus.WANTED

    walk.settle()

    assert Command.objects.get(pk=command.pk).status == CommandStatus.APPLIED
    assert len(restarts(device)) == 2


def test_the_restart_a_pool_needs_is_tried_later_too(walk, device, miner):
    command = ask(walk, miner, "pool", POOL)
    Command.objects.filter(pk=command.pk).update(status=CommandStatus.NEEDS_RESTART)
    device.settings.update(PrimaryPool="stratum+tcp://pool.test:3334", PrimaryAddress="wallet.study")
    device.settings.update(stratumURL="pool.test", stratumPort=3334, stratumUser="wallet.study")
    device.reboot()
    walk.seconds(3)
    waiting = Command.objects.get(pk=command.pk)
    assert (waiting.status, "starting" in waiting.message) == (CommandStatus.NEEDS_RESTART, True)

    walk.settle()

    assert Command.objects.get(pk=command.pk).status == CommandStatus.APPLIED
    assert not FieldState.objects.filter(failures__gt=0).exists()
