"""How the installed version stands to the releases that are known. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from hmm.updates.versions import newest_first, spoken, version_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """`newer` are the releases above the installed one, the newest first; `latest` may also be the installed one."""

    installed: str
    is_comparable: bool  # whether the installed version is a version at all
    latest: Any = None  # a row of Release
    newer: tuple[Any, ...] = ()
    is_skipped: bool = False

    @property
    def is_behind(self) -> bool:
        return bool(self.newer)

    @property
    def latest_version(self) -> str | None:
        return spoken(self.latest.tag) if self.latest is not None else None

    @property
    def to_tell(self) -> Any:
        """Return the release people are to be told of, None without one."""
        return self.latest if self.is_behind and not self.is_skipped else None


def standing(releases: Iterable[Any], *, installed: str, skipped: str = "") -> Standing:
    """Compare what is installed with what is published. A skipped release is no news, a later one is again."""
    own = version_of(installed)
    counting = newest_first(releases, installed=own)
    latest = counting[0] if counting else None
    newer = [row for row in counting if own is not None and version_above(row.tag, own)]
    return Standing(
        installed=spoken(installed),
        is_comparable=own is not None,
        latest=latest,
        newer=tuple(newer),
        is_skipped=latest is not None and latest.tag == skipped,
    )


def version_above(tag: str, own: Any) -> bool:
    found = version_of(tag)
    return found is not None and bool(found > own)


def tag_of_installed(releases: Iterable[Any], *, installed: str, head: str) -> str:
    """Return the tag the installed version was released under; where that is not listed, written as `head` is."""
    own = version_of(installed)
    listed = next((row.tag for row in releases if version_of(row.tag) == own), None)
    return listed or ("v" if head.startswith("v") else "") + spoken(installed)
