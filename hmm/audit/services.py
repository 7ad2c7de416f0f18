"""Write the audit log: the intent before an act, the outcome after it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from math import isfinite
from typing import Any

from django.db import models, transaction

from hmm.audit.models import AuditEntry, Outcome
from hmm.clock import now
from hmm.live.services import push_event

ACTIVITY_ADDED = "activity-added"
SECRET_NAME = re.compile(r"password|passwd|token|secret|otp|private|(^|_)key$", re.IGNORECASE)
HIDDEN = "stored"


def plain(value: Any, name: str = "") -> Any:
    """Return `value` as JSON can hold it, with everything that looks like a secret replaced by a word."""
    if name and SECRET_NAME.search(name) and not isinstance(value, bool):
        return HIDDEN if value else ""
    if isinstance(value, Mapping):
        return {str(key): plain(item, str(key)) for key, item in value.items()}
    if isinstance(value, list | tuple | set):
        return [plain(item) for item in value]
    if isinstance(value, Decimal | datetime | date):
        return value.isoformat() if isinstance(value, datetime | date) else str(value)
    if isinstance(value, float) and not isfinite(value):
        return str(value)  # JSON has no word for it, and PostgreSQL refuses Python's
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def _announce() -> None:
    push_event(ACTIVITY_ADDED)


def record(
    *,
    actor: str,
    action: str,
    target: models.Model | None = None,
    reason: str = "",
    before: Any = None,
    after: Any = None,
    outcome: str = Outcome.DONE,
    error: str = "",
    detail: Any = None,
    at: datetime | None = None,
) -> AuditEntry:
    """Write one row, inside the caller's transaction if there is one."""
    moment = at or now()
    entry = AuditEntry.objects.create(
        created_at=moment,
        finished_at=None if outcome == Outcome.STARTED else moment,
        actor=actor[:150],
        action=action[:60],
        target_type=target._meta.label_lower if target is not None else "",
        target_id=str(target.pk) if target is not None and target.pk is not None else "",
        target_label=str(target)[:200] if target is not None else "",
        reason=reason,
        before=plain(before),
        after=plain(after),
        outcome=outcome,
        error=error,
        detail=plain(detail),
    )
    transaction.on_commit(_announce)
    return entry


def finish(entry_id: int, *, outcome: str, error: str = "", after: Any = None, at: datetime | None = None) -> None:
    """Write how an act ended; the first end counts."""
    changes: dict[str, Any] = {"outcome": outcome, "error": error, "finished_at": at or now()}
    if after is not None:
        changes["after"] = plain(after)
    if AuditEntry.objects.filter(pk=entry_id, finished_at__isnull=True).update(**changes):
        transaction.on_commit(_announce)


@contextmanager
def audited(
    *,
    actor: str,
    action: str,
    target: models.Model | None = None,
    reason: str = "",
    before: Any = None,
    after: Any = None,
    detail: Any = None,
) -> Iterator[AuditEntry]:
    """Write the intent, run the body, write the outcome. `entry.after` may be set inside the body.

    An exception is recorded with its sentence and raised on. Use it outside a transaction: then the
    intent is on disk before anything happens, and an entry left at `started` tells of a crash.
    """
    entry = record(
        actor=actor,
        action=action,
        target=target,
        reason=reason,
        before=before,
        after=after,
        outcome=Outcome.STARTED,
        detail=detail,
    )
    try:
        yield entry
    except BaseException as error:
        finish(entry.pk, outcome=Outcome.FAILED, error=f"{type(error).__name__}: {error}"[:2000])
        raise
    if target is not None and target.pk is not None and not entry.target_id:
        AuditEntry.objects.filter(pk=entry.pk).update(target_id=str(target.pk), target_label=str(target)[:200])
    finish(entry.pk, outcome=Outcome.DONE, after=entry.after)


def lasted(entry_ids: Iterable[int], *, until: datetime) -> None:
    """Write until when something lasted that was done at once and held on."""
    AuditEntry.objects.filter(pk__in=list(entry_ids)).update(finished_at=until)
