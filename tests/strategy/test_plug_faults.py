"""The moment the price turns off, and something at the plug goes wrong: the next way of turning off takes over."""

import pytest

from hmm.audit.models import AuditEntry
from miners.models import HomeAssistantServer, MinerTarget, PlugCommand
from miners.services.plug_commands import take_plug_step
from notifications.models import Incident
from tests.strategy.powered import ENTITY

pytestmark = pytest.mark.django_db


def gone(powered):
    powered.server.set_fault("vanish")


def rejected(powered):
    powered.server.token = "another"


def trapped(trap):
    def spring(powered):
        powered.server.plugs[ENTITY].trap = trap

    return spring


def seconds_until_paused(powered, limit=90):
    began = powered.house.now
    while not powered.house.device.paused and (powered.house.now - began).total_seconds() < limit:
        powered.walk(0.05)
    return (powered.house.now - began).total_seconds()


@pytest.mark.parametrize(
    ("break_it", "within_s", "incident"),
    [
        (gone, 15, "home_assistant_down"),
        (rejected, 15, "home_assistant_token"),
        (trapped("stuck"), 45, "plug_not_confirmed"),
        (trapped("unavailable"), 45, "plug_not_confirmed"),
    ],
)
def test_a_plug_that_fails_at_the_very_moment_falls_through_to_the_pause_and_is_told(
    powered, break_it, within_s, incident
):
    powered.house.prices(40, 40)
    break_it(powered)

    powered.tick()

    assert PlugCommand.objects.get().on is False, "the best way is tried first"
    assert seconds_until_paused(powered) <= within_s
    assert Incident.objects.open().filter(kind=incident).exists()
    assert "cannot be switched now" in MinerTarget.objects.get().note


def test_a_plug_that_comes_back_is_the_first_way_again(powered):
    powered.house.prices(40, 40)
    gone(powered)
    powered.tick()
    seconds_until_paused(powered)

    powered.server.set_fault("none")
    powered.walk(6)

    assert not powered.is_on
    assert HomeAssistantServer.objects.get().down_since is None
    assert powered.tile().state == "off"


def test_a_plug_that_flaps_on_in_a_dear_slot_is_put_back_each_time_whatever_its_limits(powered):
    powered.set(daily_cap=1, min_on_minutes=30, min_off_minutes=30)
    powered.house.prices(40, 40)
    powered.tick()
    powered.walk(1)

    for _flap in range(3):
        powered.server.flip(ENTITY, on=True)
        powered.walk(2.5)
        assert not powered.is_on

    assert set(powered.calls()) == {"turn_off"}
    assert not AuditEntry.objects.filter(action="plug.hold").exists()


def test_an_earlier_on_that_is_not_proven_yet_is_overtaken_by_off(powered):
    powered.server.flip(ENTITY, on=False)
    powered.server.plugs[ENTITY].trap = "late"
    powered.house.prices(9, 9)
    powered.walk(1)
    take_plug_step(PlugCommand.objects.get(on=True).pk, now=powered.house.now)
    powered.house.prices(40, 40)

    powered.tick()
    powered.walk(0.5)

    assert powered.calls() == ["turn_on", "turn_off"]
    assert not powered.is_on
