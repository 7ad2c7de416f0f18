"""The folder of backups is the truth about them: a file has its name only after it was restored for proof."""

import fcntl
import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from django.conf import settings

from hmm.ops.backups.errors import BusyError

STAMP = "%Y%m%dT%H%M%SZ"
DAMAGED = ".damaged"
UPLOAD = ".upload-"
UPLOAD_KEPT_S = 24 * 3600


class Trigger(StrEnum):
    """Why a backup was made; only the first two are removed by themselves."""

    AUTOMATIC = "automatic"
    SAFETY = "safety"  # before a restore or a reset
    MANUAL = "manual"
    UPLOADED = "uploaded"


ROTATING = {Trigger.AUTOMATIC, Trigger.SAFETY}
NAME = re.compile(rf"hmm-(\d{{8}}T\d{{6}}Z)-({'|'.join(Trigger)})\.zip({re.escape(DAMAGED)})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupFile:
    """One backup in the folder."""

    path: Path
    made_at: datetime
    trigger: Trigger
    size_bytes: int
    is_damaged: bool = False

    @property
    def name(self) -> str:
        return self.path.name


def folder() -> Path:
    return Path(settings.HMM_BACKUP_DIR)


def file_of(path: Path) -> BackupFile | None:
    """Return what a path is by its name; None for a file that is none of ours or gone by now."""
    found = NAME.fullmatch(path.name)
    try:
        if found is None or not path.is_file():
            return None
        made_at = datetime.strptime(found[1], STAMP).replace(tzinfo=UTC)
        size = path.stat().st_size
    except (FileNotFoundError, ValueError):
        return None
    return BackupFile(
        path=path, made_at=made_at, trigger=Trigger(found[2]), size_bytes=size, is_damaged=bool(found[3])
    )


def listed() -> list[BackupFile]:
    """Return the backups, the newest first; OSError when the folder is there and cannot be read."""
    place = folder()
    if not place.exists():
        return []
    found = [item for path in place.iterdir() if (item := file_of(path)) is not None]
    return sorted(found, key=lambda item: (item.made_at, item.name), reverse=True)


def find(name: str) -> BackupFile | None:
    """Return the backup of a name; a name that leads elsewhere is none."""
    return file_of(folder() / name) if NAME.fullmatch(name) else None


def path_for(made_at: datetime, trigger: Trigger) -> Path:
    """Return a free name; two in one second get different ones."""
    while True:
        path = folder() / f"hmm-{made_at.astimezone(UTC):{STAMP}}-{trigger}.zip"
        if not path.exists():
            return path
        made_at += timedelta(seconds=1)


def surplus(files: list[BackupFile], *, kept: int) -> list[BackupFile]:
    """Return what rotation removes: the oldest automatic ones beyond `kept`. What a person made stays."""
    rotating = [item for item in files if item.trigger in ROTATING and not item.is_damaged]
    return sorted(rotating, key=lambda item: item.made_at, reverse=True)[kept:]


# --- one at a time -------------------------------------------------------------------------------


@contextmanager
def alone() -> Iterator[Path]:
    """Hold the folder and hand out an empty folder to work in; what a killed one left is removed.

    The lock ends with its process, however that goes.
    """
    place = folder()
    place.mkdir(parents=True, exist_ok=True)
    with (place / ".lock").open("a+b") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BusyError("A backup is being made or restored already. Try again when it is done.") from error
        work = place / ".work"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(mode=0o700)
        try:
            yield work
        finally:
            shutil.rmtree(work, ignore_errors=True)


def somebody_works() -> bool:
    """Tell whether a living process holds the folder."""
    path = folder() / ".lock"
    try:
        with path.open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def sweep_uploads() -> None:
    """Remove uploads whose job never came to them."""
    for path in folder().glob(f"{UPLOAD}*"):
        with suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime > UPLOAD_KEPT_S:
                path.unlink()


def settle(draft: Path, final: Path) -> None:
    """Give a proven file its name, in a way that outlives a pulled plug."""
    draft.chmod(0o600)
    os.replace(draft, final)
    sync_folder(final.parent)


def sync_folder(place: Path) -> None:
    descriptor = os.open(place, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
