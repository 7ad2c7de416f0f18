"""One thing done to many miners: a line for each, half a failure told, nothing sent twice."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.urls import reverse

from hmm.clock import now as read_clock
from hmm.jobs.models import Job, JobLine
from hmm.jobs.services import claim_job
from miners.drivers.bitaxe.simulator import BitaxeSimulator
from miners.models import Command, Miner
from miners.services import bulk
from miners.services.commands import take_command_step
from miners.services.fleet import add_miner
from miners.services.polling import claim_due_polls, due_commands, poll
from miners.tasks import run_bulk
from pools.models import Pool

pytestmark = pytest.mark.django_db


@pytest.fixture
def devices():
    with BitaxeSimulator(seed=1, reboot_s=0) as one, BitaxeSimulator(seed=2, reboot_s=0) as two:
        yield [one, two]


@pytest.fixture
def pair(devices, db):
    return [
        add_miner(address=str(device.address), name=name, actor="keeper", now=read_clock())
        for device, name in zip(devices, ["Gamma", "Supra"], strict=True)
    ]


@pytest.fixture
def keeper(client, db):
    client.force_login(User.objects.create_superuser("keeper"), backend="django.contrib.auth.backends.ModelBackend")
    return client


def call(client, act, **body):
    return client.post(f"/api/miners/bulk/{act}", body, content_type="application/json")


def let_pass(seconds=240):
    """Do what worker and beat do until the job is over; due times are walked, not waited for."""
    moment = read_clock()
    for _second in range(seconds):
        for pk in due_commands(now=moment):
            take_command_step(pk, now=moment)
        for pk in claim_due_polls(now=moment):
            poll(pk, now=moment)
        bulk.follow_jobs(now=moment)
        if not Job.objects.filter(status="running").exists():
            break
        moment += timedelta(seconds=1)
    return Job.objects.get()


def patches(device):
    return [entry for entry in device.requests if entry[1] == "PATCH"]


def test_a_mode_reaches_every_miner_and_each_has_its_line(keeper, pair, devices):
    answer = call(keeper, "mode", miner_ids=[pair[0].pk, pair[1].pk], mode="eco")
    run_bulk(answer.json()["job_id"])
    job = let_pass()

    assert answer.status_code == 202
    assert answer.json()["miner_ids"] == [pair[0].pk, pair[1].pk]
    assert [device.settings["frequency"] for device in devices] == [400, 400]
    assert (job.status, job.message, job.progress) == ("done", "All 2 done.", 2)
    told = keeper.get(f"/api/jobs/{job.pk}").json()
    assert [(line["label"], line["good"]) for line in told["lines"]] == [("Gamma", True), ("Supra", True)]


def test_half_a_failure_is_told_as_half_a_failure(keeper, pair, devices):
    devices[1].lies_about = {"frequency", "coreVoltage"}

    run_bulk(call(keeper, "mode", miner_ids=[miner.pk for miner in pair], mode="eco").json()["job_id"])
    job = let_pass()

    assert (job.status, job.message) == ("done", "1 of 2 done, 1 not: each says why.")
    assert [line["state"] for line in job.lines] == ["done", "failed"]
    assert "not verified" in job.lines[1]["text"]


def test_a_miner_that_cannot_do_it_says_why_and_the_others_go_on(keeper, pair, devices):
    Miner.objects.filter(pk=pair[0].pk).update(trust="read_only")

    run_bulk(call(keeper, "restart", miner_ids=[miner.pk for miner in pair]).json()["job_id"])
    job = let_pass()

    assert [line["state"] for line in job.lines] == ["failed", "done"]
    assert "only reads" in job.lines[0]["text"]


def test_a_pool_is_written_with_each_miners_own_worker_name(keeper, pair, devices):
    pool = Pool.objects.create(name="Shed", coin="BTC", host="pool.example.net", port=3333, wallet="bc1qexample")

    run_bulk(call(keeper, "pool", miner_ids=[miner.pk for miner in pair], pool_id=pool.pk).json()["job_id"])
    job = let_pass()

    assert job.message == "All 2 done.", job.lines
    assert [device.settings["stratumUser"] for device in devices] == ["bc1qexample.Gamma", "bc1qexample.Supra"]


def test_disabled_miners_are_not_polled_until_they_are_enabled(keeper, pair):
    ids = [miner.pk for miner in pair]
    run_bulk(call(keeper, "disable", miner_ids=ids).json()["job_id"])
    assert not Miner.objects.polled().exists()

    refused = call(keeper, "restart", miner_ids=ids).json()["job_id"]
    run_bulk(refused)
    assert Job.objects.get(pk=refused).status == "failed"
    assert "Enable it" in Job.objects.get(pk=refused).lines[0]["text"]

    run_bulk(call(keeper, "enable", miner_ids=ids).json()["job_id"])
    assert Miner.objects.polled().count() == 2


@pytest.mark.parametrize(
    ("body", "field", "words"),
    [
        ({"miner_ids": []}, "miner_ids", "at least one"),
        ({"miner_ids": [1, 1]}, "miner_ids", "more than once"),
        ({"miner_ids": list(range(1, 1002))}, "miner_ids", "at most 1000"),
        ({"miner_ids": [999999]}, "miner_ids", "no miner 999999"),
        ({"miner_ids": [10**30, -4, 0]}, "miner_ids", "no miner"),
        ({"miner_ids": ["x"]}, "0", "integer"),
        ({}, "miner_ids", "required"),
    ],
)
def test_a_selection_that_cannot_be_starts_nothing(keeper, body, field, words):
    answer = call(keeper, "restart", **body)

    assert answer.status_code == 422
    assert words in answer.json()["fields"][field]
    assert not Job.objects.exists()


def test_a_value_that_cannot_be_starts_nothing(keeper, pair):
    ids = [pair[0].pk]

    assert "no mode" in call(keeper, "mode", miner_ids=ids, mode="ludicrous").json()["fields"]["mode"]
    assert "no pool 77" in call(keeper, "pool", miner_ids=ids, pool_id=77).json()["fields"]["pool_id"]
    assert not Job.objects.exists()


def test_a_worker_killed_in_the_middle_leaves_nothing_half_begun_and_nothing_is_sent_twice(pair, devices):
    job = bulk.start_bulk(
        "mode", [miner.pk for miner in pair], {"mode": "eco"}, actor="keeper", now=read_clock() - timedelta(minutes=1)
    )
    job = claim_job(job.pk)
    bulk.begin(job.line_rows.first(), job, now=read_clock())  # here the worker is killed
    Job.objects.update(touched_at=read_clock() - timedelta(seconds=30))

    stored = let_pass()

    assert stored.message == "All 2 done."
    assert Command.objects.count() == 2
    assert [len(patches(device)) for device in devices] == [1, 1]


def test_a_claimed_line_and_its_command_are_written_together_or_not_at_all(pair, monkeypatch):
    job = bulk.start_bulk("mode", [pair[0].pk], {"mode": "eco"}, actor="keeper", now=read_clock())
    job = claim_job(job.pk)

    def die(*_arguments, **_named):
        raise KeyboardInterrupt

    monkeypatch.setattr(bulk, "request_command", die)
    with pytest.raises(KeyboardInterrupt):
        bulk.begin(job.line_rows.first(), job, now=read_clock())

    assert JobLine.objects.get().state == "waiting"
    assert not Command.objects.exists()


@pytest.mark.parametrize("at", [1, 2, 3])
def test_a_line_with_nothing_to_wait_for_is_never_left_under_way(pair, at):
    job = bulk.start_bulk("disable", [pair[0].pk], {}, actor="keeper", now=read_clock())
    job = claim_job(job.pk)
    writes = []

    def die(execute, sql, parameters, many, context):
        if sql.startswith("UPDATE") and JobLine._meta.db_table in sql:
            writes.append(sql)
            if len(writes) == at:
                raise KeyboardInterrupt
        return execute(sql, parameters, many, context)

    with pytest.raises(KeyboardInterrupt), connection.execute_wrapper(die):
        bulk.begin(job.line_rows.first(), job, now=read_clock())

    assert JobLine.objects.get().state == "waiting"


def test_a_viewer_starts_nothing(client, pair):
    client.force_login(User.objects.create_user("guest"))

    assert call(client, "restart", miner_ids=[pair[0].pk]).status_code == 403
    assert client.post(reverse("miners-bulk"), {"miner": [pair[0].pk], "act": "restart"}).status_code == 403


def test_the_page_starts_a_job_without_javascript(keeper, pair):
    page = keeper.get(reverse("miners")).content.decode()
    answer = keeper.post(reverse("miners-bulk"), {"miner": [pair[0].pk, pair[0].pk, pair[1].pk], "act": "mode:eco"})

    assert f'name="miner" value="{pair[0].pk}"' in " ".join(page.split())
    job = Job.objects.get()
    assert answer["Location"] == reverse("job", args=[job.pk])
    assert (job.title, job.total) == ("Mode eco: 2 miners", 2)


def test_the_page_says_what_is_wrong_with_a_selection(keeper, pair):
    answer = keeper.post(reverse("miners-bulk"), {"act": "restart"}, follow=True)

    assert "at least one miner" in answer.content.decode()
    assert not Job.objects.exists()
