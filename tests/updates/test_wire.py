"""What GitHub writes, in our words. Pure; the captures are compared where they are."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hmm.updates import wire
from hmm.updates.base import PayloadError
from hmm.updates.simulator import GitHubSimulator, Published
from tests.captures import captures
from tests.updates.conftest import NOW

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
ROW = {"tag_name": "v1.3.0", "name": "1.3.0", "body": "Notes", "prerelease": False, "draft": False}


def listed(*rows):
    return wire.listed(json.dumps(rows).encode())


def one(**changes):
    return listed({**ROW, **changes}).releases[0]


def keys_of(value):
    """Return the names in a document, and of what kind each is; of a list its first element counts."""
    if isinstance(value, list):
        return [keys_of(value[0])] if value else []
    return {name: keys_of(part) for name, part in value.items()} if isinstance(value, dict) else type(value).__name__


def test_a_release_is_read_with_all_it_tells():
    found = one(html_url="https://github.com/a/b/releases/tag/v1.3.0", published_at="2026-09-20T10:05:00Z")

    assert (found.tag, found.name, found.notes, found.is_prerelease) == ("v1.3.0", "1.3.0", "Notes", False)
    assert found.url == "https://github.com/a/b/releases/tag/v1.3.0"
    assert found.published_at == datetime(2026, 9, 20, 10, 5, tzinfo=UTC)


def test_drafts_are_left_out_and_tags_without_a_version_counted():
    found = listed({**ROW, "draft": True, "tag_name": "v9.0.0"}, {**ROW, "tag_name": "nightly"}, ROW)

    assert [release.tag for release in found.releases] == ["v1.3.0"]
    assert found.unreadable == 1


def test_of_two_rows_of_one_tag_the_newest_counts():
    assert [row.notes for row in listed({**ROW, "body": "new"}, {**ROW, "body": "old"}).releases] == ["new"]


def test_absent_words_are_empty_and_a_version_that_says_so_is_not_finished():
    found = one(name=None, body=None, tag_name="v1.3.0-rc.1")

    assert (found.name, found.notes, found.url, found.published_at) == ("", "", "", None)
    assert found.is_prerelease


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "data:text/html,x", "/logout/", "http://[", "https://", "ftp://a/b", 7, "https://a/\n"],
)
def test_an_address_that_is_not_of_the_web_is_none(url):
    assert one(html_url=url).url == ""


@pytest.mark.parametrize("at", ["soon", 7, "2026-09-20T10:05:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", ""])
def test_a_time_that_is_none_is_unknown(at):
    assert one(published_at=at).published_at is None


def test_words_are_cut_to_what_is_kept():
    found = one(name="n" * 10_000, body="b" * 100_000)

    assert (len(found.name), len(found.notes)) == (wire.NAME_MAX, wire.NOTES_MAX)


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"{}", b"7", b"[7]", b"[[]]", b'[{"tag_name": 7}]', b'[{"name": "x"}]', b"[" * 100_000]
)
def test_nonsense_instead_of_a_list_is_refused_whole(body):
    with pytest.raises(PayloadError):
        wire.listed(body)


@given(JSON)
def test_no_document_is_too_strange(document):
    for read in (wire.listed, wire.comparison):
        try:
            assert read(json.dumps(document).encode()) is not None
        except PayloadError:
            continue


def compared(**changes):
    commit = {"sha": "1" * 40, "commit": {"message": "Mend it\n\nWhy."}}
    told = {"status": "ahead", "ahead_by": 2, "behind_by": 0, "commits": [commit, {**commit, "sha": "2" * 40}]}
    return wire.comparison(json.dumps({**told, **changes}).encode())


def test_a_comparison_has_its_counts_and_the_first_lines_the_newest_first():
    found = compared()

    assert (found.relation, found.ahead, found.behind) == ("ahead", 2, 0)
    assert [(commit.sha[0], commit.subject) for commit in found.commits] == [("2", "Mend it"), ("1", "Mend it")]


@pytest.mark.parametrize(
    "wrong",
    [
        {"status": "odd"},
        {"ahead_by": "2"},
        {"ahead_by": -1},
        {"behind_by": True},
        {"commits": None},
        {"commits": [7]},
    ],
)
def test_a_comparison_with_one_wrong_part_is_none(wrong):
    with pytest.raises(PayloadError):
        compared(**wrong)


@pytest.mark.parametrize(
    ("status", "headers", "expected"),
    [
        (403, {}, (False, None)),
        (403, {"X-RateLimit-Remaining": "12", "X-RateLimit-Reset": "1790000000"}, (False, None)),
        (404, {"Retry-After": "60"}, (False, None)),
        (403, {"Retry-After": "60"}, (True, NOW + timedelta(seconds=60))),
        (429, {"Retry-After": "999999999"}, (True, NOW + timedelta(days=1))),
        (429, {"Retry-After": "Wed, 21 Oct"}, (True, None)),
        (429, {}, (True, None)),
        (
            403,
            {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1790000000"},
            (True, datetime.fromtimestamp(1_790_000_000, UTC)),
        ),
        (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "9" * 15}, (True, None)),
    ],
)
def test_a_pause_is_told_apart_from_a_refusal(status, headers, expected):
    assert wire.pause_until(status, headers, now=NOW) == expected


def test_the_simulator_writes_what_was_captured_of_a_release():
    kept = json.loads(captures("misc", "github_release_latest_shape.json").read_bytes())
    simulator = GitHubSimulator(moment=lambda: NOW)

    assert keys_of(simulator.release_json(Published(tag="v1.3.0", name="1.3.0"))) == keys_of(kept)
    assert wire.listed(json.dumps([kept]).encode()).releases[0].tag == "v1.3.0"


def test_the_simulator_writes_what_was_captured_of_a_comparison():
    kept = captures("misc", "github_compare_shape.json").read_bytes()
    simulator = GitHubSimulator(
        releases=[Published(tag="v1.3.0", commits=2), Published(tag="v1.2.0")], moment=lambda: NOW
    )
    shown = json.loads(simulator.comparison("v1.2.0", "v1.3.0").content)
    expected = keys_of(json.loads(kept))
    del expected["commits"][0]["author"], shown["commits"][0]["author"]  # None where GitHub knows nobody of that name

    assert keys_of(shown) == expected
    assert (wire.comparison(kept).ahead, wire.comparison(kept).commits[0].subject) == (2, "Bump")
