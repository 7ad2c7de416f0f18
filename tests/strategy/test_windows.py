"""Windows on the household's clock: midnight, weekdays, and the two days on which the clock is changed."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strategy.windows import Window, instant

LONDON = ZoneInfo("Europe/London")
SPRING, AUTUMN = (2026, 3, 29), (2026, 10, 25)
times = st.times().map(lambda moment: moment.replace(second=0, microsecond=0))


def at(text):
    """Return an instant given in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def window(starts, ends, *days):
    return Window(time.fromisoformat(starts), time.fromisoformat(ends), frozenset(days or range(7)))


@pytest.mark.parametrize(
    ("span", "moment", "holds"),
    [
        (window("16:00", "19:00"), "2026-11-24T15:59", False),
        (window("16:00", "19:00"), "2026-11-24T16:00", True),
        (window("16:00", "19:00"), "2026-11-24T18:59", True),
        (window("16:00", "19:00"), "2026-11-24T19:00", False),
        (window("16:00", "19:00"), "2026-07-24T15:30", True),  # summer: 16:30 on the clock
        (window("16:00", "19:00"), "2026-07-24T18:30", False),
        (window("23:00", "07:00"), "2026-11-24T22:59", False),
        (window("23:00", "07:00"), "2026-11-24T23:00", True),
        (window("23:00", "07:00"), "2026-11-25T06:59", True),
        (window("23:00", "07:00"), "2026-11-25T07:00", False),
        (window("23:00", "07:00", 1), "2026-11-25T03:00", True),  # begun on Tuesday
        (window("23:00", "07:00", 2), "2026-11-25T03:00", False),  # a Wednesday night begins later
        (window("00:00", "00:00", 5, 6), "2026-11-28T00:00", True),  # a whole weekend
        (window("00:00", "00:00", 5, 6), "2026-11-29T23:59", True),
        (window("00:00", "00:00", 5, 6), "2026-11-30T00:00", False),
        (window("12:00", "12:00", 1), "2026-11-25T11:59", True),
    ],
)
def test_a_window_holds_from_its_start_until_before_its_end(span, moment, holds):
    assert span.holds(at(moment), LONDON) is holds


@pytest.mark.parametrize(
    ("starts", "ends", "first", "after"),
    [
        ("00:30", "01:30", "2026-03-29T00:30", "2026-03-29T01:00"),  # its end is jumped over
        ("01:30", "03:00", "2026-03-29T01:00", "2026-03-29T02:00"),  # its start is
        ("01:00", "03:00", "2026-03-29T01:00", "2026-03-29T02:00"),  # it starts with the first minute jumped over
        ("01:59", "03:00", "2026-03-29T01:00", "2026-03-29T02:00"),  # with the last one
        ("00:30", "02:30", "2026-03-29T00:30", "2026-03-29T01:30"),  # an hour shorter
        ("23:00", "07:00", "2026-03-28T23:00", "2026-03-29T06:00"),
        ("00:30", "01:30", "2026-10-24T23:30", "2026-10-25T01:30"),  # shown twice: until the second
        ("01:30", "03:00", "2026-10-25T00:30", "2026-10-25T03:00"),  # from the first
        ("01:15", "01:45", "2026-10-25T00:15", "2026-10-25T01:45"),
        ("23:00", "07:00", "2026-10-24T22:00", "2026-10-25T07:00"),
    ],
)
def test_when_the_clock_is_changed_there_is_one_window_not_two(starts, ends, first, after):
    span = window(starts, ends)
    begins, ends_at = at(first), at(after)
    minutes = [begins + timedelta(minutes=place) for place in range(-60, 541)]

    held = [moment for moment in minutes if span.holds(moment, LONDON) and begins - timedelta(hours=1) <= moment]
    held = [moment for moment in held if moment < begins + timedelta(hours=12)]

    assert held[0] == begins
    assert held[-1] == ends_at - timedelta(minutes=1)
    assert len(held) == (ends_at - begins) // timedelta(minutes=1)
    assert span.ends_at(begins, LONDON) == ends_at


def test_a_window_the_clock_jumps_over_never_holds():
    span = window("01:15", "01:45")
    day = [at("2026-03-29T00:00") + timedelta(minutes=place) for place in range(24 * 60)]

    assert not any(span.holds(moment, LONDON) for moment in day)


def test_windows_that_follow_each_other_end_together():
    weekend = window("00:00", "00:00", 5, 6)

    assert weekend.ends_at(at("2026-11-28T10:00"), LONDON) == at("2026-11-30T00:00")


def test_without_days_it_begins_on_each_and_one_that_never_ends_is_followed_for_a_week():
    always = Window(time(0), time(0))

    assert all(always.holds(at(f"2026-11-{day}T10:00"), LONDON) for day in range(23, 30))
    assert always.ends_at(at("2026-11-24T10:00"), LONDON) == at("2026-12-02T00:00")


@settings(max_examples=30)
@given(starts=times, ends=times, day=st.sampled_from([SPRING, AUTUMN, (2026, 6, 1)]), minute=st.integers(0, 26 * 60))
def test_what_the_clock_shows_inside_is_always_inside(starts, ends, day, minute):
    now = datetime(*day, tzinfo=UTC) - timedelta(hours=1) + timedelta(minutes=minute)
    shown = now.astimezone(LONDON).time()
    inside = starts <= shown < ends if starts < ends else shown >= starts or shown < ends

    assert Window(starts, ends).holds(now, LONDON) or not inside


@settings(max_examples=30)
@given(at=times, day=st.sampled_from([SPRING, AUTUMN, (2026, 6, 1)]))
def test_the_first_time_a_clock_shows_is_not_after_the_last(at, day):
    when = datetime(*day, tzinfo=UTC).date()

    assert instant(when, at, LONDON, last=False) <= instant(when, at, LONDON, last=True)
