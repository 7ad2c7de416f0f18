"""A restart forgets a pause: a miner that is to be off never runs for longer than it takes to notice."""

from datetime import timedelta

import pytest

from hmm.jobs.asks import ABOUT_STRATEGY, is_asked
from miners.models import Command, CommandStatus, Miner, MinerTarget, PlugCommand
from miners.services.commands import request_command, take_command_step
from miners.services.fleet import edit_miner
from miners.services.home_assistant import check_connection
from miners.services.plug_commands import due_plug_commands
from miners.services.polling import due_commands
from miners.services.restarts import is_to_be_off

pytestmark = pytest.mark.django_db
POOL = {"host": "other.test", "port": 3334, "user": "wallet"}


def until_pool_needs_restart(house):
    """Run the strategy up to the moment at which a written pool waits for its restart."""
    for _second in range(120):
        if Command.objects.filter(kind="pool", status=CommandStatus.NEEDS_RESTART).exists():
            return
        due = due_commands(now=house.now)
        for pk in due:
            take_command_step(pk, now=house.now)
        house.poll_due()
        house.now += timedelta(seconds=1)
    raise AssertionError("no pool was written")


def restarts(house):
    return [line for line in house.writes() if "restart" in line]


def test_the_restart_of_a_pool_change_waits_while_the_miner_is_to_be_off(house):
    house.prices(9, 35, 9, 9)
    house.tick()
    until_pool_needs_restart(house)
    house.now += timedelta(minutes=30)
    house.poll()
    house.tick()
    house.settle(240)

    assert house.device.paused
    assert restarts(house) == []
    held = Command.objects.get(kind="pool")
    assert held.status == CommandStatus.NEEDS_RESTART
    assert "when it is to run" in held.message

    house.now += timedelta(minutes=30)
    house.poll()
    house.tick()
    house.settle(240)
    assert not house.device.paused
    assert house.device.live_pool["stratumURL"] == "dgb.test"
    assert len(restarts(house)) == 1


def test_a_held_restart_is_taken_back_when_the_strategy_lets_go_of_the_miner(house):
    house.prices(9, 35, 35)
    house.tick()
    until_pool_needs_restart(house)

    edit_miner(house.fresh(), {"enrolled": False}, actor="ann", now=house.now)

    taken_back = Command.objects.get(kind="pool")
    assert taken_back.status == CommandStatus.CANCELLED
    assert "after the next restart" in taken_back.message
    house.settle(60)
    assert restarts(house) == []
    again = request_command(house.fresh(), "pool", taken_back.asked, actor="ann", reason="", now=house.now)
    assert again.status == CommandStatus.NEEDS_RESTART, "what is written is still owed its restart"


@pytest.mark.parametrize("let_go", ["enrolled", "enabled"])
def test_an_old_target_keeps_no_miner_off_that_nobody_steers(house, let_go):
    house.prices(35, 35)
    house.tick()
    assert is_to_be_off(house.fresh())

    Miner.objects.update(**{let_go: False})

    assert not is_to_be_off(house.fresh())


def test_a_held_restart_gives_way_to_another_pool(house):
    house.prices(9, 35, 2, 2)
    house.tick()
    until_pool_needs_restart(house)
    house.now += timedelta(minutes=30)
    house.poll()
    house.tick()
    house.settle(120)
    house.now += timedelta(minutes=30)
    house.poll()
    house.tick()
    house.settle(240)
    house.pass_minutes(2)

    assert house.device.live_pool["stratumURL"] == "btc.test"
    assert not Command.objects.open().exists()


def test_a_restart_that_was_on_its_way_is_followed_by_a_pause_at_once(house):
    house.prices(9, 35, 35)
    house.tick()
    until_pool_needs_restart(house)
    for pk in due_commands(now=house.now):
        take_command_step(pk, now=house.now)  # the restart leaves
    house.now = house.now.replace(minute=30, second=1)
    house.device.down_until = house.device.booted_at = house.device.clock() + 5
    house.tick()
    assert MinerTarget.objects.get().on is False

    ran = 0
    for _second in range(90):
        house.step()
        ran += house.device.runs()
        house.now += timedelta(seconds=1)

    assert house.device.paused
    assert ran <= 40, "a poll interval and a few seconds"


def test_a_device_that_was_power_cycled_is_paused_by_the_next_reading_without_a_tick(house):
    house.prices(35, 35)
    house.tick()
    house.settle()
    house.now += timedelta(minutes=5)
    house.poll()
    house.device.reboot()

    for _second in range(45):
        house.step()
        house.now += timedelta(seconds=1)

    assert house.device.paused
    assert Command.objects.filter(kind="power").count() == 2


def test_a_person_s_pool_at_a_paused_miner_does_not_make_it_run(house):
    house.prices(35, 35)
    house.tick()
    house.settle()
    request_command(house.fresh(), "pool", POOL, actor="keeper", reason="", now=house.now)
    house.settle(120)

    assert house.device.paused
    assert house.device.settings["stratumURL"] == "other.test"
    assert restarts(house) == []


def test_an_order_to_run_that_found_nobody_to_send_it_is_asked_of_the_price_of_now_first(house):
    house.prices(40, 40, 9, 9, 9, 9, 40, 40)
    house.jump(1)
    house.now += timedelta(minutes=65)
    house.poll()
    house.tick()
    assert Command.objects.open().filter(kind="power", value={"on": True}).exists()

    house.now += timedelta(minutes=130)
    for _second in range(20):
        house.step()
        house.now += timedelta(seconds=1)

    assert house.device.paused
    assert is_asked(ABOUT_STRATEGY)
    assert not Command.objects.filter(value={"on": True}, sent_at__isnull=False).exists()


def test_a_plug_that_found_nobody_to_switch_it_on_is_asked_of_the_price_of_now_first(powered):
    house = powered.house
    house.prices(40, 40, 9, 9, 9, 9, 40, 40)
    powered.tick()
    powered.walk(3)
    house.now += timedelta(minutes=65)
    check_connection(now=house.now)
    powered.tick()
    assert PlugCommand.objects.open().filter(on=True).exists()

    house.now += timedelta(minutes=130)
    assert due_plug_commands(now=house.now) == []
    assert is_asked(ABOUT_STRATEGY)
    powered.walk(3)

    assert "turn_on" not in powered.calls()
    assert not powered.is_on
