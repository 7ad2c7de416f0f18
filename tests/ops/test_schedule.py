import pytest
from celery.schedules import crontab
from django.conf import settings

from hmm.celery import app
from hmm.clock import now
from hmm.ops.models import Heartbeat
from hmm.ops.tasks import beat_heart


@pytest.mark.parametrize("name", sorted(settings.CELERY_BEAT_SCHEDULE))
def test_every_scheduled_task_is_registered(name):
    app.loader.import_default_modules()

    assert settings.CELERY_BEAT_SCHEDULE[name]["task"] in app.tasks


@pytest.mark.parametrize("name", sorted(settings.CELERY_BEAT_SCHEDULE))
def test_every_scheduled_message_expires(name):
    assert settings.CELERY_BEAT_SCHEDULE[name]["options"]["expires"] <= 60


@pytest.mark.parametrize("name", sorted(settings.CELERY_BEAT_SCHEDULE))
def test_nothing_waits_longer_than_a_minute(name):
    schedule = settings.CELERY_BEAT_SCHEDULE[name]["schedule"]

    assert schedule == crontab() or schedule <= 60


@pytest.mark.django_db
def test_the_worker_keeps_one_heartbeat_row():
    before = now()

    beat_heart()
    beat_heart()

    assert Heartbeat.objects.get().part == "worker"
    assert Heartbeat.objects.get().beat_at >= before
