"""A pool counts after a restart: until the uptime fell it is owed, whatever the settings show."""

from datetime import timedelta

import pytest

from hmm.clock import now as read_clock
from miners.drivers.bitaxe.simulator import BitaxeSimulator
from miners.models import Command, CommandStatus, FieldState, NewestReading
from miners.services.commands import request_command, take_command_step
from miners.services.fleet import add_miner
from miners.services.restarts import restarted_since
from tests.miners.walking import Walk

pytestmark = pytest.mark.django_db
POOL = {"host": "pool.test", "port": 3334, "user": "wallet.study"}


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


def ask_pool(walk, miner, value=POOL):
    return request_command(walk.fresh(miner), "pool", value, actor="keeper", reason="asked", now=walk.now)


def sent(device, method, path):
    return [entry for entry in device.requests if entry[1:3] == (method, path)]


def fail_the_restart(walk, device, miner):
    device.lies_about = {"restart"}
    ask_pool(walk, miner)
    walk.settle()
    assert Command.objects.get().status == CommandStatus.NOT_VERIFIED
    device.lies_about = set()


def test_a_pool_whose_restart_failed_is_not_there_yet(walk, device, miner):
    fail_the_restart(walk, device, miner)
    assert device.live_pool["stratumURL"] != "pool.test"

    again = ask_pool(walk, miner)

    assert again is not None
    assert again.status == CommandStatus.NEEDS_RESTART


def test_the_owed_restart_alone_is_sent_and_the_pool_not_written_again(walk, device, miner):
    fail_the_restart(walk, device, miner)
    ask_pool(walk, miner)
    walk.settle()

    assert device.live_pool["stratumURL"] == "pool.test"
    assert Command.objects.first().status == CommandStatus.APPLIED
    assert len(sent(device, "PATCH", "/api/system")) == 1
    assert ask_pool(walk, miner) is None


def test_a_restart_by_anybody_pays_what_is_owed(walk, device, miner):
    fail_the_restart(walk, device, miner)
    device.reboot()
    walk.seconds(60)

    assert FieldState.objects.get(field="pool").restart_owed is None
    assert ask_pool(walk, miner) is None


def write_and_lose_the_answer(walk, device, miner):
    command = ask_pool(walk, miner)
    take_command_step(command.pk, now=walk.now)
    device.set_fault("vanish")
    walk.settle()
    device.set_fault("none")
    walk.read(miner)


def test_a_write_whose_answer_was_lost_owes_a_restart_too(walk, device, miner):
    write_and_lose_the_answer(walk, device, miner)
    assert Command.objects.get().status == CommandStatus.NOT_VERIFIED

    assert ask_pool(walk, miner).status == CommandStatus.NEEDS_RESTART


def test_a_restart_before_the_write_that_no_reading_saw_pays_nothing(walk, device, miner):
    device.booted_at = walk.clock() - 5000
    walk.read(miner)
    device.booted_at = walk.clock() - 20
    write_and_lose_the_answer(walk, device, miner)
    assert device.live_pool["stratumURL"] != "pool.test"

    assert ask_pool(walk, miner).status == CommandStatus.NEEDS_RESTART
    walk.settle()
    assert device.live_pool["stratumURL"] == "pool.test"


@pytest.mark.parametrize(
    ("uptime_s", "seen_s", "at_ago_s", "restarted"),
    [
        (5000, 39, 40, True),  # booted a second after
        (5000, 43, 40, False),  # three seconds before
        (5000, 42, 40, True),  # two: what a slow answer tells is newer than the second its reading bears
        (20, 39, 40, True),  # it had only just booted, and booted again
        (20, 40, 40, False),
        (20, 60, 40, False),
        (None, 39, 40, True),
        (None, 40, 40, False),
        (5000, None, 40, False),
        (5000, 39, None, True),
        (5000, 5000, None, False),
        (None, 39, None, False),
    ],
)
def test_a_restart_since_is_told_by_when_the_device_booted(uptime_s, seen_s, at_ago_s, restarted):
    now = read_clock()
    newest = NewestReading(taken_at=now, uptime_s=seen_s)
    at = None if at_ago_s is None else now - timedelta(seconds=at_ago_s)

    assert restarted_since(newest, uptime_s=uptime_s, at=at) is restarted


def test_a_device_that_had_only_just_booted_is_seen_to_restart(walk, device, miner):
    device.booted_at = walk.clock() - 1
    ask_pool(walk, miner)
    walk.settle()

    assert Command.objects.get().status == CommandStatus.APPLIED
    assert len(sent(device, "POST", "/api/system/restart")) == 1
