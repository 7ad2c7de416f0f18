"""Every role on the farm can be made, described, run in the past, and answers as the family it says."""

import pytest

from hmm.demo import plan as plans
from hmm.demo.cast import CAST
from hmm.demo.makers.registry import MAKERS
from miners.drivers.registry import FAMILIES, FAMILY_MODES, recognise


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
