"""Look at everything the product stands on and say in one line each what is wrong and what to do."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError

from hmm.ops.health import health
from hmm.ops.prepare import pending_migrations, where
from hmm.ops.supervision.errors import CannotStartError
from hmm.ops.supervision.preflight import check_data_folder
from hmm.ops.supervision.redis import find_redis_server


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing looked at."""

    name: str
    is_ok: bool
    text: str


def examine(now: datetime) -> list[Finding]:
    """Return every finding; a later one does not depend on an earlier one being well."""
    return [*_checks(), *_parts(now)]


def _checks() -> Iterator[Finding]:
    checks: dict[str, Callable[[], str]] = {
        "data folder": _data_folder,
        "redis-server": _redis_server,
        "database": _database,
        "static files": _static_files,
    }
    for name, check in checks.items():
        try:
            yield Finding(name=name, is_ok=True, text=check())
        except (CannotStartError, DatabaseError, OSError) as error:
            yield Finding(name=name, is_ok=False, text=str(error).strip().replace("\n", " "))


def _data_folder() -> str:
    check_data_folder(settings.HMM_DATA_DIR)
    free = shutil.disk_usage(settings.HMM_DATA_DIR).free
    return f"{settings.HMM_DATA_DIR}, {free // 1_000_000} MB free"


def _redis_server() -> str:
    return "a server of your own" if settings.HMM_REDIS_URL else find_redis_server()


def _database() -> str:
    pending = pending_migrations()
    if pending:
        raise CannotStartError(f"{where()} lacks {pending} migrations. `manage.py prepare` brings them.")
    return where()


def _static_files() -> str:
    if not (Path(settings.STATIC_ROOT) / "staticfiles.json").is_file():
        raise CannotStartError("The static files are not collected. `manage.py prepare` collects them.")
    return str(settings.STATIC_ROOT)


def _parts(now: datetime) -> Iterator[Finding]:
    for part in health(now).parts:
        if part.name in {"web", "database"}:
            continue  # this command is not the web process, and the database was asked above
        age = "" if part.age_s is None else f", heard of {part.age_s} s ago"
        yield Finding(name=part.name, is_ok=part.is_ok, text=f"{part.state}{age} {part.detail}".strip())
