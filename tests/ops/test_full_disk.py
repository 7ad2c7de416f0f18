"""A database that takes no writes, as on a full disk: everything goes on, says so once, and works again by itself."""

import logging

import pytest
from django.db import connection

from hmm import celery
from hmm.clock import now
from hmm.ops.heartbeats import beat_or_log
from hmm.ops.models import Heartbeat
from hmm.ops.tasks import beat_heart

pytestmark = pytest.mark.django_db


@pytest.fixture
def full(monkeypatch):
    if connection.vendor != "sqlite":
        pytest.skip("SQLite can be told to take no writes")

    def take_writes(*, taken):
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA query_only = {int(not taken)}")

    # The connection of a test must last; a process closes the one that failed and opens another.
    monkeypatch.setattr("hmm.ops.heartbeats.close_old_connections", lambda: None)
    take_writes(taken=False)
    yield take_writes
    take_writes(taken=True)


def lines(caplog, name):
    return [record.getMessage() for record in caplog.records if record.name == name]


def test_a_heartbeat_that_cannot_be_written_is_told_once_and_so_is_the_first_that_can(full, caplog):
    caplog.set_level(logging.INFO)

    assert not any(beat_or_log("beat", now=now()) for _second in range(5))
    full(taken=True)
    assert all(beat_or_log("beat", now=now()) for _second in range(2))

    assert [line.partition(":")[0] for line in lines(caplog, "hmm.ops.heartbeats")] == [
        "The heartbeat of beat could not be written",
        "The heartbeat of beat is written again",
    ]
    assert Heartbeat.objects.filter(part="beat").exists()


def test_tasks_that_come_each_second_tell_it_once_a_minute_and_leave_no_trace(full, caplog, monkeypatch):
    monkeypatch.setattr(celery, "told_at", {})

    for _second in range(5):
        beat_heart()
    told = lines(caplog, "hmm.celery")
    assert len(told) == 1
    assert "the database does not work: attempt to write a readonly database" in told[0]
    assert not any(record.exc_info for record in caplog.records)

    monkeypatch.setattr(celery, "TOLD_EVERY_S", 0.0)
    beat_heart()
    assert len(lines(caplog, "hmm.celery")) == 2

    full(taken=True)
    beat_heart()
    assert Heartbeat.objects.filter(part="worker").exists()
