"""Every role on the farm can be made, described, run in the past, and answers as the family it says."""

import socket
from datetime import timedelta
from decimal import Decimal

import pytest

from hmm.clock import now as read_clock
from hmm.demo import plan as plans
from hmm.demo.cast import CAST
from hmm.demo.devices import start
from hmm.demo.history import MinerHistory, Stretch
from hmm.demo.makers.registry import MAKERS
from miners.drivers.bitaxe.simulator import BitaxeSimulator
from miners.drivers.boards import board_to_json
from miners.drivers.registry import FAMILIES, FAMILY_MODES, recognise
from miners.models import Miner
from strategy import core


def test_every_family_that_can_be_talked_to_is_on_the_farm():
    assert {"bitaxe", "nerdqaxe"} <= {role.family for role in CAST}
    assert {role.family for role in CAST} <= set(MAKERS)


@pytest.mark.parametrize("family", [family for family in ("bitaxe", "nerdqaxe") if family in FAMILIES])
def test_a_role_is_described_as_it_answers(family):
    role = next(role for role in CAST if role.family == family)
    maker = MAKERS[family]
    device = maker.make(role, 3, 0)
    told, board = maker.describe(device)
    with device:
        seen = recognise(device.host, device.port)

    assert (seen.family, seen.model, seen.firmware, seen.mac) == (family, told.model, role.firmware, told.mac)
    assert set(board.presets) < set(FAMILY_MODES[family])


@pytest.mark.parametrize("role", CAST, ids=lambda role: role.name)
def test_its_past_has_work_where_it_ran_and_none_or_the_least_where_it_did_not(role):
    maker = MAKERS[role.family]
    device = maker.make(role, 3, 0)
    _reading, board = maker.describe(device)

    running = maker.settled(device, maker.champion_mode, board, True)
    resting = maker.settled(device, maker.champion_mode, board, False)

    assert running.hashrate_ths > 0
    least = {0, running.hashrate_ths}  # what cannot be turned off runs its lowest mode
    assert resting.hashrate_ths in least


def test_a_farm_that_was_begun_earlier_gives_new_roles_a_port():
    plan = plans.new_plan(["One"], day_in_minutes=48, user="u", password="p", prices_file="")
    before = plan.miner_ports["One"]

    assert plans.add_ports(plan, ["One", "Two"])
    assert not plans.add_ports(plan, ["One", "Two"])
    assert plan.miner_ports["One"] == before
    assert plan.miner_ports["Two"] > 0


def test_ports_are_none_that_a_system_gives_out_by_itself_and_none_is_given_twice(monkeypatch):
    monkeypatch.setattr(plans.secrets, "randbelow", lambda _most: plans.PORTS - 3)  # it goes on at the first one
    plan = plans.new_plan(["One", "Two"], day_in_minutes=48, user="u", password="p", prices_file="")
    plans.add_pool_ports(plan, ["Pool", "Other"])

    assert len(plan.ports) == 6 + 2 + 4
    assert all(plans.FIRST_PORT <= port < plans.FIRST_PORT + plans.PORTS for port in plan.ports)
    assert plans.FIRST_PORT + plans.PORTS <= 32_768, "where Linux begins"


def test_a_device_whose_port_was_taken_meanwhile_is_away_and_comes_when_it_is_free():
    devices = {"One": BitaxeSimulator(), "Two": BitaxeSimulator(seed=2)}
    with socket.create_server(("127.0.0.1", 0)) as taken:
        devices["One"].port = taken.getsockname()[1]

        assert start(devices, devices) == ["One"]
        assert recognise(devices["Two"].host, devices["Two"].port).family == "bitaxe"

    try:
        assert start(devices, ["One"]) == []
        assert recognise(devices["One"].host, devices["One"].port).family == "bitaxe"
    finally:
        for device in devices.values():
            device.stop()


@pytest.mark.parametrize("role", CAST, ids=lambda role: role.name)
def test_each_slot_of_its_past_is_in_the_ledger_also_one_in_which_all_was_off(role):
    """Always on is the mean of the ledger's prices: a slot that is missing there would make it cheaper."""
    device = MAKERS[role.family].make(role, 3, 0)
    _reading, board = MAKERS[role.family].describe(device)
    facts = board_to_json(board) if board is not None else None
    miner = Miner(name=role.name, kind=role.family, enrolled=True, board_facts=facts)
    now = read_clock()
    slot = core.Period(now - timedelta(minutes=30), now, Decimal(40))
    modes = dict.fromkeys(FAMILIES, core.MANAGED_EXTERNALLY)
    off = core.Band(position=1, ceiling_p_per_kwh=None, target="OFF", modes=modes)
    decision = core.decide(core.Situation(now=slot.start, bands=(off,), periods=(slot,)))
    history = MinerHistory(miner, device, 3, now)

    history.add(Stretch(slot.start, slot.end, decision, slot.price_p_per_kwh), champion=False)

    assert [(row.known_s, row.hashing_s) for row in history.ledger] == [(1800, 0)]
