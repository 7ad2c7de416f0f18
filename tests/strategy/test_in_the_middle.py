"""Something happens in the middle of a command: the price turns, a chip trips, the firmware is another one."""

import json
from datetime import timedelta

import pytest

from hmm.audit.models import AuditEntry
from hmm.jobs.services import claim_job
from miners.models import Command, CommandStatus
from miners.services import bulk
from miners.services.commands import request_command, take_command_step
from miners.services.polling import due_commands

pytestmark = pytest.mark.django_db


def patched(house, key):
    bodies = [json.loads(body) for _at, method, _path, body in house.device.requests if method == "PATCH"]
    return [body[key] for body in bodies if key in body]


def test_a_job_for_many_across_a_band_change_leaves_the_miner_as_the_new_band_wants_it(house):
    house.prices(9, 35, 9, 9)
    house.tick()
    house.settle(240)
    house.now = house.now.replace(minute=29, second=58)
    house.poll()
    job = bulk.start_bulk("mode", [house.miner.pk], {"mode": "turbo"}, actor="keeper", now=house.now)
    bulk.begin_lines(claim_job(job.pk), now=house.now)

    house.now += timedelta(seconds=3)
    house.tick()
    house.settle(120)
    bulk.follow(job, now=house.now)
    assert house.device.paused
    assert job.line_rows.get().state in {"done", "failed"}
    assert job.line_rows.get().text

    house.now = house.now.replace(minute=0, second=5) + timedelta(hours=1)
    house.poll()
    house.tick()
    house.settle(240)
    house.pass_minutes(2)
    assert (house.device.paused, house.fresh().newest.mode) == (False, "standard")


def test_a_chip_that_trips_while_a_mode_is_set_is_not_given_the_hot_mode_again(house):
    house.prices(9, 9, 9)
    house.tick()
    house.settle(240)
    request_command(house.fresh(), "mode", {"mode": "turbo"}, actor="keeper", reason="", now=house.now)
    hot = house.miner.board.presets["turbo"].frequency_mhz
    for pk in due_commands(now=house.now):
        take_command_step(pk, now=house.now)
    house.device.trip_overheat()
    house.device.physics.temp_c = 76.0

    house.pass_minutes(5)

    assert house.device.settings["frequency"] < hot
    assert patched(house, "frequency").count(hot) == 1
    assert not Command.objects.open().exists()
    assert AuditEntry.objects.filter(action="miner.drift").exists()


def test_a_firmware_that_changes_while_a_pool_is_set_is_noted_and_the_pool_written_once(house):
    pool = {"host": "other.test", "port": 3334, "user": "wallet"}
    command = request_command(house.fresh(), "pool", pool, actor="keeper", reason="", now=house.now)
    for pk in due_commands(now=house.now):
        take_command_step(pk, now=house.now)
    house.device.firmware, house.device.version = "v2.15.0", (2, 15)

    house.settle(240)

    assert Command.objects.get(pk=command.pk).status == CommandStatus.APPLIED
    assert house.device.live_pool["stratumURL"] == "other.test"
    assert len(patched(house, "stratumURL")) == 1
    assert AuditEntry.objects.get(action="miner.firmware").after == {"firmware": "v2.15.0"}
