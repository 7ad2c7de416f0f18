"""Updates over REST: what runs, what there is; unknown is null. Reads answer from the database."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema

from hmm.accounts.api import caller
from hmm.clock import now as read_clock
from hmm.rest import refusal
from hmm.updates.contexts import updates_page
from hmm.updates.models import Release
from hmm.updates.services import NotNowError, ask_in_background
from hmm.updates.versions import spoken

router = Router(tags=["updates"])


class ReleaseOut(Schema):
    """One published release newer than what is installed; `notes` is its Markdown as it was written."""

    version: str
    tag: str
    name: str
    notes: str
    url: str
    published_at: datetime | None


class UpdatesOut(Schema):
    """How the installed version stands. `is_behind` is null while that cannot be said."""

    installed: str
    latest: str | None
    is_behind: bool | None
    is_skipped: bool
    commits_ahead: int | None
    repository: str | None
    checked_at: datetime | None
    next_check_at: datetime | None
    error: str
    error_at: datetime | None
    newer: list[ReleaseOut]


class AskedOut(Schema):
    """The job that asks."""

    job_id: int


def release_json(release: Release) -> dict[str, Any]:
    names = [name for name in ReleaseOut.model_fields if name != "version"]
    return {**{name: getattr(release, name) for name in names}, "version": spoken(release.tag)}


@router.get("", response=UpdatesOut, summary="The installed version and what is newer")
def get_updates(request: HttpRequest) -> dict[str, Any]:
    caller(request)
    page = updates_page()
    stands, source = page.stands, page.source
    known = stands.is_comparable and stands.latest is not None
    return {
        "installed": stands.installed,
        "latest": stands.latest_version,
        "is_behind": stands.is_behind if known else None,
        "is_skipped": stands.is_skipped,
        "commits_ahead": int(page.commits) if page.commits else None,
        "repository": page.repository or None,
        "checked_at": source.answered_at if source else None,
        "next_check_at": source.due_at if source else None,
        "error": source.last_error if source else "",
        "error_at": source.failed_at if source and source.last_error else None,
        "newer": [release_json(release) for release in stands.newer],
    }


@router.post("/check", response={202: AskedOut}, summary="Look for a new version now; the job tells what came")
def check_updates(request: HttpRequest) -> Any:
    actor = caller(request, "admin").actor
    try:
        job = ask_in_background(actor=actor, now=read_clock())
    except NotNowError as error:
        return refusal(422, str(error))
    return 202, {"job_id": job.pk}
