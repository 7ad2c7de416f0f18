"""Bring database and static files to this version before anything serves them."""

import logging
import time
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, DatabaseError, OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor

from hmm.ops.static_files import collect_if_changed

logger = logging.getLogger(__name__)

ASK_AGAIN_S = 1.0
TELL_AGAIN_S = 30.0


def prepare(*, migrate: bool = True) -> None:
    """Wait for the database, migrate it (or wait until another process has), collect the static files."""
    wait_for_database(connections[DEFAULT_DB_ALIAS])
    if migrate:
        bring_up_to_date()
    else:
        wait_for_migrations()
    if collect_if_changed():
        logger.info("The static files were collected")


def where() -> str:
    """Name the database in use."""
    return describe(settings.DATABASES[DEFAULT_DB_ALIAS])


def describe(database: Mapping[str, Any]) -> str:
    """Name a database without its password."""
    if "sqlite3" in database["ENGINE"]:
        return f"SQLite at {database['NAME']}"
    return f"PostgreSQL at {database.get('HOST') or 'localhost'}:{database.get('PORT') or 5432}"


def wait_for_database(connection: BaseDatabaseWrapper) -> None:
    """Return when the database answers. SQLite answers or never will; a server is waited for, for ever.

    No other database is used instead: that would split the data.
    """
    place = describe(connection.settings_dict)
    told_at = float("-inf")
    while True:
        try:
            connection.ensure_connection()
        except DatabaseError as error:
            if connection.vendor == "sqlite":
                raise SystemExit(f"{place} cannot be opened: {error}. {remedy(error)}") from error
            if not isinstance(error, OperationalError):
                raise
            if time.monotonic() - told_at > TELL_AGAIN_S:
                logger.warning("%s does not answer, waiting for it: %s", place, str(error).splitlines()[0])
                told_at = time.monotonic()
            time.sleep(ASK_AGAIN_S)
        else:
            if told_at > 0:
                logger.info("%s answers", place)
            return


def remedy(error: DatabaseError) -> str:
    """Say what helps where SQLite's file cannot be opened."""
    if isinstance(error, OperationalError):
        return "Is the folder there and writable?"
    return "The file is damaged or not HMM's: put a backup in its place, or set HMM_DATA_DIR to another folder."


def pending_migrations() -> int:
    """Count the migrations this version brings that the database has not had."""
    executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def bring_up_to_date() -> None:
    """Migrate when there is something to migrate; asking first is quicker than migrating nothing."""
    pending = pending_migrations()
    if pending:
        logger.info("Bringing %s up to date: %s migrations", where(), pending)
        call_command("migrate", interactive=False, verbosity=0)


def wait_for_migrations() -> None:
    """Return when the process that migrates is done."""
    told = False
    while pending_migrations():
        if not told:
            logger.info("Waiting until the web process has brought %s up to date", where())
        told = True
        time.sleep(ASK_AGAIN_S)
