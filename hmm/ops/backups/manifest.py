"""What a backup says of itself. Pure."""

import json
from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from hmm.ops.backups.errors import DamagedError, RefusedError

PRODUCT = "home-miner-manager"
FORMAT = 1
ENGINES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One file inside a backup."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What an engine found in the database while it copied it; one moment for all of it."""

    rows: dict[str, int]
    migrations: list[str]
    columns: dict[str, list[str]] = field(default_factory=dict)  # of tables that are kept apart
    sequences: dict[str, tuple[str, int, bool]] = field(default_factory=dict)  # table: column, last, was it used
    engine_version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """Where a backup comes from and what is in it."""

    version: str
    made_at: datetime
    trigger: str
    engine: str
    contents: Contents
    members: dict[str, Member]
    key: str  # a fingerprint of the key that opens stored passwords, never the key

    def as_text(self) -> str:
        whole = {"product": PRODUCT, "format": FORMAT, **asdict(self), "made_at": self.made_at.isoformat()}
        return json.dumps(whole, indent=1)

    def row_count(self) -> int:
        return sum(self.contents.rows.values())


def parse(text: str) -> Manifest:
    """Read a manifest. RefusedError for another product or a later format, DamagedError for nonsense."""
    try:
        whole: dict[str, Any] = json.loads(text)
        product, form = whole.pop("product"), whole.pop("format")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RefusedError("This file is no backup of Home Miner Manager.") from error
    if product != PRODUCT:
        raise RefusedError(f"This is a backup of another product ({product!s:.60}).")
    if not isinstance(form, int) or form > FORMAT:
        raise RefusedError(f"This backup was made by a newer version ({whole.get('version')!s:.40}). Update first.")
    try:
        contents = Contents(**whole.pop("contents"))
        members = {name: Member(**member) for name, member in whole.pop("members").items()}
        made_at = datetime.fromisoformat(whole.pop("made_at"))
        manifest = Manifest(contents=contents, members=members, made_at=made_at, **whole)
        in_order = manifest.row_count() >= 0 and made_at.tzinfo is not None and manifest.engine in ENGINES
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DamagedError(f"What this backup says of itself cannot be read: {error}.") from error
    if not in_order:
        raise DamagedError("What this backup says of itself cannot be.")
    return manifest


def refuse_if_foreign(manifest: Manifest, *, engine: str, known: Collection[str], version: str) -> None:
    """Raise RefusedError for a backup of the other database or of a version that knows more than this one."""
    if manifest.engine != engine:
        raise RefusedError(
            f"This backup is of {ENGINES[manifest.engine]} and this installation uses {ENGINES[engine]}."
            f" Restore it where HMM runs on {ENGINES[manifest.engine]}."
        )
    newer = sorted(set(manifest.contents.migrations) - set(known))
    if newer:
        raise RefusedError(
            f"This backup was made by a newer version ({manifest.version}, this one is {version}); it has {newer[0]}."
            " Update Home Miner Manager first, then restore."
        )


def compare(manifest: Manifest, found: Contents) -> None:
    """Raise DamagedError unless a restored database has what the backup says it has."""
    for table, count in manifest.contents.rows.items():
        there = found.rows.get(table)
        if there != count:
            raise DamagedError(f"The table {table} has {there} rows after restoring and should have {count}.")
    if set(found.migrations) != set(manifest.contents.migrations):
        raise DamagedError("The restored database is not of the version the backup says.")
