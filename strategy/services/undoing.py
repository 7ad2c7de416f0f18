"""Take an edit of the bands back: to the version before it, or to the bands in force."""

from datetime import datetime, timedelta

from django.db import transaction

from hmm.audit.services import record
from strategy.band_rows import BandError, as_json
from strategy.models import BandVersion, VersionStatus
from strategy.services.bands import (
    announce,
    edited_version,
    in_turn,
    next_boundary,
    pending_version,
    rows_of,
    versions,
    write_version,
)

UNDO_FOR = timedelta(minutes=30)


def version_before(now: datetime) -> BandVersion | None:
    """Return the bands as they were before the newest edit, None when that is half an hour ago or more."""
    edited = edited_version()
    if edited.replaces_id is None or now >= edited.created_at + UNDO_FOR:
        return None
    found: BandVersion | None = versions().filter(pk=edited.replaces_id).first()
    return found


def undo_edit(*, actor: str, now: datetime) -> BandVersion:
    """Go back to the version before the newest edit. Raise BandError when there is none."""
    with in_turn():
        before, edited = version_before(now), edited_version()
        if before is None:
            raise BandError({"bands": "There is no edit of the last half hour to take back."})
        if before.status == VersionStatus.ACTIVE:
            return discard_pending(actor=actor, now=now, action="band.undo")
        rows = rows_of(before)
        version = write_version(
            rows,
            VersionStatus.PENDING,
            actor=actor,
            now=now,
            since=next_boundary(now),
            replaces=before.replaces if edited.status == VersionStatus.PENDING else edited,
        )
        record(
            actor=actor,
            action="band.undo",
            target=version,
            reason="back to the bands before the newest edit",
            before=as_json(rows_of(edited)),
            after=as_json(rows),
            at=now,
        )
        transaction.on_commit(announce)
    return version


def discard_pending(*, actor: str, now: datetime, action: str = "band.discard") -> BandVersion:
    """Drop the version that waits; the bands in force stay. Raise BandError when none waits."""
    with in_turn():
        pending = pending_version()
        if pending is None:
            raise BandError({"bands": "Nothing waits to be put in force."})
        BandVersion.objects.filter(pk=pending.pk).update(status=VersionStatus.RETIRED)
        kept = edited_version()
        record(
            actor=actor,
            action=action,
            target=pending,
            reason="the bands in force stay",
            before=as_json(rows_of(pending)),
            after=as_json(rows_of(kept)),
            at=now,
        )
        transaction.on_commit(announce)
    return kept
