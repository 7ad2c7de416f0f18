"""Power-cycling a miner that hangs: when it may begin, and whether it may end with the plug on."""

from datetime import timedelta

import pytest

from hmm.audit.models import AuditEntry
from miners.models import Miner, MinerTarget
from miners.services.plug_commands import request_plug
from strategy.services.switches import set_enabled, set_override
from strategy.services.ticking import due_since
from tests.strategy.powered import ENTITY

pytestmark = pytest.mark.django_db


def told():
    return [row.reason for row in AuditEntry.objects.filter(action="plug.cycle").order_by("pk")]


def halfway(powered):
    """Let the plug of a miner that should run have gone off for a power-cycle, some seconds before it may come on."""
    powered.set(min_off_minutes=5)
    powered.house.prices(9, 9, 9, 9)
    powered.tick()
    request_plug(powered.switch, on=False, is_cycle=True, actor="strategy", reason="hangs", now=powered.house.now)
    powered.walk(0.2)
    assert powered.house.now < powered.switch.cycle_ends_at
    assert not powered.is_on


def test_a_hung_miner_is_power_cycled_once_an_hour(powered):
    powered.set(cycles_hung=True)
    powered.house.prices(9, 9, 9, 9)
    powered.tick()
    powered.walk(5)
    powered.server.plugs[ENTITY].feeds = None  # the current comes and goes, the miner stays dead
    powered.house.device.set_fault("vanish")

    powered.walk(4)
    powered.jump(12)
    powered.walk(2)
    assert powered.calls() == ["turn_off", "turn_on"]
    powered.jump(25)
    powered.jump(12)
    assert powered.calls() == ["turn_off", "turn_on"]

    assert powered.is_on
    assert AuditEntry.objects.filter(action="plug.cycle").count() == 1


def test_a_hung_miner_is_not_cycled_with_a_healthy_neighbour(powered):
    powered.set(cycles_hung=True)
    other = Miner.objects.create(
        name="Kettle", kind="bitaxe", host="192.168.7.9", port=80, trust="full", poll_due_at=powered.house.now
    )
    Miner.objects.filter(pk=other.pk).update(plug=powered.switch_pk, enabled=False, last_seen_at=powered.house.now)
    powered.house.prices(9, 9, 9, 9)
    powered.tick()
    powered.walk(5)
    powered.house.device.set_fault("vanish")

    powered.walk(4)
    powered.jump(12)
    powered.jump(12)

    assert powered.calls() == []


def test_a_power_cycle_ends_after_ten_seconds_without_waiting_for_the_next_minute(powered):
    halfway(powered)
    ends = powered.switch.cycle_ends_at
    powered.walk(0.1)
    assert powered.calls() == ["turn_off"]
    assert due_since(now=ends - timedelta(seconds=1)) is None
    assert due_since(now=ends + timedelta(seconds=1)) == ends

    powered.walk(0.5)

    assert powered.is_on
    assert powered.switch.cycle_ends_at is None
    assert told() == []


def test_a_power_cycle_into_a_dear_slot_leaves_the_plug_off_and_says_so(powered):
    halfway(powered)
    powered.house.prices(9, 40, 40)
    powered.jump(30)
    powered.walk(2)

    assert powered.calls() == ["turn_off"]
    assert "stays off after its power-cycle" in told()[0]


def test_an_override_that_forces_off_during_a_power_cycle_keeps_the_plug_off(powered):
    halfway(powered)
    set_override("off", actor="ann", now=powered.house.now)

    powered.walk(2)

    assert powered.calls() == ["turn_off"]
    assert len(told()) == 1


@pytest.mark.parametrize(("change", "words"), [({"locked": True}, "locked"), ({"held_by": "ann"}, "by ann")])
def test_a_person_who_steps_in_during_a_power_cycle_is_obeyed(powered, change, words):
    halfway(powered)
    powered.set(**change)

    powered.walk(2)

    assert powered.calls() == ["turn_off"]
    assert words in told()[0]
    assert "its plug" in MinerTarget.objects.get().waiting


@pytest.mark.parametrize("early", [True, False])
def test_a_person_s_off_during_a_power_cycle_stays_and_has_a_name(powered, early):
    if early:
        powered.house.prices(9, 9, 9, 9)
        powered.tick()
        now = powered.house.now
        request_plug(powered.switch, on=False, is_cycle=True, actor="strategy", reason="hangs", now=now)
    else:
        halfway(powered)
    request_plug(powered.switch, on=False, by_hand=True, actor="ann", reason="By hand.", now=powered.house.now)

    powered.walk(2)

    assert powered.calls() == ["turn_off"]
    assert (powered.switch.held_by, powered.switch.cycle_ends_at) == ("ann", None)
    assert "by ann" in MinerTarget.objects.get().waiting


@pytest.mark.parametrize("gone", ["strategy", "enrolment"])
def test_nobody_s_miner_stays_dark_because_it_was_let_go_of_during_a_power_cycle(powered, gone):
    halfway(powered)
    if gone == "strategy":
        set_enabled(False, actor="ann")
    else:
        Miner.objects.update(enrolled=False)

    powered.walk(1.5)

    assert powered.is_on


def test_a_worker_that_died_between_the_halves_leaves_no_miner_dark(powered):
    halfway(powered)
    powered.house.now += timedelta(minutes=3)  # nothing runs

    powered.walk(1.5)

    assert powered.is_on


def test_a_home_assistant_that_dies_between_the_halves_is_waited_for(powered):
    halfway(powered)
    powered.server.set_fault("vanish")
    powered.walk(6)
    assert powered.switch.cycle_ends_at is not None
    powered.server.set_fault("none")

    powered.walk(3)

    assert powered.is_on
    assert powered.calls() == ["turn_off", "turn_on"]
