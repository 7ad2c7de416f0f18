"""Versions as release tags write them, `v1.3.0` or `1.3.0-rc.1`, and which of two is newer. Pure."""

import re
from collections.abc import Iterable
from typing import Protocol, TypeVar

from packaging.version import InvalidVersion, Version

TAG_MAX = 80
SEMANTIC = re.compile(r"v?(\d{1,9}\.\d{1,9}\.\d{1,9}(?:-[0-9A-Za-z.-]+)?)(?:\+[0-9A-Za-z.-]+)?", re.ASCII)


class Tagged(Protocol):
    """Anything that has a tag."""

    @property
    def tag(self) -> str: ...
    @property
    def is_prerelease(self) -> bool: ...


T = TypeVar("T", bound=Tagged)


def version_of(tag: str) -> Version | None:
    """Return the version a tag names; None for what is no semantic version. What follows a + says nothing of age."""
    found = SEMANTIC.fullmatch(tag) if len(tag) <= TAG_MAX else None
    if found is None:
        return None
    try:
        version = Version(found.group(1))
    except InvalidVersion:
        return None
    return None if version.is_postrelease or version.local else version  # "1.3.0-1" comes before 1.3.0, not after


def spoken(tag: str) -> str:
    """Return a tag as a person says it."""
    return tag.removeprefix("v")


def newest_first(releases: Iterable[T], *, installed: Version | None) -> list[T]:
    """Return the releases that count, the newest first; what is not finished counts only where it is used already."""
    early = installed is not None and installed.is_prerelease
    known = [(version, row) for row in releases if (version := version_of(row.tag)) is not None]
    counting = [pair for pair in known if early or not (pair[1].is_prerelease or pair[0].is_prerelease)]
    return [row for _version, row in sorted(counting, key=lambda pair: pair[0], reverse=True)]
