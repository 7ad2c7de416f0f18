"""What a person asks or changes while a tick is at it is looked at by the next one, a second later."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.urls import reverse

from hmm.jobs.models import Ask
from miners.models import Command, Miner, MinerTarget, NewestReading
from miners.services.commands import request_command
from miners.services.fleet import edit_miner, remove_miner
from pools.models import Pool
from pools.services import save_pool
from strategy.models import StrategyState
from strategy.services.bands import apply_now, edit_band
from strategy.services.switches import look_now, set_enabled, set_override, set_safety
from strategy.services.ticking import AFTER_FAILURE, CLAIM, claim, tick, tick_if_due
from strategy.tasks import run_due_tick

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


class KilledError(BaseException):
    """What kill -9 would do, as far as a test can tell."""


def in_the_middle(act):
    """Return what runs an act once, after a tick has read everything and before it writes what it wants."""
    left = [act]

    def look(execute, sql, parameters, many, context):
        if left and "miners_minertarget" in sql and sql.startswith("SELECT"):
            left.pop()()
        return execute(sql, parameters, many, context)

    return connection.execute_wrapper(look)


def decided_at():
    return StrategyState.objects.get().decided_at


def enrol(house, enrolled):
    edit_miner(house.fresh(), {"enrolled": enrolled}, actor="keeper", now=house.now)


ACTS = {
    "execute": lambda house: look_now(actor="keeper"),
    "enrol": lambda house: enrol(house, False) or enrol(house, True),
    "un-enrol": lambda house: enrol(house, False),
    "leave out": lambda house: edit_miner(house.fresh(), {"enabled": False}, actor="keeper", now=house.now),
    "remove": lambda house: remove_miner(house.fresh(), actor="keeper"),
    "apply now": lambda house: apply_now(actor="keeper", now=house.now),
    "disable": lambda house: set_enabled(False, actor="keeper"),
    "override": lambda house: set_override("off", actor="keeper", now=house.now),
    "safety": lambda house: set_safety(grace_minutes=5, fail_safe="hold", actor="keeper", now=house.now),
    "hold": lambda house: request_command(
        house.fresh(), "mode", {"mode": "eco"}, actor="keeper", reason="", now=house.now
    ),
    "pool": lambda house: save_pool(Pool.objects.get(coin="DGB"), actor="keeper"),
}


@pytest.mark.parametrize("name", ACTS)
def test_what_comes_during_a_tick_is_looked_at_right_after(house, name):
    house.prices(9, 9)
    house.tick()
    edit_band(3, {"modes": {"bitaxe": "turbo"}}, actor="keeper", now=house.now)
    assert tick_if_due(now=house.now + SECOND) is None, "nothing is asked yet"

    with in_the_middle(lambda: ACTS[name](house)):
        house.now += timedelta(minutes=1)
        house.tick()

    assert Ask.objects.exists()
    assert tick_if_due(now=house.now + SECOND) is not None
    assert not Ask.objects.exists()
    assert tick_if_due(now=house.now + 2 * SECOND) is None


def test_nobody_waits_for_a_tick_that_is_under_way(house):
    house.prices(9, 9)
    claim(house.now, None)
    look_now(actor="keeper")

    assert tick_if_due(now=house.now + SECOND) is None
    StrategyState.objects.update(ticking_until=None)

    assert tick_if_due(now=house.now + 2 * SECOND) is not None


def test_a_miner_let_go_during_a_tick_is_not_commanded(house):
    house.prices(35, 35)

    with in_the_middle(lambda: enrol(house, False)):
        house.tick()
    tick_if_due(now=house.now + SECOND)
    house.step()

    assert not house.device.paused
    assert MinerTarget.objects.count() == 0
    assert not Command.objects.open().exists()


def test_what_was_asked_outlives_a_tick_that_was_killed(house):
    house.prices(9, 9)
    look_now(actor="keeper")

    def kill():
        raise KilledError

    with pytest.raises(KilledError), in_the_middle(kill):
        house.tick()
    StrategyState.objects.update(ticking_until=house.now + CLAIM)  # a killed process gives nothing back

    assert tick_if_due(now=house.now + SECOND) is None
    assert tick_if_due(now=house.now + CLAIM) is not None
    assert not Ask.objects.exists()


def test_a_tick_that_fails_is_not_tried_again_each_second(house):
    house.prices(9, 9)
    look_now(actor="keeper")

    def fail():
        raise KilledError

    with pytest.raises(KilledError), in_the_middle(fail):
        house.tick()

    assert tick_if_due(now=house.now + SECOND) is None
    assert tick_if_due(now=house.now + AFTER_FAILURE) is not None


def test_a_button_is_looked_at_within_a_second(house, client, monkeypatch):
    house.prices(9, 9)
    client.force_login(User.objects.create_superuser("keeper"), backend="django.contrib.auth.backends.ModelBackend")
    for second, name, arguments in ((1, "strategy-execute", []), (2, "strategy-enrol", [house.miner.pk])):
        house.tick()
        monkeypatch.setattr("strategy.tasks.read_clock", lambda second=second: house.now + second * SECOND)

        client.post(reverse(name, args=arguments), {"enrolled": "false"})
        run_due_tick()

        assert decided_at() == house.now + second * SECOND


def test_what_the_strategy_does_asks_for_nothing(house):
    house.prices(35, 9)
    tick(now=house.now)

    house.settle()

    assert house.device.paused
    assert not Ask.objects.exists()


def test_what_waited_for_a_first_reading_is_told_anew_when_it_comes(house):
    house.prices(9, 9)
    NewestReading.objects.all().delete()
    Miner.objects.update(last_seen_at=None)
    house.tick()
    assert MinerTarget.objects.get().waiting == "its first reading is awaited"

    house.poll()
    tick_if_due(now=house.now + SECOND)

    assert MinerTarget.objects.get().waiting == ""


def test_a_reading_that_is_only_old_is_not_called_a_miner_that_does_not_answer(house):
    house.prices(9, 9)
    house.now += timedelta(minutes=3)  # nobody polled

    house.tick()

    assert MinerTarget.objects.get().waiting == "its last reading is old; a new one is awaited"


def test_a_miner_that_answers_again_is_looked_at_at_once(house):
    house.prices(9, 9)
    Miner.objects.update(unreachable_since=house.now)
    house.tick()
    assert MinerTarget.objects.get().waiting == "it does not answer"

    house.poll()
    tick_if_due(now=house.now + SECOND)

    assert MinerTarget.objects.get().waiting == ""


def test_a_field_that_a_fresh_reading_leaves_out_is_named(house):
    house.prices(9, 9)
    NewestReading.objects.update(mode=None)

    house.tick()

    assert "its mode is not known" in MinerTarget.objects.get().waiting


def test_a_person_s_command_is_shown_with_the_name_right_after_it_is_applied(house):
    house.prices(9, 9)
    house.tick()
    house.settle(240)

    request_command(house.fresh(), "mode", {"mode": "turbo"}, actor="keeper", reason="", now=house.now)
    house.settle()
    tick_if_due(now=house.now + SECOND)

    assert MinerTarget.objects.get().waiting == "mode set by keeper; left alone until the band changes"
