"""What the page of backups needs."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from hmm.audit.models import AuditEntry, Outcome
from hmm.ops.backups import files
from hmm.ops.backups.archive import open_archive
from hmm.ops.backups.errors import BackupError
from hmm.ops.backups.making import check_origin, key_fingerprint
from hmm.ops.backups.manifest import ENGINES, Manifest
from hmm.ops.backups.runs import Known, known, trouble
from hmm.ops.supervision.lock import is_held

WORDS = {
    files.Trigger.AUTOMATIC: "by itself",
    files.Trigger.MANUAL: "by hand",
    files.Trigger.SAFETY: "before a restore or reset",
    files.Trigger.UPLOADED: "uploaded",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One backup in the list."""

    name: str
    made_at: datetime
    size_bytes: int
    words: str
    is_damaged: bool
    stays: bool  # rotation leaves it alone


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupsPage:
    """The list and how it is."""

    rows: tuple[Row, ...]
    facts: Known
    trouble: str
    folder: str
    not_restored: AuditEntry | None  # the newest restore, when it failed


@dataclass(frozen=True, slots=True, kw_only=True)
class RestorePage:
    """One backup, looked at before it takes the database's place."""

    row: Row
    manifest: Manifest | None
    engine: str
    miners: int | None
    refusal: str
    same_key: bool
    by_itself: bool  # a supervisor can do it
    command: str


def backups_page(now: datetime) -> BackupsPage:
    facts = known(now)
    try:
        found = files.listed()
    except OSError:
        found = []  # `facts` says why
    last = AuditEntry.objects.filter(action="backup.restore").order_by("-pk").first()
    return BackupsPage(
        rows=tuple(row_of(item) for item in found),
        facts=facts,
        trouble=trouble(facts),
        folder=str(files.folder()),
        not_restored=last if last is not None and last.outcome == Outcome.FAILED else None,
    )


def row_of(item: files.BackupFile) -> Row:
    return Row(
        name=item.name,
        made_at=item.made_at,
        size_bytes=item.size_bytes,
        words=WORDS[item.trigger],
        is_damaged=item.is_damaged,
        stays=item.trigger not in files.ROTATING,
    )


def restore_page(item: files.BackupFile) -> RestorePage:
    """Look into a backup; whether it is whole is found out before anything is stopped."""
    manifest, refusal = None, ""
    try:
        with open_archive(item.path) as archive:
            manifest = archive.manifest
            check_origin(archive)
    except BackupError as error:
        refusal = str(error)
    except OSError as error:
        refusal = f"The file cannot be read: {error.strerror or error}."
    return RestorePage(
        row=row_of(item),
        manifest=manifest,
        engine=ENGINES[manifest.engine] if manifest else "",
        miners=manifest.contents.rows.get("miners_miner") if manifest else None,
        refusal=refusal,
        same_key=manifest is not None and manifest.key == key_fingerprint(),
        by_itself=is_held(settings.HMM_DATA_DIR),
        command=f"python manage.py restore {item.name} --yes",
    )
