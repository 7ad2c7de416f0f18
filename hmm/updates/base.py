"""What is known of releases, and the ways in which asking for them fails. Pure."""

from dataclasses import dataclass
from datetime import datetime


class UpdateError(Exception):
    """The source of releases gave no answer that can be used."""


class UnreachableError(UpdateError):
    """No answer in time, or one that says it is broken. Worth another try."""


class TooOftenError(UnreachableError):
    """The source wants to be left alone; `until` is None where it does not say how long."""

    def __init__(self, words: str, *, until: datetime | None) -> None:
        super().__init__(words)
        self.until = until


class MissingError(UpdateError):
    """The source knows nothing of that name."""


class RefusedError(UpdateError):
    """The source answered and said no."""


class PayloadError(UpdateError):
    """The answer is not what it should be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundRelease:
    """One published release, its tag a version. `url` is empty where none can be followed."""

    tag: str
    name: str
    notes: str
    url: str
    is_prerelease: bool
    published_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """What the source lists, the newest first. `unreadable` tags are no versions; `etag` names this very list."""

    releases: tuple[FoundRelease, ...]
    unreadable: int
    etag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """The first line of one commit."""

    sha: str
    subject: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """How one commit stands to another: ahead, behind, identical or diverged. The newest commits come first."""

    relation: str
    ahead: int
    behind: int
    commits: tuple[Commit, ...]
