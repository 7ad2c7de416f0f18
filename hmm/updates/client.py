"""Ask GitHub for releases. One deadline for all the questions of one client; nothing is asked twice."""

import time
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import quote

from hmm import outside
from hmm.updates import wire
from hmm.updates.base import (
    Comparison,
    Listed,
    MissingError,
    PayloadError,
    RefusedError,
    TooOftenError,
    UnreachableError,
)

TOTAL_S = 30.0  # for everything together
LIST_LIMIT, COMPARISON_LIMIT = 2 * 1024 * 1024, 8 * 1024 * 1024  # bytes; a comparison brings the changed files along
LISTED = 20
NOT_MODIFIED = 304


class GitHub:
    """The releases of one repository. Knows nothing of the database."""

    def __init__(self, url: str, repository: str, *, now: datetime) -> None:
        self.base = f"{url.rstrip('/')}/repos/{repository}"
        self.repository = repository
        self.now = now
        self.ends = time.monotonic() + TOTAL_S

    def releases(self, known: str = "") -> Listed | None:
        """Return the newest releases; None where the list is still the `known` one. Raise an UpdateError."""
        answer = self.ask(
            f"releases?per_page={LISTED}", limit=LIST_LIMIT, headers={"If-None-Match": known} if known else {}
        )
        if known and answer.status == NOT_MODIFIED:
            return None
        return wire.listed(self.content_of(answer), etag=str(answer.headers.get("ETag", "")))

    def compare(self, base: str, head: str) -> Comparison:
        """Return what lies between two tags. Raise an UpdateError."""
        path = f"compare/{quote(base, safe='')}...{quote(head, safe='')}"
        return wire.comparison(self.content_of(self.ask(path, limit=COMPARISON_LIMIT)))

    def ask(self, path: str, *, limit: int, headers: Mapping[str, str] | None = None) -> outside.Answer:
        left = self.ends - time.monotonic()
        if left <= 0:
            raise UnreachableError(f"GitHub took longer than {TOTAL_S:g} s.")
        try:
            return outside.ask(
                f"{self.base}/{path}", headers={**wire.HEADERS, **(headers or {})}, total_s=left, limit=limit
            )
        except outside.TooLongError as error:
            raise PayloadError("GitHub's answer is far too long.") from error
        except outside.OutsideError as error:
            raise UnreachableError(f"No answer from GitHub: {error}.") from error

    def content_of(self, answer: outside.Answer) -> bytes:
        """Return the body of a good answer. Raise an UpdateError that says what is wrong and what to do."""
        status = answer.status
        too_often, until = wire.pause_until(status, answer.headers, now=self.now)
        if too_often:
            raise TooOftenError(f"GitHub asks for fewer requests ({status}).", until=until)
        if status == 404:
            raise MissingError(
                f"GitHub knows no public {self.repository} (404). Check HMM_UPDATES_REPOSITORY; "
                "a private repository cannot be read."
            )
        if status in {401, 403}:
            raise RefusedError(f"GitHub refuses to tell of {self.repository} ({status}).")
        if 300 <= status < 400:
            raise RefusedError(
                f"{self.repository} has moved ({status}). Write its new name into HMM_UPDATES_REPOSITORY."
            )
        if status != 200:
            raise UnreachableError(f"GitHub answers {status}.")
        return answer.content
