"""GitHub that misbehaves: each way is one clear error, and none takes longer than it may. Asks no database."""

import time
from datetime import timedelta

import pytest

from hmm.updates import client
from hmm.updates.base import MissingError, PayloadError, RefusedError, TooOftenError, UnreachableError
from hmm.updates.client import GitHub
from hmm.updates.simulator import REPOSITORY
from tests.updates.conftest import NOW


def ask(github, repository=REPOSITORY):
    return GitHub(github.url, repository, now=NOW)


def test_releases_are_read_and_asked_as_github_wants_to_be_asked(github):
    found = ask(github).releases()

    assert [release.tag for release in found.releases] == ["v1.4.0-rc.1", "v1.3.0", "v1.2.1", "v1.2.0"]
    assert found.unreadable == 1
    assert found.etag
    assert github.requests[0][2] == f"/repos/{REPOSITORY}/releases?per_page=20"


def test_the_same_list_is_not_sent_twice_and_another_one_is(github):
    etag = ask(github).releases().etag

    assert ask(github).releases(etag) is None
    github.publish("v1.5.0")
    assert ask(github).releases(etag).releases[0].tag == "v1.5.0"


def test_commits_between_two_tags_are_counted(github):
    found = ask(github).compare("v1.2.0", "v1.3.0")

    assert (found.relation, found.ahead, found.behind, len(found.commits)) == ("ahead", 9, 0, 9)
    assert found.commits[0].subject == "Step 7 towards v1.3.0"


def test_a_history_that_went_two_ways_is_told_as_such(github):
    github.compare_fault = "diverged"

    found = ask(github).compare("v1.2.0", "v1.3.0")

    assert (found.relation, found.ahead, found.behind) == ("diverged", 9, 2)


def test_a_tag_that_is_not_there_is_missing(github):
    with pytest.raises(MissingError):
        ask(github).compare("v1.1.0", "v1.3.0")


@pytest.mark.parametrize(
    ("fault", "kind", "words"),
    [
        ("missing", MissingError, "HMM_UPDATES_REPOSITORY"),
        ("forbidden", RefusedError, "403"),
        ("moved", RefusedError, "moved"),
        ("nonsense", PayloadError, "no text"),
        ("html", PayloadError, "not JSON"),
        ("malformed", PayloadError, "not JSON"),
        ("wrong_type", PayloadError, "no list"),
        ("binary", PayloadError, "not JSON"),
        ("empty", PayloadError, "not JSON"),
        ("huge", PayloadError, "far too long"),
        ("refuse", UnreachableError, "503"),
        ("truncate", UnreachableError, "broke off"),
        ("vanish", UnreachableError, "no connection"),
    ],
)
def test_each_fault_is_an_error_that_says_what_it_is(github, fault, kind, words):
    github.set_fault(fault)

    with pytest.raises(kind, match=words):
        ask(github).releases()


def test_another_repository_is_not_known(github):
    with pytest.raises(MissingError, match="else/where"):
        ask(github, "else/where").releases()


def test_whoever_asks_too_often_is_told_until_when_to_wait(github):
    github.set_fault("too_many")
    with pytest.raises(TooOftenError) as asked_to_wait:
        ask(github).releases()
    github.set_fault("none")
    github.used = 60
    with pytest.raises(TooOftenError) as spent:
        ask(github).releases()

    assert asked_to_wait.value.until == NOW + timedelta(seconds=120)
    assert spent.value.until == github.window_ends


@pytest.mark.parametrize("fault", ["stall", "trickle"])
def test_one_deadline_ends_all_questions(github, monkeypatch, fault):
    monkeypatch.setattr(client, "TOTAL_S", 0.4)  # a person waits for no longer in a test
    github.set_fault(fault)
    asker = ask(github)
    began = time.monotonic()

    with pytest.raises(UnreachableError, match="longer than"):
        asker.releases()
    with pytest.raises(UnreachableError, match="longer than"):
        asker.compare("v1.2.0", "v1.3.0")

    assert time.monotonic() - began < 3
