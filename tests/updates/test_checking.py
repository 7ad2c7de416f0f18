"""When the source is asked, what is kept of its answers, and what a household is told."""

from contextlib import suppress
from datetime import timedelta
from itertools import pairwise

import pytest

from hmm.audit.models import AuditEntry
from hmm.updates.base import UpdateError
from hmm.updates.models import EVERY, Release, ReleaseSource
from hmm.updates.services import NotNowError, check, claim_by_hand, claim_due, set_skipped, source, standing_now
from hmm.updates.telling import tell_of_update
from notifications.models import Incident
from tests.notifications.conftest import (
    telegram,  # noqa: F401  # a fixture
    telegram_channel,
)
from tests.notifications.test_queue import texts, work
from tests.updates.conftest import HOSTILE, NOW

pytestmark = pytest.mark.django_db
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def look(now=NOW):
    """Do what the task does each minute; return whether the source was asked."""
    asked = claim_due(now=now)
    if asked:
        with suppress(UpdateError):
            check(now=now)
    tell_of_update(now=now)
    return asked


def open_subjects():
    return list(Incident.objects.open().filter(kind="update_available").values_list("subject", flat=True))


def comparisons(github):
    return [path for _at, _method, path, _body in github.requests if "/compare/" in path]


# --- the event -------------------------------------------------------------------------------------


def test_a_new_release_is_told_once_and_is_over_when_it_is_installed(github, telegram, settings):  # noqa: F811
    telegram_channel()
    for minutes in (0, 1, 400, 800):
        look(NOW + minutes * MINUTE)
        work(NOW + minutes * MINUTE)

    assert texts(telegram) == [
        "ℹ️ <b>Home Miner Manager</b> version 1.3.0 is available\n"
        "1.2.0 is installed, 9 commits behind.\nNew\nHeat comes first"
    ]
    assert Incident.objects.get(kind="update_available").subject == "updates:v1.3.0"

    settings.HMM_VERSION = "1.3.0"
    look(NOW + 801 * MINUTE)
    work(NOW + 801 * MINUTE)

    assert open_subjects() == []
    assert len(texts(telegram)) == 1, "who has just updated knows"


def test_the_next_release_takes_the_place_of_the_one_before(github, telegram):  # noqa: F811
    telegram_channel()
    look()
    work(NOW)
    github.publish("v1.3.1", "Mended")

    look(NOW + 7 * HOUR)
    work(NOW + 7 * HOUR)

    assert open_subjects() == ["updates:v1.3.1"]
    assert [text.split("\n")[0] for text in texts(telegram)] == [
        "ℹ️ <b>Home Miner Manager</b> version 1.3.0 is available",
        "ℹ️ <b>Home Miner Manager</b> version 1.3.1 is available",
    ]


def test_a_release_that_is_taken_back_is_no_news_any_more(github):
    look()
    github.withdraw("v1.3.0")

    look(NOW + 7 * HOUR)

    assert open_subjects() == ["updates:v1.2.1"]


def test_a_skipped_version_is_not_told_and_can_be_told_again(github):
    look()
    assert set_skipped("v1.3.0", skip=True, actor="ann", now=NOW)
    assert not set_skipped("v1.3.0", skip=True, actor="ann", now=NOW)
    tell_of_update(now=NOW)
    assert open_subjects() == []

    look(NOW + 7 * HOUR)
    assert open_subjects() == []
    assert set_skipped("v1.3.0", skip=False, actor="ann", now=NOW)
    tell_of_update(now=NOW)

    assert open_subjects() == ["updates:v1.3.0"]
    assert list(AuditEntry.objects.order_by("pk").values_list("action", "actor", "target_label")) == [
        ("update.skip", "ann", "v1.3.0"),
        ("update.tell", "ann", "v1.3.0"),
    ]


@pytest.mark.parametrize("tag", ["v9.9.9", "", "\x00", "v" * 5000])
def test_what_is_not_known_cannot_be_skipped(github, tag):
    look()

    assert not set_skipped(tag, skip=True, actor="ann", now=NOW)


def test_hostile_notes_arrive_as_text(github, telegram):  # noqa: F811
    telegram_channel()
    github.publish("v2.0.0", HOSTILE, name="<b>\u202e💥")

    look()
    work(NOW)

    kept = Release.objects.get(tag="v2.0.0")
    assert "שלום" in kept.notes
    assert len(kept.notes) > 10_000
    assert not set("\x00\u202e\ud800") & set(kept.notes + kept.name)
    assert len(texts(telegram)) == 1
    assert "&lt;script&gt;" in texts(telegram)[0]
    assert "<script" not in texts(telegram)[0]


# --- when ------------------------------------------------------------------------------------------


