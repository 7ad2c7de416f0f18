"""The tries to make a backup, and whether their sum is well."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.migrations.recorder import MigrationRecorder

from hmm.look.formats import duration
from hmm.ops.backups import files
from hmm.ops.backups.errors import folder_sentence
from hmm.ops.models import BackupRun, BackupSettings, Chore

CHORE = "back up"  # its line in schedule.py
EVERY = timedelta(days=1)
AGAIN_AFTER = timedelta(hours=1)  # what failed is not tried each minute, and not only tomorrow
TOO_OLD = timedelta(hours=36)
GIVEN = timedelta(hours=1)  # time to finish what was begun
AHEAD = timedelta(days=1)  # files from later than that tell of a clock that was wrong
KEPT_RUNS = timedelta(days=400)
INTERRUPTED = "Interrupted before its end: the process that made it was stopped."


def house() -> BackupSettings:
    """Return the one row of settings, made when it is missing."""
    return BackupSettings.objects.get_or_create(pk=1)[0]


def mend_interrupted(*, now: datetime) -> int:
    """End the tries whose process is gone: while nobody holds the folder, nobody makes a backup."""
    running = list(BackupRun.objects.filter(status=BackupRun.Status.RUNNING).values_list("pk", flat=True))
    if not running or files.somebody_works():
        return 0
    still = BackupRun.objects.filter(pk__in=running, status=BackupRun.Status.RUNNING)
    ended = still.update(status=BackupRun.Status.FAILED, finished_at=now, error=INTERRUPTED)
    if ended:
        Chore.objects.hasten(CHORE, due_at=now + AGAIN_AFTER)
    return ended


def drop_old_runs(*, now: datetime) -> None:
    BackupRun.objects.filter(started_at__lt=now - KEPT_RUNS).delete()


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What there is to know about backups at one moment."""

    now: datetime
    newest: files.BackupFile | None  # the newest that is whole
    since: datetime | None  # when this installation could first make one
    due_at: datetime | None
    failed_at: datetime | None  # the newest try, when it failed
    error: str = ""
    running: bool = False


def known(now: datetime) -> Known:
    """Gather it from the folder and the database."""
    error, newest = "", None
    try:
        newest = next((item for item in files.listed() if not item.is_damaged and item.made_at < now + AHEAD), None)
    except OSError as fault:
        error = folder_sentence(fault, files.folder())
    last = BackupRun.objects.order_by("-pk").first()
    failed = last if last is not None and last.status == BackupRun.Status.FAILED else None
    applied = MigrationRecorder.Migration.objects.filter(app="ops", name__endswith="backups").values("applied")
    return Known(
        now=now,
        newest=newest,
        since=min((row["applied"] for row in applied), default=None),
        due_at=Chore.objects.filter(name=CHORE).values_list("due_at", flat=True).first(),
        failed_at=failed.started_at if failed else (now if error else None),
        error=failed.error if failed and not error else error,
        running=last is not None and last.status == BackupRun.Status.RUNNING,
    )


def trouble(facts: Known) -> str:
    """Say what is wrong with the backups, nothing when they are well. Pure.

    After a long stop the one that is due, or was begun within the hour, is waited for before its age is blamed.
    """
    if facts.failed_at is not None:
        return facts.error
    last = facts.newest.made_at if facts.newest is not None else facts.since
    if last is None or facts.now - last <= TOO_OLD or facts.running:
        return ""
    if facts.due_at is not None and not timedelta() < facts.due_at - facts.now <= EVERY - GIVEN:
        return ""
    if facts.newest is None:
        return "No backup has been made yet."
    return f"The newest backup is {duration(facts.now - last)} old."
