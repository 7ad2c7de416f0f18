"""From a database into a file and back, on the database the suite runs on."""

import resource
import subprocess
import threading
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections, transaction

from hmm.audit.models import AuditEntry
from hmm.audit.services import record
from hmm.clock import now as read_clock
from hmm.jobs.models import Job
from hmm.jobs.services import start_job
from hmm.ops.backups import orders
from hmm.ops.backups.archive import open_archive
from hmm.ops.backups.engines import engine_for
from hmm.ops.backups.errors import BackupError, BusyError, DamagedError, RefusedError
from hmm.ops.backups.files import Trigger, alone, listed
from hmm.ops.backups.making import back_up, check_again, keep, make
from hmm.ops.backups.restoring import restore, working_parts
from hmm.ops.backups.runs import mend_interrupted
from hmm.ops.heartbeats import beat
from hmm.ops.models import BackupRun, Chore, Heartbeat
from hmm.ops.prepare import pending_migrations
from hmm.ops.supervision.lock import lock_data_folder
from miners.models import Command, Miner

pytestmark = pytest.mark.django_db(transaction=True)
ODD = "tab\there, back\\slash, new\nline, ⛏️, שלום, \\N, 'quoted'"


@contextmanager
def no_file_larger_than(size_bytes):
    """Let the system refuse to let any file grow further, as a full disk does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_everything_comes_back_as_it_was_and_what_was_there_is_kept():
    first = record(actor="keeper", action="test.one", reason=ODD, before=None, after={"a": [1, None, ODD]})
    backup = back_up(trigger=Trigger.MANUAL, actor="keeper", now=read_clock())
    AuditEntry.objects.filter(pk=first.pk).update(reason="changed")
    later = record(actor="keeper", action="test.two")
    now = read_clock() + timedelta(minutes=1)

    done = restore(backup.path, now=now)

    there = AuditEntry.objects.get(action="test.one")
    assert (there.pk, there.reason, there.after, there.before) == (first.pk, ODD, {"a": [1, None, ODD]}, None)
    assert not AuditEntry.objects.filter(action="test.two").exists()
    assert record(actor="keeper", action="test.three").pk <= later.pk + 1, "numbering goes on from there"
    assert mend_interrupted(now=now) == 0, "the try that made the backup is not taken for an interrupted one"
    assert done.same_key
    assert [item.name for item in listed()] == [done.safety, backup.name]


def test_nothing_that_was_under_way_then_is_sent_after_it_came_back():
    now = read_clock()
    miner = Miner.objects.create(name="Study", kind="bitaxe", host="192.168.9.9", port=80, poll_due_at=now)
    entry = record(actor="keeper", action="miner.power", target=miner, outcome="started")
    given = {"actor": "keeper", "created_at": now, "due_at": now, "audit_entry_id": entry.pk}
    Command.objects.create(miner=miner, kind="power", value={"on": True}, **given)
    job = start_job(kind="bulk", title="Restart", actor="keeper", arguments={}, total=1, now=now)
    backup = back_up(trigger=Trigger.MANUAL, actor="keeper", now=now)

    restore(backup.path, now=now + timedelta(days=7))

    assert not Command.objects.open().exists()
    assert "Nothing of then is sent" in Command.objects.get().message
    assert AuditEntry.objects.get(pk=entry.pk).outcome == "cancelled"
    assert Job.objects.get(pk=job.pk).status == "cancelled"


def test_what_the_disk_damages_as_it_is_written_is_found_by_restoring_it_and_never_listed(place):
    bent = []

    def bend():
        """Turn a byte that is on the disk already, as a bad sector would."""
        (draft,) = place.rglob("backup.zip")
        if not bent and draft.stat().st_size > 4096:
            with draft.open("r+b") as file:
                file.seek(2000)
                byte = file.read(1)
                file.seek(2000)
                file.write(bytes([byte[0] ^ 0xFF]))
            bent.append(draft)

    with pytest.raises(DamagedError):
        back_up(trigger=Trigger.MANUAL, actor="keeper", now=read_clock(), tick=bend)

    assert bent
    assert listed() == []
    assert BackupRun.objects.get().status == "failed"


def test_a_copy_made_while_others_write_is_of_one_moment(place):
    begun, stop = threading.Event(), threading.Event()
    start = read_clock()
    Chore.objects.bulk_create(Chore(name=name, due_at=start) for name in ("left", "right"))

    def write():
        while not stop.is_set():
            moment = read_clock()
            with transaction.atomic():
                for name in ("left", "right"):
                    Chore.objects.filter(name=name).update(due_at=moment)
                Chore.objects.create(name=moment.isoformat(), due_at=moment)
            begun.set()
        connections["default"].close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert begun.wait(10)
        backup = make(trigger=Trigger.MANUAL, now=read_clock())
    finally:
        stop.set()
        writer.join()
    with alone() as work, open_archive(backup.path) as archive:
        engine = engine_for(work)
        engine.load(archive)
        with engine.trial():
            rows = Chore.objects.count()
            times = set(Chore.objects.filter(name__in=("left", "right")).values_list("due_at", flat=True))
        engine.drop_trial()

    assert len(times) == 1
    assert 2 < rows <= Chore.objects.count()


def test_the_oldest_automatic_ones_go_first_and_what_a_person_made_stays(made):
    now = read_clock()
    keep(1, actor="keeper", now=now)
    by_hand = made.path.rename(made.path.with_name(made.name.replace("automatic", "manual")))

    for day in (1, 2):
        newest = back_up(trigger=Trigger.AUTOMATIC, actor="daily", now=now + timedelta(days=day))

    assert [item.path for item in listed()] == [newest.path, by_hand]
    assert BackupRun.objects.values_list("status", "file").first() == ("done", newest.name)
    assert not AuditEntry.objects.filter(action="backup.make").exists(), "what comes by itself each day is no news"


def test_a_backup_of_an_older_version_is_brought_up_to_date():
    call_command("migrate", "ops", "0002", verbosity=0)
    try:
        older = make(trigger=Trigger.MANUAL, now=read_clock())
    finally:
        call_command("migrate", "ops", verbosity=0)
    keep(5, actor="keeper", now=read_clock())

    restore(older.path, now=read_clock())

    assert pending_migrations() == 0
    assert not BackupRun.objects.exists()


def test_a_full_disk_is_told_and_leaves_nothing_that_is_listed():
    most = 12_000
    if connection.vendor == "sqlite":  # what the database itself writes still fits, its copy does not
        most = 600_000
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    with no_file_larger_than(most), pytest.raises(BackupError, match=r"is full or does not work\. Free some space"):
        back_up(trigger=Trigger.MANUAL, actor="keeper", now=read_clock())

    assert listed() == []
    assert "Free some space" in BackupRun.objects.get(status="failed").error


def test_one_at_a_time():
    with alone(), pytest.raises(BusyError, match="already"):
        back_up(trigger=Trigger.MANUAL, actor="keeper", now=read_clock())

    assert not BackupRun.objects.exists(), "that is no failure"


def test_a_listed_backup_that_has_rotted_is_called_damaged_from_then_on(made):
    whole = made.path.read_bytes()
    made.path.write_bytes(whole[:2000] + bytes([whole[2000] ^ 1]) + whole[2001:])

    with pytest.raises(BackupError, match="damaged"):
        check_again(made)

    assert [(item.name, item.is_damaged) for item in listed()] == [(f"{made.name}.damaged", True)]


# --- commands ------------------------------------------------------------------------------------


def test_reset_backs_up_then_empties_and_only_for_the_right_name(capsys):
    record(actor="keeper", action="test.one")
    with pytest.raises(CommandError, match="--confirm cellar"):
        call_command("reset", "--confirm", "kitchen")
    assert AuditEntry.objects.filter(action="test.one").exists()

    call_command("reset", "--confirm", "cellar")

    assert [entry.action for entry in AuditEntry.objects.all()] == ["backup.reset"]
    assert f"manage.py restore {listed()[0].name}" in capsys.readouterr().out
    call_command("restore", listed()[0].name, "--yes")
    assert AuditEntry.objects.filter(action="test.one").exists()
    assert AuditEntry.objects.filter(action="backup.restore").exists()


def test_nothing_is_restored_or_reset_while_the_product_runs(made, place):
    record(actor="keeper", action="test.one")

    with lock_data_folder(place), pytest.raises(CommandError, match="already runs on"):
        call_command("restore", made.name, "--yes")
    beat("worker", now=read_clock())
    with pytest.raises(CommandError, match="worker worked on this database"):
        call_command("restore", made.name, "--yes")
    with pytest.raises(CommandError, match="worker worked on this database"):
        call_command("reset", "--confirm", "cellar")

    assert AuditEntry.objects.filter(action="test.one").exists()


@pytest.mark.skipif(connection.vendor != "sqlite", reason="a server's processes may live on another computer")
def test_processes_that_are_gone_are_not_waited_for():
    now = read_clock()
    gone = subprocess.Popen(["true"])
    gone.wait()
    beat("worker", now=now)
    assert working_parts(now) == ["worker"]

    Heartbeat.objects.update(pid=gone.pid)

    assert working_parts(now) == []


def test_a_restore_that_nobody_can_be_asked_about_wants_its_yes(made):
    with pytest.raises(CommandError, match="add --yes"):
        call_command("restore", made.name)


def test_a_file_that_is_not_there_is_named(place):
    with pytest.raises(CommandError, match=r"There is no file nowhere\.zip"):
        call_command("restore", "nowhere.zip", "--yes")


# --- what the page asked for ---------------------------------------------------------------------


def test_a_note_about_a_backup_that_is_gone_changes_nothing_and_is_told():
    orders.give("hmm-20200101T000000Z-manual.zip", actor="keeper")
    assert orders.is_waiting()

    orders.carry_out()
    orders.carry_out()  # killed before it was told, and started again
    orders.note_outcome()

    entry = AuditEntry.objects.get(action="backup.restore")
    assert (entry.outcome, entry.actor) == ("failed", "keeper")
    assert "There is no backup" in entry.error
    assert not orders.is_waiting()


def test_a_note_nobody_can_read_stops_no_start():
    orders.path_of_note().write_text("{", encoding="utf-8")

    orders.carry_out()

    assert not orders.is_waiting()


def test_what_ended_two_starts_in_the_middle_does_not_end_the_third(made):
    orders.write(orders.Order(file=made.name, actor="keeper", tries=2))

    orders.carry_out()
    orders.note_outcome()

    assert "in the middle 2 times" in AuditEntry.objects.get(action="backup.restore").error


def test_a_restore_that_was_done_is_not_done_again(made):
    orders.write(orders.Order(file=made.name, actor="keeper", outcome="done", kept="before.zip"))
    record(actor="keeper", action="test.one")

    orders.carry_out()
    orders.note_outcome()

    assert AuditEntry.objects.filter(action="test.one").exists()
    assert AuditEntry.objects.get(action="backup.restore").after == {"file": made.name, "kept": "before.zip"}


def test_a_newer_backup_is_refused_before_anything_is_touched(made, monkeypatch):
    monkeypatch.setattr("hmm.ops.backups.making.known_migrations", lambda: {"ops.0001_initial"})

    with pytest.raises(RefusedError, match="newer version"):
        restore(made.path, now=read_clock())

    assert len(listed()) == 1, "not even a backup of now was made"
