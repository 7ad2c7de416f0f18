"""Which shares two readings tell of: pure rules, whatever a device shows."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miners.shares import Rise, Seen, high_from, is_same, rises

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


def seen(
    minutes: float = 0, uptime: float | None = 1000, session: float | None = 1e6, ever: float | None = 4e9
) -> Seen:
    return Seen(at=NOW + timedelta(minutes=minutes), uptime_s=uptime, session=session, ever=ever)


def found(before: Seen | None, after: Seen) -> list[float]:
    return [rise.difficulty for rise in rises(before, after) if rise.found]


def carried(before: Seen | None, after: Seen) -> list[float]:
    return [rise.difficulty for rise in rises(before, after) if not rise.found]


def test_what_a_new_miner_brings_along_was_not_found_here():
    assert carried(None, seen()) == [4e9]
    assert found(None, seen()) == []
    assert rises(None, seen(ever=0)) == []


def test_nothing_new_is_nothing():
    assert rises(seen(), seen(1, 1060)) == []


def test_a_rise_of_the_session_is_one_share_also_when_it_is_the_best_of_all_times():
    assert found(seen(), seen(1, 1060, session=2e6)) == [2e6]
    assert found(seen(), seen(1, 1060, session=5e9, ever=5e9)) == [5e9]
    assert found(seen(), seen(1, 1060, session=5.001e9, ever=5e9)) == [5.001e9], (
        "written with three digits and with all"
    )


def test_after_a_restart_the_session_begins_anew_and_the_old_best_is_not_found_again():
    assert rises(seen(), seen(1, 20, session=0)) == []
    assert rises(seen(), seen(1, 20, session=3e5)) == [Rise(difficulty=3e5, found=True, since_boot=True)]


def test_a_best_of_all_times_that_this_session_did_not_find_was_brought_along():
    assert carried(seen(), seen(1, 1060, ever=9e9)) == [9e9]
    assert found(seen(), seen(1, 1060, ever=9e9)) == []


def test_firmware_that_begins_to_tell_its_best_tells_no_news():
    assert found(seen(session=None, ever=None), seen(1, 1060)) == []


@pytest.mark.parametrize(("minutes", "uptime"), [(1, 90_000), (1, 600), (60, 99_999)])
def test_a_device_put_in_another_s_place_brings_its_best_along(minutes, uptime):
    assert found(seen(uptime=1000), seen(minutes, uptime, session=8e9, ever=8e9)) == []
    assert carried(seen(uptime=1000), seen(minutes, uptime, session=8e9, ever=8e9)) == [8e9]


def test_a_clock_that_was_set_back_takes_no_share_away():
    assert found(seen(), seen(-180, 1060, session=5e9, ever=5e9)) == [5e9]


@pytest.mark.parametrize("odd", [-1.0, 0.0, 1e30, float("inf"), float("nan")])
def test_what_nobody_can_have_found_is_no_share(odd):
    assert rises(None, seen(session=odd, ever=odd)) == []
    assert rises(seen(), seen(1, 1060, session=odd, ever=odd)) == []
    assert found(seen(session=odd), seen(1, 1060, session=odd)) == []


def test_a_high_share_takes_an_hour_on_average():
    assert high_from(1.2) == pytest.approx(1.2e12 * 3600 / 2**32)
    assert high_from(None) == 0


shares = st.lists(st.floats(1, 1e15), min_size=1, max_size=20)


@settings(max_examples=30)
@given(first=shares, second=shares)
def test_each_share_is_found_at_most_once_over_polls_and_a_restart(first, second):
    """A device tells the running best of two sessions; what is found are real shares, and no one twice."""
    told, best, minute = [seen(0, 0, 0.0, 0.0)], 0.0, 0
    for session in (first, second):
        running = 0.0
        for uptime, share in enumerate(session, 1):
            running, best, minute = max(running, share), max(best, share), minute + 1
            told.append(seen(minute, uptime * 60, running, best))

    kept = [value for one, other in pairwise(told) for value in found(one, other)]

    assert set(kept) <= {*first, *second}
    assert any(is_same(max(*first, 0), value) for value in kept)
    assert len(kept) <= len(first) + len(second)
