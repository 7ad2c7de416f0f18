"""Which database, and how it is opened, as Django wants it told."""

from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

KEPT_S = 60  # how long a thread keeps its connection; to open one costs more than a small query


def sqlite(path: Path) -> dict[str, Any]:
    """Return the settings of an SQLite file: WAL, writers that queue, a wait before "locked", and commits that
    survive a pulled plug: a command that was sent must not be forgotten."""
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(path),
        "CONN_MAX_AGE": KEPT_S,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
            " PRAGMA cache_size=-8000; PRAGMA temp_store=MEMORY;",
        },
    }


def database(url: str, data_folder: Path) -> dict[str, Any]:
    """Return Django's database settings for `url`; the empty one is SQLite in the data folder."""
    if not url:
        return sqlite(data_folder / "hmm.sqlite3")
    settings = dict(environ.Env.db_url_config(url))
    if settings.get("ENGINE") == "django.db.backends.sqlite3":
        return sqlite(Path(str(settings["NAME"])))
    if settings.get("ENGINE") != "django.db.backends.postgresql":
        raise ImproperlyConfigured("HMM_DATABASE_URL must start with postgres:// or sqlite:///")
    settings["CONN_MAX_AGE"] = KEPT_S
    settings["CONN_HEALTH_CHECKS"] = True
    settings.setdefault("OPTIONS", {})["connect_timeout"] = 5
    return settings
