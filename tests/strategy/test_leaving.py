"""A miner the strategy lets go of while it is off can be turned on again."""

from datetime import timedelta

import pytest

from miners.models import Command, FieldState, MinerTarget
from miners.services.fleet import edit_miner
from miners.services.leaving import is_left_off, turn_on_again
from tests.strategy.test_restarts import until_pool_needs_restart

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("change", [{"enrolled": False}, {"enabled": False}])
def test_what_we_turned_off_is_offered_and_comes_back_on(house, change):
    house.prices(35, 35)
    house.tick()
    house.settle()
    assert not is_left_off(house.fresh(), house.now)
    edit_miner(house.fresh(), change, actor="keeper", now=house.now)
    assert is_left_off(house.fresh(), house.now)

    turn_on_again(house.fresh(), actor="keeper", now=house.now)
    house.settle()

    assert not house.device.paused
    assert Command.objects.first().status == "applied"
    assert not is_left_off(house.fresh(), house.now)


def test_what_a_person_turned_off_is_not_offered(house):
    house.prices(9, 9)
    house.tick()
    house.settle(240)
    house.device.obey({"paused": True})
    house.pass_minutes(1)
    edit_miner(house.fresh(), {"enrolled": False}, actor="keeper", now=house.now)

    assert not is_left_off(house.fresh(), house.now)


def test_nothing_is_wanted_any_more_of_a_miner_that_left(house):
    house.prices(35, 35)
    house.tick()
    edit_miner(house.fresh(), {"enrolled": False}, actor="keeper", now=house.now)

    assert not MinerTarget.objects.exists()


def test_a_restart_that_is_owed_ends_with_the_enrolment_and_is_not_forgotten(house):
    house.prices(9, 35, 35, 9, 9)
    house.tick()
    until_pool_needs_restart(house)
    house.now += timedelta(minutes=30)
    house.poll()
    house.tick()
    house.settle(240)
    assert Command.objects.get(kind="pool").status == "needs restart"

    edit_miner(house.fresh(), {"enrolled": False}, actor="keeper", now=house.now)

    left = Command.objects.get(kind="pool")
    assert (left.status, "next restart" in left.message) == ("cancelled", True)
    assert not Command.objects.open().exists()
    assert FieldState.objects.get(field="pool").restart_owed["host"] == "dgb.test"
