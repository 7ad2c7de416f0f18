from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from hmm.celery import app
from hmm.clock import now
from hmm.jobs.models import Job
from hmm.jobs.services import (
    add_line,
    advance,
    cancel_job,
    claim_job,
    claim_line,
    drop_old_jobs,
    end_job,
    finish_line,
    mend_jobs,
    start_job,
)
from strategy.tasks import run_tick

pytestmark = pytest.mark.django_db


def make_job(at=None, kind="add", **changes):
    job = start_job(
        kind=kind,
        title="Adding",
        actor="keeper",
        arguments={"addresses": []},
        total=2,
        now=at or now(),
    )
    Job.objects.filter(pk=job.pk).update(**changes)
    return job


@pytest.fixture
def queue(redis_server):
    """Let Celery send to a private Redis and return the number of messages waiting there."""
    before = app.conf.broker_url
    app.conf.broker_url = f"redis+socket://{redis_server.socket}"
    app._pool = app.amqp._producer_pool = None

    def length():
        with redis_server.client() as client:
            return client.llen("celery")

    yield length
    app.conf.broker_url = before
    app._pool = app.amqp._producer_pool = None


def test_only_one_worker_gets_a_job():
    job = make_job()

    assert claim_job(job.pk) is not None
    assert claim_job(job.pk) is None


def test_each_target_leaves_a_line():
    job = claim_job(make_job().pk)

    add_line(job, "192.168.1.40", good=True, text="Gamma")
    add_line(job, "192.168.1.41", good=False, text="No answer.")
    end_job(job, now=now())

    stored = Job.objects.get()
    assert [(line["label"], line["good"]) for line in stored.lines] == [
        ("192.168.1.40", True),
        ("192.168.1.41", False),
    ]
    assert (stored.is_over, stored.percent) == (True, 100)


def test_a_job_is_sent_when_its_row_is_written(queue, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        make_job()

    assert queue() == 1


def test_without_redis_a_job_waits_and_is_sent_when_it_is_back(
    queue, redis_server, django_capture_on_commit_callbacks
):
    redis_server.stop()
    with django_capture_on_commit_callbacks(execute=True):
        make_job(at=now() - timedelta(seconds=30))
    redis_server.start()

    mend_jobs(now=now())

    assert queue() == 1


def test_a_job_whose_message_is_on_its_way_is_not_sent_again(queue):
    make_job()

    mend_jobs(now=now())

    assert queue() == 0


def test_a_page_that_asks_for_work_survives_without_redis(queue, redis_server):
    redis_server.stop()

    assert run_tick.delay() is None


def test_a_job_whose_worker_is_gone_ends_and_keeps_its_lines(queue):
    job = claim_job(make_job().pk)
    add_line(job, "192.168.1.40", good=True, text="Gamma")

    mend_jobs(now=now() + timedelta(minutes=6))

    stored = Job.objects.get()
    assert stored.status == "failed"
    assert "Interrupted" in stored.message
    assert len(stored.lines) == 1


def test_a_job_that_makes_progress_is_left_alone(queue):
    job = claim_job(make_job().pk)
    Job.objects.update(touched_at=now() - timedelta(hours=1))
    advance(job)

    mend_jobs(now=now())

    assert Job.objects.get().status == "running"


def test_old_jobs_are_dropped_and_running_ones_kept():
    end_job(make_job(), now=now() - timedelta(days=31))
    make_job()

    assert drop_old_jobs(now=now()) == 1
    assert Job.objects.count() == 1


def test_a_page_of_a_job_asks_again_until_it_is_over(client):
    client.force_login(User.objects.create_user("guest"))
    job = make_job()
    address = reverse("job", args=[job.pk])

    running = client.get(address, headers={"HX-Request": "true"})
    end_job(job, now=now(), message="<b>done</b>")
    over = client.get(address, headers={"HX-Request": "true"})

    assert "every 1s" in running.content.decode()
    assert "every 1s" not in over.content.decode()
    assert over["HX-Trigger"] == '{"job-finished": {}}'
    assert "<b>done" not in over.content.decode()
    assert client.get(address).status_code == 200


def make_job_of_three():
    return start_job(
        kind="add",
        title="Three",
        actor="keeper",
        arguments={},
        total=3,
        now=now(),
        targets=[("1", "One"), ("2", "Two"), ("3", "Three")],
    )


def test_a_page_stops_asking_about_a_job_that_a_restored_database_does_not_know(client):
    client.force_login(User.objects.create_user("guest"))
    address = reverse("job", args=[987])

    asked = client.get(address, headers={"HX-Request": "true"})

    assert asked.status_code == 286
    assert b"every 1s" not in asked.content
    assert "job-finished" in asked.headers["HX-Trigger"]
    assert client.get(address).status_code == 404


def test_a_listed_target_is_worked_on_once_and_ends_once():
    job = claim_job(make_job_of_three().pk)
    first = job.line_rows.first()

    assert claim_line(first)
    assert not claim_line(first)
    finish_line(first, good=True, text="applied\x00")
    finish_line(first, good=False, text="too late")

    assert Job.objects.get().lines[0]["text"] == "applied"
    assert Job.objects.get().progress == 1


def test_a_job_whose_worker_was_killed_says_what_was_done_what_is_not_known_and_what_was_not_begun(queue):
    job = claim_job(make_job_of_three().pk)
    first, second, _third = job.line_rows.all()
    claim_line(first)
    finish_line(first, good=True, text="applied")
    claim_line(second)

    mend_jobs(now=now() + timedelta(minutes=6))

    assert [line["text"].split()[0] for line in Job.objects.get().lines] == ["applied", "Interrupted.", "Not"]


def test_a_cancelled_job_stops_its_worker_and_keeps_what_was_done():
    job = claim_job(make_job_of_three().pk)
    finish_line(job.line_rows.first(), good=True, text="applied")

    assert cancel_job(job, actor="keeper", now=now())

    assert not advance(job)
    assert not claim_line(job.line_rows.last())
    end_job(job, now=now(), message="as if nothing had happened")
    stored = Job.objects.get()
    assert (stored.status, stored.message, stored.progress) == ("cancelled", "Cancelled by keeper.", 1)
    assert not cancel_job(job, actor="keeper", now=now())


def test_a_job_is_read_and_cancelled_over_rest(client):
    client.force_login(User.objects.create_superuser("keeper"), backend="django.contrib.auth.backends.ModelBackend")
    job = make_job_of_three()

    read = client.get(f"/api/jobs/{job.pk}").json()
    ended = client.post(f"/api/jobs/{job.pk}/cancel", content_type="application/json").json()

    assert (read["status"], [line["state"] for line in read["lines"]]) == ("waiting", ["waiting"] * 3)
    assert (ended["status"], ended["is_over"]) == ("cancelled", True)
    assert client.get("/api/jobs/9999").status_code == 404


def test_someone_who_may_only_look_cancels_nothing(client):
    client.force_login(User.objects.create_user("guest"))
    job = make_job_of_three()

    assert client.post(reverse("job-cancel", args=[job.pk])).status_code == 403
    assert Job.objects.get().status == "waiting"
