"""What falls between the parts: budget, back-off, pools, plugs and prices at once, as beat and worker do it."""

from datetime import timedelta

import pytest

from hmm.audit.models import AuditEntry
from miners.models import Command, FieldState, Miner, MinerTarget, NewestReading
from miners.services.commands import request_command, take_command_step
from miners.services.fleet import edit_miner
from miners.services.polling import claim_due_polls, due_commands, poll
from pools.models import Pool
from strategy.services.switches import set_enabled
from strategy.services.ticking import due_since, tick

pytestmark = pytest.mark.django_db


@pytest.fixture
def shipped(settings):
    settings.HMM_DEVICE_REQUESTS_PER_MINUTE = 6


def live(house, seconds, *, watch=lambda: None):
    """Let beat and worker do what they do in a second, within the budget of each device; a tick a minute."""
    for _second in range(seconds):
        house.now += timedelta(seconds=1)
        since = due_since(now=house.now) if house.now.second % 10 == 0 else None
        if house.now.second == 0 or since is not None:
            tick(now=house.now)
        for pk in due_commands(now=house.now):
            take_command_step(pk, now=house.now)
        for pk in claim_due_polls(now=house.now):
            poll(pk, now=house.now)
        watch()


def ran_after(house, moment, seconds):
    """Return how many seconds a device ran from `moment` on."""
    ran = []
    live(house, seconds, watch=lambda: ran.append(house.device.runs() and house.now >= moment))
    return sum(ran)


def test_a_fleet_without_any_pool_still_gets_its_power_and_modes(house):
    house.prices(9, 9, 35)
    Pool.objects.all().delete()

    house.tick()
    house.settle(60)

    assert house.device.settings["frequency"] == 525
    assert not FieldState.objects.exclude(held_by="").exists()


def test_long_words_of_why_it_waits_fit_their_row(house):
    edit_miner(house.miner, {"name": "N" * 60}, actor="keeper", now=house.now)
    Miner.objects.update(firmware="v2.12.2-" + "f" * 50)
    house.prices(35, 35)
    house.tick()
    for row in FieldState.objects.all():
        row.delete()
    NewestReading.objects.update(locked=True)
    for name in ("power", "mode", "pool"):
        FieldState.objects.update_or_create(
            miner=house.miner, field=name, defaults={"confirmed": {"on": True}, "held_by": "k" * 150}
        )
    house.tick()

    assert len(MinerTarget.objects.get().waiting) <= 200


@pytest.mark.parametrize("interval", [15, 60])
def test_a_dear_slot_right_after_a_burst_of_commands_is_off_within_a_minute(house, shipped, interval):
    edit_miner(house.miner, {"poll_interval_s": interval}, actor="keeper", now=house.now)
    house.prices(9, 35, 35)
    house.now = house.now.replace(minute=28, second=30)
    ran = ran_after(house, house.now.replace(minute=30, second=0), 170)

    assert house.device.paused
    assert ran <= 45
    assert AuditEntry.objects.filter(action="strategy.transition").count() == 2


def test_a_person_s_burst_does_not_keep_it_running_either(house, shipped):
    house.prices(9, 35, 35)
    house.now = house.now.replace(minute=27, second=30)
    live(house, 140)
    fresh = house.fresh()
    request_command(fresh, "pool", {"host": "o.test", "port": 3, "user": "u"}, actor="k", reason="", now=house.now)
    request_command(fresh, "fan", {"percent": 70}, actor="k", reason="", now=house.now)
    request_command(fresh, "mode", {"mode": "eco"}, actor="k", reason="", now=house.now)
    request_command(fresh, "identify", {}, actor="k", reason="", now=house.now)
    ran = ran_after(house, house.now.replace(minute=30, second=0), 100)

    assert house.device.paused
    assert ran <= 60


def test_a_device_that_obeys_late_is_not_left_running_for_an_hour(house):
    house.prices(35, 35, 35, 35)
    house.device.lies_about = {"miningPaused"}
    house.tick()
    house.settle(90)
    FieldState.objects.filter(field="power").update(failures=6)
    house.jump(5)
    assert FieldState.objects.get(field="power").failures == 7
    house.device.lies_about = set()
    house.jump(5)

    assert house.device.paused


def test_what_waits_is_withdrawn_when_the_miner_leaves_the_strategy(house, shipped):
    house.prices(9, 9)
    house.tick()
    edit_miner(house.fresh(), {"enrolled": False}, actor="keeper", now=house.now)
    live(house, 20)

    assert house.writes() == []
    assert not Command.objects.open().exists()


def test_what_waits_is_withdrawn_when_the_strategy_is_switched_off(house, shipped):
    house.prices(9, 9)
    house.tick()
    set_enabled(False, actor="keeper")
    house.tick()
    live(house, 20)

    assert house.writes() == []


def test_a_price_gap_does_not_end_what_a_person_holds(house):
    house.prices(9)
    house.tick()
    house.settle(240)
    house.pass_minutes(1)
    house.device.obey({"paused": True})
    house.pass_minutes(2)
    assert FieldState.objects.get(field="power").held_by
    house.jump(27)
    house.prices(9, 9)
    house.pass_minutes(3)

    assert house.device.paused, "switched off by hand is respected until the band changes"


@pytest.mark.parametrize("minutes", [4, 90])
def test_a_clock_set_back_does_not_keep_it_running(house, shipped, minutes):
    house.prices(35, 35, 35, 35)
    house.tick()
    house.settle(20)
    house.device.obey({"paused": False})
    house.now -= timedelta(minutes=minutes)
    house.prices(35, 35, 35, 35, 35, 35)
    live(house, 70)

    assert house.device.paused


def test_two_devices_that_swapped_addresses_are_not_taken_for_each_other(house):
    house.prices(9, 9)
    house.device.mac = "02:00:00:00:00:99"
    house.poll()
    house.tick()
    house.settle(60)

    assert house.writes() == []
    assert "Another device answers" in house.fresh().last_error
    assert house.fresh().unreachable_since is not None


def test_no_wallet_is_in_the_activity_of_a_pool(house):
    Pool.objects.update(wallet="bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq")
    house.prices(9, 9)
    house.tick()
    house.settle(240)
    house.device.obey({"settings": {"stratumUser": "bc1qother0000000000000000000000000000000wxyz.Study"}})
    house.pass_minutes(1)

    rows = str(list(AuditEntry.objects.filter(action__in=("miner.pool", "miner.drift")).values("before", "after")))
    assert "bc1q…5mdq.Study" in rows
    assert "bc1q…wxyz.Study" in rows
    assert "ar0srrr" not in rows
    assert "bc1qother" not in rows
