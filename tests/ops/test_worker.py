"""The worker process: what its threads keep between two tasks."""

import pytest
from celery.fixups.django import DjangoWorkerFixup
from celery.signals import task_postrun, task_prerun
from django.db import DatabaseError, connection

from hmm.celery import app
from hmm.jobs.models import Ask
from hmm.ops.worker import close_what_is_broken, keep_connections


@pytest.fixture
def keeping():
    """Keep connections as the worker does."""
    keep_connections()
    yield
    task_prerun.disconnect(close_what_is_broken)
    task_postrun.disconnect(close_what_is_broken)
    del app.conf["CELERY_DB_REUSE_MAX"]


def between_two_tasks():
    """Send what Celery sends there, with its own habit of closing connections."""
    DjangoWorkerFixup(app).close_database()
    task_prerun.send(sender=None)


@pytest.mark.django_db(transaction=True)
class TestConnections:
    def test_a_connection_that_works_is_kept_from_task_to_task(self, keeping):
        Ask.objects.exists()
        kept = connection.connection

        for _task in range(50):
            between_two_tasks()
            Ask.objects.exists()

        assert connection.connection is kept

    @pytest.mark.postgres
    def test_one_that_was_lost_is_opened_anew(self, keeping):
        Ask.objects.exists()
        lost = connection.connection
        lost.close()  # as when the server restarts
        with pytest.raises(DatabaseError):
            Ask.objects.exists()

        between_two_tasks()

        assert Ask.objects.exists() is False
        assert connection.connection is not lost

    @pytest.mark.postgres
    def test_one_that_is_old_is_opened_anew(self, keeping):
        Ask.objects.exists()
        old, connection.close_at = connection.connection, 0.0

        between_two_tasks()
        Ask.objects.exists()

        assert connection.connection is not old
