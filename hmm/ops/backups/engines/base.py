"""What a database has to be able to do so that it can be backed up."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol

from django.contrib.contenttypes.models import ContentType
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import load_backend

from hmm.ops.backups.archive import Archive, ArchiveWriter
from hmm.ops.backups.manifest import Contents


class Engine(Protocol):
    """One kind of database. The trial is a second database in which a backup is restored for proof."""

    def size_bytes(self) -> int: ...

    def is_empty(self) -> bool: ...

    def dump(self, writer: ArchiveWriter) -> Contents:
        """Write one moment of the whole database, whoever else writes meanwhile."""

    def load(self, archive: Archive, *, stays: bool = False) -> None:
        """Restore into the trial, which may be made to stay. Raise DamagedError unless everything is there."""

    def trial(self) -> AbstractContextManager[BaseDatabaseWrapper]:
        """Turn this thread's connection to the trial."""

    def swap(self, keep: Path | None) -> None:
        """Make the trial the database, all at once; a damaged file is kept at `keep`."""

    def drop_trial(self) -> None: ...

    def empty(self) -> None:
        """Take everything out of the database."""


@contextmanager
def turned_to(settings: Mapping[str, Any]) -> Iterator[BaseDatabaseWrapper]:
    """Give this thread another default connection: whatever it asks, migrations included, asks that one."""
    usual = connections[DEFAULT_DB_ALIAS]
    other: BaseDatabaseWrapper = load_backend(settings["ENGINE"]).DatabaseWrapper(dict(settings), DEFAULT_DB_ALIAS)
    connections[DEFAULT_DB_ALIAS] = other
    try:
        yield other
    finally:
        other.close()
        connections[DEFAULT_DB_ALIAS] = usual
        ContentType.objects.clear_cache()
