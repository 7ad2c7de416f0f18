"""Another device at a miner's address gets nothing that was meant for the miner."""

import json
from contextlib import ExitStack
from datetime import timedelta

import pytest

from hmm.clock import now as read_clock
from hmm.jobs.models import Job
from miners.drivers import esp_http
from miners.drivers.avalon_nano import cgminer
from miners.drivers.avalon_nano.simulator import AvalonSimulator
from miners.drivers.bitaxe.simulator import BitaxeSimulator
from miners.drivers.nerdqaxe.simulator import NerdQaxeSimulator
from miners.models import Command, CommandStatus, Miner
from miners.services.commands import request_command
from miners.services.finding import start_scan
from miners.services.fleet import add_miner
from miners.tasks import scan_network
from tests.miners.walking import Walk

pytestmark = pytest.mark.django_db
ORDERS = {
    "mode": {"mode": "turbo"},
    "tuning": {"frequency_mhz": 600, "core_voltage_mv": 1250},
    "pool": {"host": "pool.test", "port": 3334, "user": "wallet.study"},
    "restart": {},
    "power": {"on": False},
}
OTHERS = {
    "another board": lambda port, clock: BitaxeSimulator("ultra205", port=port, seed=9, clock=clock),
    "another family": lambda port, clock: NerdQaxeSimulator(port=port, seed=9, clock=clock),
    "its own MAC, another chip": lambda port, clock: BitaxeSimulator(
        "ultra205", port=port, mac="02:48:4D:00:01:01", clock=clock
    ),
}
MET = [
    (kind, other) for kind in ORDERS for other in OTHERS if (kind, other) != ("power", "its own MAC, another chip")
]


@pytest.fixture
def walk():
    return Walk(read_clock().replace(microsecond=0))


@pytest.fixture
def gamma(walk, db):
    """Return a miner whose device has just left its address, and was not missed yet."""
    with BitaxeSimulator("gamma601", seed=1, clock=walk.clock) as device:
        return add_miner(address=str(device.address), name="Study", actor="keeper", now=walk.now)


def writes(device):
    return [entry[1:3] for entry in device.requests if entry[1] != "GET"]


def ask(walk, miner, kind):
    return request_command(
        Miner.objects.get(pk=miner.pk), kind, ORDERS[kind], actor="keeper", reason="asked", now=walk.now
    )


@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("kind", ["mode", "tuning"])
def test_a_clock_never_reaches_a_device_that_took_the_address_between_two_polls(walk, gamma, kind, other):
    walk.now += timedelta(seconds=25)
    Miner.objects.update(poll_due_at=walk.now + timedelta(minutes=1))
    command = ask(walk, gamma, kind)

    with OTHERS[other](gamma.port, walk.clock) as device:
        walk.seconds(2)

        assert writes(device) == []
    assert Command.objects.get(pk=command.pk).status in {CommandStatus.REFUSED, CommandStatus.NOT_VERIFIED}


@pytest.mark.parametrize(("kind", "other"), MET)
def test_nothing_reaches_a_device_that_took_the_address_of_a_silent_one(walk, gamma, kind, other):
    command = ask(walk, gamma, kind)
    Miner.objects.update(failures=1, poll_due_at=walk.now + timedelta(minutes=1))

    with OTHERS[other](gamma.port, walk.clock) as device:
        walk.seconds(2)

        assert writes(device) == []
    assert Command.objects.get(pk=command.pk).status in {CommandStatus.REFUSED, CommandStatus.NOT_VERIFIED}


def test_turning_off_is_not_held_back_by_another_chip_behind_its_own_mac(walk, gamma):
    command = ask(walk, gamma, "power")
    Miner.objects.update(failures=1, poll_due_at=walk.now + timedelta(minutes=1))

    with OTHERS["its own MAC, another chip"](gamma.port, walk.clock) as device:
        walk.seconds(2)

        assert writes(device) == [("POST", "/api/system/pause")]
    assert Command.objects.get(pk=command.pk).status == CommandStatus.SENT


def test_turning_off_is_tried_at_a_device_that_does_not_tell_who_it_is(walk, gamma, monkeypatch):
    command = ask(walk, gamma, "power")
    Miner.objects.update(failures=1, poll_due_at=walk.now + timedelta(minutes=1))
    monkeypatch.setattr(esp_http, "TOTAL_S", 0.2)  # a reading is waited for no longer

    with BitaxeSimulator("gamma601", port=gamma.port, seed=1, clock=walk.clock) as device:
        device.delay_s = 0.6
        walk.seconds(1)

        assert [entry for entry in device.requests if entry[1] == "POST"]
    assert Command.objects.get(pk=command.pk).status == CommandStatus.SENT


def test_a_restart_that_is_owed_is_not_given_to_the_one_that_took_the_address(walk, gamma):
    command = ask(walk, gamma, "pool")
    Command.objects.filter(pk=command.pk).update(status=CommandStatus.NEEDS_RESTART)
    Miner.objects.update(failures=1, poll_due_at=walk.now + timedelta(minutes=1))

    with OTHERS["another board"](gamma.port, walk.clock) as device:
        walk.seconds(2)

        assert writes(device) == []


