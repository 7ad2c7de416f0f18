"""What can be in the way of a backup; each message is a sentence for people, with the remedy."""

import errno
import sqlite3
from pathlib import Path

from django.db import DatabaseError

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
FAULTS = (OSError, sqlite3.Error, DatabaseError)  # what writing, reading and databases raise


class BackupError(Exception):
    """It cannot be done."""


class DamagedError(BackupError):
    """A backup, or the database itself, is not whole."""


class RefusedError(BackupError):
    """The file may be whole, but it does not belong here."""


class BusyError(BackupError):
    """Another backup is being made or restored."""


class CancelledError(BackupError):
    """A person ended it."""


def sentence(error: BaseException, place: Path) -> str:
    """Say what a fault met at `place` means and what helps."""
    if isinstance(error, BackupError):
        return str(error)
    if isinstance(error, OSError):
        return folder_sentence(error, place)
    words = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
    if "full" in words or "disk I/O" in words:
        return full_sentence(place)
    return f"The database could not be read or written: {words}."


def folder_sentence(error: OSError, place: Path) -> str:
    if error.errno in FULL:
        return full_sentence(place)
    return (
        f"The folder of backups {place} cannot be used: {error.strerror or error}."
        " Let this user write there, or set HMM_BACKUP_DIR to another folder."
    )


def full_sentence(place: Path) -> str:
    return (
        f"The disk of {place} is full or does not work. Free some space, keep fewer backups,"
        " or set HMM_BACKUP_DIR to a folder on another disk."
    )
