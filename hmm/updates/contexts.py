"""What the page of updates shows; the number of queries does not grow with releases."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings

from hmm.jobs.models import Job
from hmm.updates.models import Release, ReleaseSource
from hmm.updates.notes import html_of
from hmm.updates.services import current
from hmm.updates.standing import Standing
from hmm.updates.versions import spoken

SHOWN_MOST = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class NotesRow:
    """One release with its notes, ready to show."""

    version: str
    name: str
    url: str
    published_at: datetime | None
    notes: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The one answer of the page."""

    badge: str
    word: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdatesPage:
    """The whole page. `source` is None before it was asked for the first time."""

    repository: str
    service: str
    source: ReleaseSource | None
    stands: Standing
    verdict: Verdict
    commits: str
    commits_why: str
    commit_list: tuple[dict[str, str], ...]
    notes: tuple[NotesRow, ...]
    left_out: int


def updates_page() -> UpdatesPage:
    """Return the page. Two queries."""
    row, stands = current()
    shown = stands.newer or ((stands.latest,) if stands.latest is not None else ())
    commits, why = commit_words(stands)
    return UpdatesPage(
        repository=settings.HMM_UPDATES_REPOSITORY,
        service=settings.HMM_GITHUB_URL,
        source=row,
        stands=stands,
        verdict=verdict_of(stands, row),
        commits=commits,
        commits_why=why,
        commit_list=tuple(stands.latest.commits) if stands.is_behind and is_counted(stands) else (),
        notes=tuple(notes_row(release) for release in shown[:SHOWN_MOST]),
        left_out=max(0, len(shown) - SHOWN_MOST),
    )


def verdict_of(stands: Standing, row: ReleaseSource | None) -> Verdict:
    """Say in one sentence how the installed version stands."""
    if row is None or row.answered_at is None:
        return Verdict(badge="", word="unknown", sentence="Releases have not been read yet.")
    if stands.latest is None:
        return Verdict(badge="", word="unknown", sentence="No release with a version as its tag is published yet.")
    if not stands.is_comparable:
        words = f"What is installed calls itself {stands.installed}, which is no version to compare."
        return Verdict(badge="", word="unknown", sentence=words)
    if stands.is_behind and stands.is_skipped:
        words = f"Version {stands.latest_version} is available; you are not told of it again."
        return Verdict(badge="", word="skipped", sentence=words)
    if stands.is_behind:
        words = f"Version {stands.latest_version} is available."
        return Verdict(badge="badge-info", word="update available", sentence=words)
    return Verdict(badge="badge-good", word="up to date", sentence=f"Version {stands.installed} is the newest.")


def is_counted(stands: Standing) -> bool:
    """Tell whether the commits that are kept were counted from what is installed now."""
    return stands.latest is not None and stands.latest.counted_from == stands.installed


def commit_words(stands: Standing) -> tuple[str, str]:
    """Return how many commits lie between, "" where that is not known, and what is to be said of it."""
    if not stands.is_behind:
        return "", ""
    latest = stands.latest
    if not is_counted(stands) or latest.commits_ahead is None:
        return "", f"The commits are not counted. {latest.count_error}".strip()
    if latest.relation == "diverged":
        return str(latest.commits_ahead), f"The installed version has {latest.commits_behind} of its own beside them."
    return str(latest.commits_ahead), ""


def notes_row(release: Release) -> NotesRow:
    return NotesRow(
        version=spoken(release.tag),
        name=release.name if release.name not in {"", release.tag, spoken(release.tag)} else "",
        url=release.url,
        published_at=release.published_at,
        notes=html_of(release.notes),
    )


def job_of(query: Any) -> Job | None:
    """Return the job a page was sent to look at."""
    number = str(query.get("job", ""))
    return Job.objects.filter(pk=int(number)).first() if number.isdecimal() and len(number) < 12 else None
