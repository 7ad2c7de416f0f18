"""Make a backup: copy, restore it for proof, and only then give it its name."""

import logging
import shutil
from contextlib import suppress
from datetime import datetime
from hashlib import blake2b
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, close_old_connections
from django.db.migrations.loader import MigrationLoader

from hmm.audit.services import record
from hmm.ops.backups import files
from hmm.ops.backups.archive import Archive, ArchiveWriter, Tick, no_tick, open_archive
from hmm.ops.backups.engines import engine_for, vendor
from hmm.ops.backups.engines.base import Engine
from hmm.ops.backups.errors import (
    FAULTS,
    BackupError,
    BusyError,
    CancelledError,
    DamagedError,
    full_sentence,
    sentence,
)
from hmm.ops.backups.files import BackupFile, Trigger
from hmm.ops.backups.manifest import Manifest, refuse_if_foreign
from hmm.ops.backups.runs import house
from hmm.ops.models import BackupRun

logger = logging.getLogger(__name__)

ROOM_BYTES = 20_000_000
CAUGHT = (BackupError, *FAULTS)


def back_up(*, trigger: Trigger, actor: str, now: datetime, tick: Tick = no_tick) -> BackupFile:
    """Make a backup, note how it went, and remove what is one too many. Raise BackupError with the reason."""
    run = BackupRun.objects.create(trigger=trigger, actor=actor[:150], started_at=now)
    try:
        made = make(trigger=trigger, now=now, tick=tick)
    except (BusyError, CancelledError):
        run.delete()
        raise
    except CAUGHT as error:
        words = sentence(error, files.folder())
        note_end(run, status=BackupRun.Status.FAILED, error=words, finished_at=now)
        logger.warning("A backup failed: %s", words)
        if isinstance(error, BackupError):
            raise
        raise BackupError(words) from error
    note_end(run, status=BackupRun.Status.DONE, file=made.name, size_bytes=made.size_bytes, finished_at=now)
    rotate()
    if trigger != Trigger.AUTOMATIC:
        record(actor=actor, action="backup.make", after={"file": made.name, "kind": trigger}, at=now)
    return made


def note_end(run: BackupRun, **changes: object) -> None:
    """Write how a try ended. Where that fails too, as on a full disk, the row left at `running` tells it."""
    close_old_connections()
    with suppress(DatabaseError):
        BackupRun.objects.filter(pk=run.pk).update(**changes)


def make(*, trigger: Trigger, now: datetime, tick: Tick = no_tick) -> BackupFile:
    """Write, prove and name one backup. Whatever ends it before that leaves nothing that is listed."""
    with files.alone() as work:
        engine = engine_for(work)
        check_room(engine)
        draft = work / "backup.zip"
        with ArchiveWriter(draft, tick=tick) as writer:
            contents = engine.dump(writer)
            writer.finish(
                Manifest(
                    version=settings.HMM_VERSION,
                    made_at=now,
                    trigger=trigger,
                    engine=vendor(),
                    contents=contents,
                    members=writer.members,
                    key=key_fingerprint(),
                )
            )
        prove(draft, engine, tick=tick)
        final = files.path_for(now, trigger)
        files.settle(draft, final)
    made = files.file_of(final)
    if made is None:
        raise BackupError(f"{final} was removed the moment it was made.")
    return made


def check_room(engine: Engine) -> None:
    """Refuse to begin what the disk cannot hold: the copy, and the archive or the trial beside it."""
    if shutil.disk_usage(files.folder()).free < 2 * engine.size_bytes() + ROOM_BYTES:
        raise BackupError(full_sentence(files.folder()))


def prove(path: Path, engine: Engine, *, tick: Tick = no_tick) -> Manifest:
    """Restore a backup into the trial database and compare; return what it says of itself."""
    with open_archive(path, tick=tick) as archive:
        check_origin(archive)
        try:
            engine.load(archive)
        finally:
            engine.drop_trial()
        return archive.manifest


def check_origin(archive: Archive) -> None:
    refuse_if_foreign(archive.manifest, engine=vendor(), known=known_migrations(), version=settings.HMM_VERSION)


def known_migrations() -> set[str]:
    """Return every migration this version brings, as a manifest writes them."""
    loader = MigrationLoader(None)
    return {f"{app}.{name}" for app, name in loader.disk_migrations}


def key_fingerprint() -> str:
    """Name the key that opens stored passwords without telling it."""
    return blake2b(settings.HMM_ENCRYPTION_KEY.encode(), digest_size=8, person=b"hmm-backup").hexdigest()


def rotate() -> None:
    """Remove the oldest automatic backups beyond the number kept."""
    try:
        for item in files.surplus(files.listed(), kept=house().kept):
            item.path.unlink(missing_ok=True)
            logger.info("The backup %s was removed: enough newer ones are kept", item.name)
        files.sweep_uploads()
    except OSError as error:  # the new one is there all the same
        logger.warning("An old backup could not be removed: %s", error)


# --- what a person does with a file --------------------------------------------------------------


def check_again(item: BackupFile, *, tick: Tick = no_tick) -> Manifest:
    """Prove a listed backup once more; one that is damaged by now is called so from then on."""
    try:
        with files.alone() as work:
            return prove(item.path, engine_for(work), tick=tick)
    except DamagedError:
        if not item.is_damaged:
            files.settle(item.path, item.path.with_name(item.name + files.DAMAGED))
        raise


def take_in(upload: Path, *, actor: str, now: datetime, tick: Tick = no_tick) -> BackupFile:
    """Prove an uploaded file and put it into the list under the time it was made; what is none is removed."""
    try:
        with files.alone() as work:
            manifest = prove(upload, engine_for(work), tick=tick)
            final = files.path_for(manifest.made_at, Trigger.UPLOADED)
            files.settle(upload, final)
    except BusyError:
        raise
    except CAUGHT:
        upload.unlink(missing_ok=True)
        raise
    made = files.file_of(final)
    if made is None:
        raise BackupError(f"{final} was removed the moment it was taken in.")
    record(actor=actor, action="backup.upload", after={"file": made.name}, at=now)
    return made


def remove(item: BackupFile, *, actor: str, now: datetime) -> None:
    """Delete a backup at a person's wish."""
    item.path.unlink(missing_ok=True)
    record(actor=actor, action="backup.remove", before={"file": item.name}, at=now)


def keep(count: int, *, actor: str, now: datetime) -> bool:
    """Choose how many are kept; False when it was so already. The next backup makes it so."""
    row = house()
    if row.kept == count:
        return False
    before, row.kept = row.kept, count
    row.save(update_fields=["kept"])
    record(actor=actor, action="backup.edit", before={"kept": before}, after={"kept": count}, at=now)
    return True