def test_without_a_repository_nobody_is_asked(github, settings):
    look()
    settings.HMM_UPDATES_REPOSITORY = ""

    assert not look(NOW + 9 * HOUR)
    assert len(github.requests) == 2
    assert (open_subjects(), Release.objects.count()) == ([], 0)
    with pytest.raises(NotNowError, match="HMM_UPDATES_REPOSITORY"):
        claim_by_hand(now=NOW)


def test_the_source_is_asked_every_six_hours_a_little_later_each_house(github):
    assert look()
    assert not any(look(NOW + minutes * MINUTE) for minutes in (1, 60, 359))
    assert EVERY <= source().due_at - NOW <= EVERY * 1.1

    assert look(NOW + EVERY * 1.1)


def test_of_two_workers_one_asks(github):
    assert [claim_due(now=NOW), claim_due(now=NOW)] == [True, False]


def test_a_worker_that_dies_leaves_it_to_the_next_and_a_clock_set_back_leaves_nothing_waiting(github):
    claim_due(now=NOW)
    assert claim_due(now=NOW + 5 * MINUTE)

    ReleaseSource.objects.update(due_at=NOW + timedelta(days=30))
    assert claim_due(now=NOW + 6 * MINUTE)


def test_a_list_that_is_still_the_same_is_not_read_again(github):
    look()
    look(NOW + 7 * HOUR)

    assert source().answered_at == NOW + 7 * HOUR
    assert Release.objects.count() == 4
    assert len(comparisons(github)) == 1, "counted once for each release"


def test_a_person_asks_at_once_but_not_twice_in_a_moment(github):
    look()
    with pytest.raises(NotNowError, match="a moment ago"):
        claim_by_hand(now=NOW + timedelta(seconds=5))

    claim_by_hand(now=NOW + MINUTE)
    check(now=NOW + MINUTE, fresh=True)

    assert source().answered_at == NOW + MINUTE


def test_another_repository_begins_anew(github, settings):
    look()
    set_skipped("v1.3.0", skip=True, actor="ann", now=NOW)
    settings.HMM_UPDATES_REPOSITORY = "else/where"

    assert look(NOW + MINUTE), "it is asked at once"

    kept = source()
    assert (kept.repository, kept.skipped, kept.etag, kept.answered_at) == ("else/where", "", "", None)
    assert "else/where" in kept.last_error
    assert not Release.objects.exists()


# --- what goes wrong -------------------------------------------------------------------------------


def test_a_failure_keeps_what_is_known_and_waits_longer_each_time(github):
    look()
    github.set_fault("html")
    at, waits = NOW + 7 * HOUR, []
    for _time in range(7):
        look(at)
        waits.append((source().due_at - at) / MINUTE)
        at = source().due_at

    kept = source()
    assert (kept.failures, kept.answered_at, kept.last_error) == (7, NOW, "The answer is not JSON.")
    assert [round(wait) >= least for wait, least in zip(waits, (15, 30, 60, 120, 240, 360, 360), strict=True)]
    assert waits[-1] <= 360 * 1.1
    assert all(later > sooner for sooner, later in pairwise(waits[:6]))
    assert open_subjects() == ["updates:v1.3.0"]

    github.set_fault("none")
    look(at)
    assert (source().failures, source().last_error) == (0, "")


def test_a_pause_that_is_asked_for_is_kept_by_the_house_and_its_people(github):
    github.set_fault("rate_limit")

    look()

    assert source().quiet_until == github.window_ends
    assert source().due_at >= github.window_ends
    with pytest.raises(NotNowError, match="left alone until"):
        claim_by_hand(now=NOW + 30 * MINUTE)
    github.set_fault("none")
    claim_by_hand(now=NOW + 61 * MINUTE)
    check(now=NOW + 61 * MINUTE)
    assert source().quiet_until is None


@pytest.mark.parametrize("fault", ["nonsense", "huge", "rate_limit"])
def test_a_count_that_fails_stays_unknown_and_is_tried_with_the_next_look(github, fault):
    github.compare_fault = fault
    look()

    latest = standing_now().latest
    assert (latest.commits_ahead, latest.counted_from) == (None, "")
    assert latest.count_error
    assert source().failures == 0, "the releases themselves were told"
    assert open_subjects() == ["updates:v1.3.0"]

    github.compare_fault = "none"
    look(NOW + 7 * HOUR)
    assert standing_now().latest.commits_ahead == 9


def test_a_version_without_a_tag_is_asked_for_once(github, settings):
    settings.HMM_VERSION = "1.1.0"
    look()
    look(NOW + 7 * HOUR)

    assert standing_now().latest.count_error == "GitHub has no tag v1.1.0."
    assert len(comparisons(github)) == 1
