"""GitHub's releases and comparisons in our words. Pure; an absent text is empty, nonsense raises PayloadError."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from hmm.updates.base import Commit, Comparison, FoundRelease, Listed, PayloadError
from hmm.updates.versions import version_of

NAME_MAX, NOTES_MAX, URL_MAX, ETAG_MAX, SUBJECT_MAX, SHA_MAX = 200, 20_000, 500, 200, 200, 64
COMMITS_KEPT, COMMITS_MAX = 30, 10_000_000
FIRST_YEAR, LAST_YEAR = 2000, 2200
RELATIONS = {"ahead", "behind", "identical", "diverged"}
HEADERS = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
SECONDS_MIN, SECONDS_MAX = 1_230_000_000, 7_000_000_000  # 2008 to 2191


def parsed(content: bytes) -> Any:
    """Return JSON. Raise PayloadError."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise PayloadError("The answer is not JSON.") from error


def listed(content: bytes, *, etag: str = "") -> Listed:
    """Return the releases of an answer; drafts and tags that name no version are left out. Raise PayloadError."""
    rows = parsed(content)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise PayloadError("The answer is no list of releases.")
    published = [row for row in rows if row.get("draft") is not True]
    found = {release.tag: release for row in reversed(published) if (release := release_of(row)) is not None}
    return Listed(
        releases=tuple(reversed(found.values())),
        unreadable=len([row for row in published if version_of(tag_of(row)) is None]),
        etag=etag if len(etag) <= ETAG_MAX and etag.isascii() and etag.isprintable() else "",
    )


def tag_of(row: Mapping[str, Any]) -> str:
    tag = row.get("tag_name")
    if not isinstance(tag, str):
        raise PayloadError("A release has no tag.")
    return tag


def release_of(row: Mapping[str, Any]) -> FoundRelease | None:
    tag = tag_of(row)
    version = version_of(tag)
    if version is None:
        return None
    return FoundRelease(
        tag=tag,
        name=text(row.get("name"), "name", NAME_MAX),
        notes=text(row.get("body"), "text", NOTES_MAX),
        url=link(row.get("html_url")),
        is_prerelease=row.get("prerelease") is True or version.is_prerelease,
        published_at=moment(row.get("published_at")),
    )


def text(value: Any, what: str, most: int) -> str:
    """Return a text, cut to what is kept; None is an empty one."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise PayloadError(f"The {what} of a release is no text.")
    return value if len(value) <= most else value[: most - 1] + "…"


def link(value: Any) -> str:
    """Return an address on the web, empty for anything else."""
    if not isinstance(value, str) or len(value) > URL_MAX or not value.isprintable():
        return ""
    try:
        parts = urlsplit(value)
    except ValueError:
        return ""
    return value if parts.scheme in {"http", "https"} and parts.netloc else ""


def moment(value: Any) -> datetime | None:
    """Return an instant with its zone; None for what is none, as the release counts without it."""
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    sensible = found is not None and found.tzinfo is not None and FIRST_YEAR <= found.year < LAST_YEAR
    return found.astimezone(UTC) if found is not None and sensible else None


def comparison(content: bytes) -> Comparison:
    """Return how a head stands to its base. Raise PayloadError."""
    told = parsed(content)
    if not isinstance(told, dict) or told.get("status") not in RELATIONS or not isinstance(told.get("commits"), list):
        raise PayloadError("The answer is no comparison.")
    commits = [commit_of(row) for row in told["commits"][-COMMITS_KEPT:]]
    return Comparison(
        relation=told["status"],
        ahead=count(told.get("ahead_by")),
        behind=count(told.get("behind_by")),
        commits=tuple(reversed(commits)),
    )


def count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= COMMITS_MAX:
        raise PayloadError("A number of commits is none.")
    return value


def commit_of(row: Any) -> Commit:
    inner = row.get("commit") if isinstance(row, dict) else None
    sha, message = (row.get("sha"), inner.get("message")) if isinstance(inner, dict) else (None, None)
    if not isinstance(sha, str) or not isinstance(message, str):
        raise PayloadError("A commit of the comparison is none.")
    lines = message.strip().splitlines() or [""]
    return Commit(sha=sha[:SHA_MAX], subject=lines[0][:SUBJECT_MAX])


def pause_until(status: int, headers: Mapping[str, str], *, now: datetime) -> tuple[bool, datetime | None]:
    """Tell whether an answer asks for a pause, and until when: `Retry-After`, or the time its allowance is new.

    A 403 is both "too often" and "you may not"; only the headers tell them apart.
    """
    after, reset = number(headers.get("Retry-After")), number(headers.get("X-RateLimit-Reset"))
    spent = headers.get("X-RateLimit-Remaining") == "0"
    if status not in {403, 429} or (status == 403 and after is None and not spent):
        return False, None
    if after is not None:
        return True, now + timedelta(seconds=min(after, 86_400))
    if spent and reset is not None and SECONDS_MIN <= reset <= SECONDS_MAX:
        return True, datetime.fromtimestamp(reset, UTC)
    return True, None


def number(value: str | None) -> int | None:
    return int(value) if value and value.isascii() and value.isdigit() and len(value) < 16 else None
