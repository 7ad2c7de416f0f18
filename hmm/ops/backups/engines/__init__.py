"""How each database is copied, and how a copy becomes the database."""

from pathlib import Path

from django.db import DEFAULT_DB_ALIAS, connections

from hmm.ops.backups.engines.base import Engine
from hmm.ops.backups.engines.postgres import PostgresEngine
from hmm.ops.backups.engines.sqlite import SqliteEngine


def engine_for(work: Path) -> Engine:
    """Return the engine of the database in use; SQLite keeps its trial copy in `work`."""
    connection = connections[DEFAULT_DB_ALIAS]
    if connection.vendor == "sqlite":
        return SqliteEngine(connection.settings_dict, work / "trial.sqlite3")
    return PostgresEngine(connection.settings_dict)


def vendor() -> str:
    return connections[DEFAULT_DB_ALIAS].vendor
