"""SQLite: the online backup API copies one moment of the file; a renamed file is the way back."""

import os
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from hmm.ops.backups.archive import Archive, ArchiveWriter
from hmm.ops.backups.engines.base import turned_to
from hmm.ops.backups.errors import DamagedError
from hmm.ops.backups.files import sync_folder
from hmm.ops.backups.manifest import Contents, compare

MEMBER = "database.sqlite3"
WAIT_S = 20
COMPANIONS = ("-wal", "-shm", "-journal")
TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB 'sqlite_*' ORDER BY name"


class SqliteEngine:
    """The one file of an installation without a database server."""

    def __init__(self, settings: Mapping[str, Any], trial: Path) -> None:
        self._settings = settings
        self._database = Path(str(settings["NAME"]))
        self._trial = trial

    @property
    def path(self) -> Path:
        return self._database

    def beside(self) -> "SqliteEngine":
        """Return the same with its trial beside the database, where a rename is one step."""
        return SqliteEngine(self._settings, self._database.with_name(f"{self._database.name}.trial"))

    def size_bytes(self) -> int:
        paths = [self._database, *companions(self._database)]
        return sum(path.stat().st_size for path in paths if path.exists())

    def is_empty(self) -> bool:
        if not self._database.exists():
            return True
        try:
            with opened(self._database) as database:
                return not database.execute(TABLES).fetchone()
        except DamagedError:
            return False

    def dump(self, writer: ArchiveWriter) -> Contents:
        self.drop_trial()
        address = f"file:{quote(str(self._database))}?mode=rw"  # a reader of a WAL file writes beside it
        with opened(address, uri=True) as source, opened(self._trial) as copy:
            copy.execute("PRAGMA synchronous = OFF")
            source.backup(copy)  # in one step: one begun again at each write would never end
            copy.execute("PRAGMA journal_mode = DELETE")
            contents = contents_of(copy)
        writer.add_file(MEMBER, self._trial)
        self.drop_trial()
        return contents

    def load(self, archive: Archive, *, stays: bool = False) -> None:  # noqa: ARG002  # a file is the same file
        self.drop_trial()
        archive.extract(MEMBER, self._trial)
        with opened(self._trial) as copy:
            check(copy)
            compare(archive.manifest, contents_of(copy))

    def trial(self) -> AbstractContextManager[BaseDatabaseWrapper]:
        return turned_to({**self._settings, "NAME": str(self._trial)})

    def swap(self, keep: Path | None) -> None:
        """Kill it at any line and the file is either the old or the new one, whole."""
        with opened(self._trial) as copy:
            copy.execute("PRAGMA journal_mode = DELETE")
        connections[DEFAULT_DB_ALIAS].close()
        if keep is not None:
            keep_aside(self._database, keep)
        elif self._database.exists():
            with opened(self._database) as old:  # what stands in the -wal comes into the file
                old.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        for path in companions(self._database):
            path.unlink(missing_ok=True)
        os.replace(self._trial, self._database)
        sync_folder(self._database.parent)

    def drop_trial(self) -> None:
        for path in (self._trial, *companions(self._trial)):
            path.unlink(missing_ok=True)

    def empty(self) -> None:
        connections[DEFAULT_DB_ALIAS].close()
        for path in (*companions(self._database), self._database):
            path.unlink(missing_ok=True)


def companions(path: Path) -> list[Path]:
    return [path.with_name(path.name + ending) for ending in COMPANIONS]


def keep_aside(path: Path, keep: Path) -> None:
    """Leave a damaged file under another name for whoever can save something from it."""
    for old, new in zip((path, *companions(path)), (keep, *companions(keep)), strict=True):
        if old.exists():
            shutil.copy2(old, new)


@contextmanager
def opened(place: Path | str, *, uri: bool = False) -> Iterator[sqlite3.Connection]:
    """Open a file; what is no database, or a damaged one, raises DamagedError."""
    try:
        with closing(sqlite3.connect(place, timeout=WAIT_S, isolation_level=None, uri=uri)) as connection:
            yield connection
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError as error:
        raise DamagedError(f"The database is damaged: {error}.") from error


def check(connection: sqlite3.Connection) -> None:
    """Have SQLite look at every page, and at every row that points to another."""
    words = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(5)")]
    if words != ["ok"]:
        raise DamagedError(f"The database is damaged: {words[0] if words else 'it says nothing'}.")
    made = connection.execute("SELECT type, name FROM sqlite_master WHERE type IN ('trigger', 'view')").fetchone()
    if made is not None:
        raise DamagedError(f"It holds a {made[0]} ({made[1]!s:.60}), and Home Miner Manager makes none.")
    orphan = connection.execute("PRAGMA foreign_key_check").fetchone()
    if orphan is not None:
        raise DamagedError(f"A row of {orphan[0]} points to a row of {orphan[2]} that is not there.")


def contents_of(connection: sqlite3.Connection) -> Contents:
    names = [str(row[0]) for row in connection.execute(TABLES)]
    rows = {
        name: int(connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0])  # noqa: S608  # its own tables
        for name in names
        if '"' not in name
    }
    migrations: list[str] = []
    if "django_migrations" in rows:
        found = connection.execute("SELECT app || '.' || name FROM django_migrations ORDER BY id")
        migrations = [str(row[0]) for row in found]
    return Contents(rows=rows, migrations=migrations, engine_version=sqlite3.sqlite_version)
