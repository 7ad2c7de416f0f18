"""The way back: prove the backup aside, keep what is there now, then put the one in the place of the other."""

import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError
from django.utils.module_loading import import_string

from hmm.audit.services import record
from hmm.ops.backups import files
from hmm.ops.backups.archive import Tick, no_tick, open_archive
from hmm.ops.backups.engines import engine_for, vendor
from hmm.ops.backups.engines.base import Engine
from hmm.ops.backups.engines.sqlite import SqliteEngine
from hmm.ops.backups.errors import FAULTS, BackupError, DamagedError, RefusedError, sentence
from hmm.ops.backups.files import STAMP, Trigger
from hmm.ops.backups.making import check_origin, key_fingerprint, make, prove
from hmm.ops.health import LATE_AFTER
from hmm.ops.models import BackupRun, Heartbeat
from hmm.ops.prepare import bring_up_to_date, pending_migrations
from hmm.ops.supervision.lock import is_alive, lock_data_folder

logger = logging.getLogger(__name__)

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What was done, for people and for the activity."""

    file: str
    made_at: datetime
    safety: str  # the backup of what was there before, empty when there was nothing
    kept_aside: str  # the damaged database, when no backup of it could be made
    same_key: bool  # stored passwords can be opened with this installation's key


def check(path: Path, *, tick: Tick = no_tick) -> None:
    """Prove a backup without changing anything. Raise BackupError with the reason."""
    try:
        with files.alone() as work:
            prove(path, engine_for(work), tick=tick)
    except FAULTS as error:
        raise BackupError(sentence(error, files.folder())) from error


def restore(path: Path, *, now: datetime, say: Say = logger.info) -> Restored:
    """Put a backup in the place of the database. Raise BackupError, and then nothing has changed."""
    try:
        with open_archive(path) as archive:  # before anything else is done
            check_origin(archive)
        say(f"Checking {path.name}")
        safety, keep = what_is_there(now, say)
        with files.alone() as work, open_archive(path) as archive:
            engine = beside_the_database(work)
            try:
                engine.load(archive, stays=True)
                migrate_trial(engine, say, now=now)
                engine.swap(keep)
            finally:
                engine.drop_trial()
            manifest = archive.manifest
    except FAULTS as error:
        raise BackupError(sentence(error, files.folder())) from error
    say(f"{path.name} is in place")
    return Restored(
        file=path.name,
        made_at=manifest.made_at,
        safety=safety,
        kept_aside=keep.name if keep else "",
        same_key=manifest.key == key_fingerprint(),
    )


def beside_the_database(work: Path) -> Engine:
    """Return an engine whose trial can take the database's place by being renamed."""
    engine = engine_for(work)
    return engine.beside() if isinstance(engine, SqliteEngine) else engine


def what_is_there(now: datetime, say: Say) -> tuple[str, Path | None]:
    """Back up what is there now, or say under which name a database too damaged for that is kept."""
    with files.alone() as work:
        engine = engine_for(work)
        if engine.is_empty():
            return "", None
    try:
        made = make(trigger=Trigger.SAFETY, now=now)
    except DamagedError as error:
        if not isinstance(engine, SqliteEngine):
            raise
        keep = engine.path.with_name(f"{engine.path.name}.damaged-{now:{STAMP}}")
        say(f"{error} It is kept as {keep}.")
        return "", keep
    say(f"What was there is kept as {made.name}")
    return made.name, None


def migrate_trial(engine: Engine, say: Say, *, now: datetime) -> None:
    """Bring an older backup up to date before it takes the database's place, and forget what only then was true."""
    with engine.trial():
        pending = pending_migrations()
        if pending:
            say(f"The backup is of an older version; {pending} migrations bring it up to date")
            call_command("migrate", interactive=False, verbosity=0)
        BackupRun.objects.filter(status=BackupRun.Status.RUNNING).delete()  # the try that made this very backup
        Heartbeat.objects.all().delete()
        for name in settings.HMM_AFTER_RESTORE:
            import_string(name)(now=now)


def note(file: str, kept: str, *, actor: str, now: datetime) -> None:
    """Write into the restored activity where it comes from."""
    record(actor=actor, action="backup.restore", after={"file": file, "kept": kept}, at=now)


def note_failure(file: str, error: str, *, actor: str, now: datetime) -> None:
    record(actor=actor, action="backup.restore", after={"file": file}, outcome="failed", error=error, at=now)


# --- an empty start ------------------------------------------------------------------------------


def household_name() -> str:
    """Return the name that a reset asks for."""
    return settings.HMM_DATA_DIR.name


def reset(*, confirm: str, now: datetime, say: Say = logger.info) -> str:
    """Take everything out of the database and return the backup that was made first. Keys and backups stay."""
    if confirm != household_name():
        raise RefusedError(
            f"Nothing was reset: write --confirm {household_name()}, the name of the data folder, to mean this one."
        )
    try:
        safety, keep = what_is_there(now, say)
        if keep is not None:
            raise DamagedError("The database is damaged, so it cannot be backed up. Restore a backup instead.")
        with files.alone() as work:
            engine_for(work).empty()
        bring_up_to_date()
    except FAULTS as error:
        raise BackupError(sentence(error, files.folder())) from error
    record(actor="command line", action="backup.reset", after={"kept": safety}, at=now)
    return safety


# --- nobody else may be at it --------------------------------------------------------------------


@contextmanager
def stopped(now: datetime) -> Iterator[None]:
    """Hold the data folder, so that nothing starts meanwhile. Raise while the product runs."""
    settings.HMM_DATA_DIR.mkdir(parents=True, exist_ok=True)
    with lock_data_folder(settings.HMM_DATA_DIR):
        parts = working_parts(now)
        if parts:
            raise RefusedError(
                f"Home Miner Manager runs: {', '.join(parts)} worked on this database in the last"
                f" {LATE_AFTER.seconds} seconds. Stop every process, wait as long, and try again."
            )
        yield


def working_parts(now: datetime) -> list[str]:
    """Return the processes that were heard of just now; a database that cannot be asked has none.

    Those of a file live on this computer, so that one which is gone is known at once.
    """
    on_file = vendor() == "sqlite"
    with suppress(DatabaseError, sqlite3.DatabaseError):
        young = Heartbeat.objects.filter(beat_at__gt=now - LATE_AFTER, beat_at__lt=now + timedelta(minutes=5))
        return [part for part, pid in young.values_list("part", "pid") if not on_file or is_alive(str(pid))]
    return []