def test_the_device_itself_takes_what_waited_while_it_was_silent(walk, gamma):
    command = ask(walk, gamma, "mode")
    Miner.objects.update(failures=1)

    with BitaxeSimulator("gamma601", port=gamma.port, seed=1, clock=walk.clock):
        walk.settle()

    assert Command.objects.get(pk=command.pk).status == CommandStatus.APPLIED


def test_a_reading_of_another_device_is_not_counted_and_is_said(walk, gamma):
    with OTHERS["another board"](gamma.port, walk.clock):
        assert walk.read(gamma) is None

    assert "Another device answers" in Miner.objects.get().last_error
    assert Miner.objects.get().firmware == "v2.14.0"


# --- devices that tell their MAC at the first contact only, or never -------------------------------

WRITES = {"ascset", "switchpool", "setpool"}
NANO_ORDERS = {
    "mode": {"mode": "high"},
    "pool": {"host": "pool2.example.net", "port": 3333, "user": "nobody.nano"},
    "switch_slot": {"position": 2, "host": "pool2.example.net", "port": 3333, "user": "nobody.nano"},
}


@pytest.fixture(params=["nano3", "nano3s"])
def nano(request, walk, db, monkeypatch):
    """Return an Avalon that has just left its address, and was not missed yet."""
    monkeypatch.setattr(cgminer, "PAUSE_S", 0.0)
    with AvalonSimulator(request.param, seed=1, clock=walk.clock) as device:
        address = str(device.address)
        return add_miner(address=address, name="Study", family="avalon_nano", actor="keeper", now=walk.now)


def nano_writes(device):
    sent = [json.loads(entry[3]) for entry in device.requests]
    return [order["command"] for order in sent if order["command"] in WRITES]


def order_of(walk, miner, kind):
    walk.now += timedelta(seconds=25)
    Miner.objects.update(poll_due_at=walk.now + timedelta(minutes=1))
    miner = Miner.objects.get(pk=miner.pk)
    return request_command(miner, kind, NANO_ORDERS[kind], actor="keeper", reason="asked", now=walk.now)


@pytest.mark.parametrize("kind", NANO_ORDERS)
def test_no_order_reaches_an_avalon_that_took_the_address_between_two_polls(walk, nano, kind):
    command = order_of(walk, nano, kind)

    with AvalonSimulator(nano.model.lower().replace(" ", ""), port=nano.port, seed=9, clock=walk.clock) as other:
        walk.seconds(2)

        assert other.requests
        assert nano_writes(other) == []
    assert Command.objects.get(pk=command.pk).status == CommandStatus.REFUSED
    assert "serial number 0000000000000009" in Command.objects.get(pk=command.pk).message


def test_the_avalon_itself_is_looked_at_in_one_request_and_gets_its_order(walk, nano):
    order_of(walk, nano, "mode")

    with AvalonSimulator(nano.model.lower().replace(" ", ""), port=nano.port, seed=1, clock=walk.clock) as device:
        walk.tasks()

        assert len(device.requests) == 2
        assert nano_writes(device) == ["ascset"]
        assert device.mode == 2


def test_a_reading_of_another_avalon_is_not_counted_whatever_it_says_of_its_mac(walk, nano):
    with AvalonSimulator(nano.model.lower().replace(" ", ""), port=nano.port, seed=9, clock=walk.clock):
        assert walk.read(nano) is None

    assert "Another device answers" in Miner.objects.get().last_error


def test_one_that_was_stored_without_its_number_is_known_by_it_from_its_next_reading_on(walk, nano):
    facts = dict(Miner.objects.get().board_facts)
    del facts["serial"]
    Miner.objects.update(board_facts=facts)

    with AvalonSimulator(nano.model.lower().replace(" ", ""), port=nano.port, seed=1, clock=walk.clock):
        assert walk.read(nano)

    assert Miner.objects.get().board.serial == "0000000000000001"


def test_a_search_follows_two_that_swapped_their_addresses_and_have_no_mac(walk, db, monkeypatch):
    monkeypatch.setattr(cgminer, "PAUSE_S", 0.0)
    hosts = {1: "127.0.0.21", 2: "127.0.0.22"}
    with ExitStack() as at_first:
        first = at_first.enter_context(AvalonSimulator("nano3", host=hosts[1], seed=1, clock=walk.clock))
        second = at_first.enter_context(
            AvalonSimulator("nano3", host=hosts[2], port=first.port, seed=2, clock=walk.clock)
        )
        for name, device in (("One", first), ("Two", second)):
            add_miner(address=str(device.address), name=name, family="avalon_nano", actor="keeper", now=walk.now)

    with ExitStack() as later:
        for seed, host in ((1, hosts[2]), (2, hosts[1])):
            later.enter_context(AvalonSimulator("nano3", host=host, port=first.port, seed=seed, clock=walk.clock))
        for miner in Miner.objects.all():
            walk.read(miner)
        job = start_scan(["127.0.0.20/30"], ports=str(first.port), add=True, actor="keeper", now=walk.now)
        scan_network(job.pk)

    assert Job.objects.get(pk=job.pk).message == "2 moved."
    assert dict(Miner.objects.values_list("name", "host")) == {"One": hosts[2], "Two": hosts[1]}
