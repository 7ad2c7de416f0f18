"""The event `backup_failed`: a folder that cannot be written, a killed process, and a backup that is too old."""

import shutil
from datetime import timedelta

import pytest

from hmm.clock import now as read_clock
from hmm.ops.backups.files import Trigger, path_for
from hmm.ops.models import BackupRun, Chore
from hmm.ops.tasks import back_up_daily
from notifications.models import Incident
from notifications.services.collecting import collect
from notifications.services.routing import route
from notifications.services.sending import channels_with_work, send_channel
from notifications.services.watching import watch_backups
from tests.notifications.conftest import telegram_channel

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def folder(tmp_path, settings):
    settings.HMM_BACKUP_DIR = tmp_path / "backups"
    return settings.HMM_BACKUP_DIR


def open_ones():
    return list(Incident.objects.open().filter(kind="backup_failed"))


def test_a_backup_that_cannot_be_made_is_told_and_so_is_the_next_good_one(telegram, folder):
    telegram_channel()
    folder.write_text("a file stands where the folder should be", encoding="ascii")
    Chore.objects.create(name="back up", due_at=read_clock() + timedelta(days=1))

    back_up_daily()
    watch_backups(now=read_clock())
    tell(telegram)
    folder.unlink()
    back_up_daily()
    watch_backups(now=read_clock())
    tell(telegram)

    began, ended = (sent["text"] for sent in telegram.messages)
    assert str(folder) in began
    assert "HMM_BACKUP_DIR" in began
    assert "Backups" in ended
    assert open_ones() == []
    assert Chore.objects.get(name="back up").due_at < read_clock() + timedelta(hours=2), "tried again within the hour"


def tell(telegram):
    now = read_clock()
    collect(now=now)
    route(now=now)
    for pk in channels_with_work(now=now):
        send_channel(pk, now=now)


def test_a_try_whose_process_was_killed_is_told():
    now = read_clock()
    BackupRun.objects.create(trigger="automatic", actor="daily", started_at=now)

    assert watch_backups(now=now)

    assert "Interrupted" in open_ones()[0].detail
    assert BackupRun.objects.get().status == "failed"


def test_no_backup_for_36_hours_is_a_failure_too(folder):
    now = read_clock()
    Chore.objects.create(name="back up", due_at=now + timedelta(hours=10))
    folder.mkdir()
    old = path_for(now - timedelta(hours=37), Trigger.AUTOMATIC)
    old.write_bytes(b"x")

    assert watch_backups(now=now)
    assert "1 d 13 h old" in open_ones()[0].detail
    shutil.copy(old, path_for(now, Trigger.MANUAL))
    assert not watch_backups(now=now)
    assert open_ones() == []
