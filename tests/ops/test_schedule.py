from datetime import timedelta

import pytest
from celery.schedules import crontab
from django.conf import settings

from hmm.celery import app
from hmm.clock import now
from hmm.ops.models import Chore, Heartbeat
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


@pytest.mark.parametrize("name", sorted(settings.HMM_CHORES))
def test_every_chore_is_a_registered_task(name):
    app.loader.import_default_modules()

    assert settings.HMM_CHORES[name]["task"] in app.tasks


@pytest.mark.django_db
class TestChores:
    every = timedelta(hours=1)

    def claim(self, at):
        return Chore.objects.claim("sweep", every=self.every, now=at)

    def test_a_new_chore_is_due_at_once_and_only_once(self):
        at = now()

        assert self.claim(at)
        assert not self.claim(at)

    def test_it_is_due_again_after_its_interval(self):
        at = now()
        self.claim(at)

        assert not self.claim(at + timedelta(minutes=59))
        assert self.claim(at + timedelta(minutes=60))

    def test_one_that_waits_after_the_first_start_does_so_once(self):
        at, half = now(), timedelta(minutes=30)

        assert not Chore.objects.claim("sweep", every=self.every, first=half, now=at)
        assert Chore.objects.claim("sweep", every=self.every, first=half, now=at + half)
        assert not Chore.objects.claim("sweep", every=self.every, first=half, now=at + 2 * half)

    def test_a_clock_that_was_set_back_leaves_nothing_waiting(self):
        at = now()
        self.claim(at)

        assert not self.claim(at - timedelta(minutes=30))
        assert self.claim(at - timedelta(hours=5))
