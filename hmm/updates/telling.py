"""One incident for each release that is newer than the installed version, closed once that has caught up."""

from datetime import datetime

from hmm.updates.models import Release
from hmm.updates.notes import words_of
from hmm.updates.services import standing_now
from hmm.updates.standing import Standing
from hmm.updates.versions import spoken
from notifications.models import Incident, Severity
from notifications.services import close_incident, open_incident

KIND = "update_available"
LABEL = "Home Miner Manager"
NOTES_MAX = 320  # characters in a message; the page shows all


def tell_of_update(*, now: datetime) -> None:
    """Open what is new and close what is not so any more. Safe to call again: a second call finds nothing to do."""
    stands = standing_now()
    release = stands.to_tell
    subject = f"updates:{release.tag}" if release is not None else ""
    for stale in Incident.objects.open().filter(kind=KIND).exclude(subject=subject).values_list("subject", flat=True):
        close_incident(kind=KIND, subject=stale, now=now)
    if release is not None:
        open_incident(
            kind=KIND,
            subject=subject,
            label=LABEL,
            severity=Severity.INFO,
            title=f"version {spoken(release.tag)} is available",
            detail=detail_of(stands, release),
            now=now,
        )


def detail_of(stands: Standing, release: Release) -> str:
    """Say what one has, how much lies between, and how the notes begin."""
    between = "" if release.commits_ahead is None else f", {release.commits_ahead} commits behind"
    return f"{stands.installed} is installed{between}.\n{words_of(release.notes, NOTES_MAX)}".strip()
