"""What a power cut may take, and what it must not."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

FULL = 2  # as SQLite counts them; what hmm/databases.py opens it with


@contextmanager
def forgettable() -> Iterator[None]:
    """Let what is committed inside wait for the disk: the next commit outside takes it along.

    For claims, leases and readings on SQLite, where each commit otherwise waits for the disk while all other writers
    wait for it. A killed process loses nothing; a power cut may take the last of these rows, in their order, and
    nothing that is committed after them. Never for what is written before something is done in the world outside.
    PostgreSQL writes for many at once and needs none of it. Within an open transaction it does nothing.
    """
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        yield
        return
    connection.ensure_connection()
    before = connection.connection
    if before.execute("PRAGMA synchronous").fetchone()[0] != FULL:  # it is so already
        yield
        return
    before.execute("PRAGMA synchronous=NORMAL")
    try:
        yield
    finally:
        if connection.connection is before:  # it may have been lost inside; a new one begins strict
            before.execute("PRAGMA synchronous=FULL")
