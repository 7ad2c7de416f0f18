"""A restore that was asked for on the page: a note in the data folder, which the supervisor stops and starts for.

Nothing else has the database open then. Whoever is killed meanwhile finds the note again at the next start;
once it says how the restore went, it is not carried out a second time.
"""

import json
import logging
import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections

from hmm.clock import now as read_clock
from hmm.ops.backups import files
from hmm.ops.backups.errors import BackupError
from hmm.ops.backups.restoring import note, note_failure, restore
from hmm.ops.prepare import wait_for_database

logger = logging.getLogger(__name__)

NOTE = "restore.json"
MOST_TRIES = 2  # what ends each start in the middle must not end every start


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One restore that was asked for. `outcome` is empty until it was tried."""

    file: str
    actor: str
    tries: int = 0
    outcome: str = ""
    kept: str = ""  # what holds the database that was there before
    error: str = ""


def path_of_note() -> Path:
    return settings.HMM_DATA_DIR / NOTE


def is_waiting() -> bool:
    """Tell whether there is a note; asked each second by the supervisor, so it looks no further."""
    return path_of_note().exists()


def give(file: str, *, actor: str) -> None:
    """Leave the note. The supervisor acts on it within a second."""
    write(Order(file=file, actor=actor))


def write(order: Order) -> None:
    draft = path_of_note().with_suffix(".draft")
    with draft.open("w", encoding="utf-8") as file:
        json.dump(asdict(order), file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, path_of_note())


def read() -> Order | None:
    """Return what was asked for; a note nobody can read is thrown away, or it would stop every start."""
    try:
        return Order(**json.loads(path_of_note().read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        logger.warning("The note %s cannot be read and is ignored: %s", path_of_note(), error)
        path_of_note().unlink(missing_ok=True)
        return None


def carry_out() -> None:
    """Restore what was asked for, if anything was. What cannot be restored leaves everything as it is."""
    order = read()
    if order is None or order.outcome:
        return
    connection = connections[DEFAULT_DB_ALIAS]
    if connection.vendor != "sqlite":
        wait_for_database(connection)
    try:
        if order.tries >= MOST_TRIES:
            raise BackupError(
                f"{order.file}: it ended in the middle {MOST_TRIES} times; the log of those starts says why."
            )
        order = replace(order, tries=order.tries + 1)
        write(order)
        item = files.find(order.file)
        if item is None:
            raise BackupError(f"There is no backup {order.file} any more.")
        done = restore(item.path, now=read_clock())
    except BackupError as error:
        logger.warning("%s was not restored: %s", order.file, error)
        write(replace(order, outcome="failed", error=str(error)))
    else:
        write(replace(order, outcome="done", kept=done.safety or done.kept_aside))


def note_outcome() -> None:
    """Write into the activity how it went, now that the database is up to date, and take the note away."""
    order = read()
    if order is None:
        return
    if order.outcome == "done":
        note(order.file, order.kept, actor=order.actor, now=read_clock())
    else:
        note_failure(order.file, order.error, actor=order.actor, now=read_clock())
    path_of_note().unlink(missing_ok=True)
