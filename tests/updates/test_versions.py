"""Which tag is a version, which is newer, and how what is installed stands. Pure."""

import re
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hmm.updates.standing import standing, tag_of_installed
from hmm.updates.versions import newest_first, version_of

NUMBERS = st.tuples(*[st.integers(0, 999_999_999)] * 3)
IN_ORDER = ["0.9.9", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-beta.2", "1.0.0-rc.1", "1.0.0-rc.10", "1.0.0", "1.10.0"]


def release(tag, *, early=False):
    return SimpleNamespace(tag=tag, is_prerelease=early)


def stands(installed, *tags, skipped=""):
    return standing([release(tag, early="-" in tag) for tag in tags], installed=installed, skipped=skipped)


def test_versions_stand_in_the_order_of_semantic_versions():
    shuffled = [release(f"v{text}") for text in [*IN_ORDER[1::2], *IN_ORDER[::2]]]

    found = newest_first(shuffled, installed=version_of("1.0.0-rc.1"))

    assert [row.tag.removeprefix("v") for row in reversed(found)] == IN_ORDER


@given(NUMBERS, NUMBERS)
def test_numbers_are_compared_one_after_the_other_as_numbers(one, other):
    texts = ["v" + ".".join(map(str, numbers)) for numbers in (one, other)]

    assert (version_of(texts[0]) < version_of(texts[1])) == (one < other)


@given(st.text(max_size=60))
def test_no_tag_is_too_strange(text):
    for tag in (text, f"v1.2.3-{text}"):
        assert version_of(tag) is None or version_of(tag).major >= 0


@pytest.mark.parametrize(
    "tag",
    ["", "v1", "1.2", "1.2.3.4", "latest", "nightly", "v1.2.3-1", "1.2.3-", "１.2.3", "v1.2.3\n", "1.2." + "0" * 99],
)
def test_what_is_no_semantic_version_is_none(tag):
    assert version_of(tag) is None


def test_what_a_build_is_called_says_nothing_of_age():
    assert version_of("1.2.3+windows.7") == version_of("v1.2.3")


def test_what_is_not_finished_counts_only_where_it_is_used_already():
    assert stands("1.2.0", "v1.3.0-rc.1", "v1.2.0").is_behind is False
    assert stands("1.3.0-beta.1", "v1.3.0-rc.1", "v1.2.0").latest.tag == "v1.3.0-rc.1"
    assert stands("1.3.0-rc.1", "v1.3.0-rc.1", "v1.3.0").latest.tag == "v1.3.0"
    marked = standing([release("v1.3.0", early=True)], installed="1.2.0")
    assert marked.latest is None, "its publisher says that it is not finished"


def test_everything_above_the_installed_version_is_newer_the_newest_first():
    found = stands("1.2.0", "v1.1.9", "v1.2.1", "v1.10.0", "v1.2.0")

    assert [row.tag for row in found.newer] == ["v1.10.0", "v1.2.1"]
    assert (found.latest_version, found.is_behind, found.to_tell.tag) == ("1.10.0", True, "v1.10.0")


@pytest.mark.parametrize("installed", ["1.2.0", "1.2.1", "v1.2.0", "1.2.0+local"])
def test_what_has_caught_up_or_is_ahead_is_not_behind(installed):
    found = stands(installed, "v1.2.0", "v1.1.0")

    assert (found.is_behind, found.to_tell, found.latest.tag) == (False, None, "v1.2.0")


def test_an_installed_version_that_is_none_is_never_behind():
    found = stands("main", "v1.2.0")

    assert (found.is_comparable, found.is_behind, found.latest_version) == (False, False, "1.2.0")


def test_a_skipped_version_is_not_told_and_a_later_one_is():
    assert stands("1.2.0", "v1.3.0", skipped="v1.3.0").to_tell is None
    assert stands("1.2.0", "v1.3.1", "v1.3.0", skipped="v1.3.0").to_tell.tag == "v1.3.1"


def test_commits_are_counted_from_the_tag_the_installed_version_has():
    rows = [release("release"), release("1.2.0"), release("v1.3.0")]

    assert tag_of_installed(rows, installed="1.2.0", head="v1.3.0") == "1.2.0"
    assert tag_of_installed(rows, installed="1.1.0", head="v1.3.0") == "v1.1.0"
    assert re.match(r"\d", tag_of_installed(rows, installed="1.1.0", head="1.3.0"))
