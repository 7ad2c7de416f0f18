"""What delays switching a plug on, at every edge: its minimum times, and its cap within 24 hours."""

from datetime import UTC, datetime, timedelta

import pytest

from miners.models import PlugCommand, PowerSwitch
from miners.services.plug_limits import earliest_on, turn_on_waits
from miners.services.plug_states import take_state
from miners.switches.base import Entity, PlugState

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
DAY_S = 86_400


def ago(seconds):
    return NOW - timedelta(seconds=seconds)


def add(**values):
    return PowerSwitch.objects.create(**{"entity": "switch.desk", "name": "Desk", "state": "off", **values})


def came_on(switch, seconds_ago, **values):
    values = {"on": True, "status": "applied", "sent_at": ago(seconds_ago), **values}
    moment = ago(seconds_ago)
    PlugCommand.objects.create(switch=switch, due_at=moment, created_at=moment, finished_at=moment, **values)


@pytest.mark.parametrize(
    ("times", "waits"),
    [
        ((60, 120), True),
        ((60,), False),
        ((60, DAY_S - 1), True),
        ((60, DAY_S), False),  # 24 hours ago it counts no more
        ((60, -3600), True),  # the clock was set back by an hour meanwhile
        ((60, -DAY_S), False),  # by a day or more: nothing waits for a time that may never come
    ],
)
def test_a_plug_comes_on_as_often_as_its_cap_within_24_hours(times, waits):
    switch = add(daily_cap=2)
    for seconds in times:
        came_on(switch, seconds)

    found = turn_on_waits([switch], now=NOW)

    assert bool(found) is waits
    if waits:
        again = ago(max(times)) + timedelta(days=1)
        assert found[switch.pk] == f"came on 2 times in 24 h, its limit; again from {again:%H:%M} UTC."


@pytest.mark.parametrize(
    ("command", "counts"),
    [
        ({}, True),
        ({"on": False}, False),
        ({"status": "not verified", "reads": 4}, True),
        ({"status": "not verified", "reads": 5}, False),  # its plug was seen to stay off
        ({"status": "cancelled", "reads": 0}, True),
        ({"status": "not verified", "sent_at": None}, False),
        ({"status": "refused"}, False),
    ],
)
def test_what_may_have_switched_counts(command, counts):
    switch = add(daily_cap=1)
    came_on(switch, 60, **command)

    assert bool(turn_on_waits([switch], now=NOW)) is counts


def test_each_plug_has_its_own_cap():
    one, other = add(daily_cap=1), add(entity="switch.shed", name="Shed", daily_cap=1)
    came_on(one, 60)

    assert set(turn_on_waits([one, other], now=NOW)) == {one.pk}


@pytest.mark.parametrize(
    ("state", "off_for_s", "on_for_s", "rests_s", "words"),
    [
        ("off", 299, None, 1, "stays off for 5 min"),
        ("off", 300, None, 0, ""),
        ("off", 300, 3600, 0, ""),
        ("off", 60, 540, 300, "was on for a short time only and rests"),  # 10 + 5 min from when it came on
        ("off", 60, 0, 840, "was on for a short time only and rests"),
        ("off", 60, -1, 240, "stays off for 5 min"),  # it came on after it was seen off: that is not known to fit
        ("off", None, None, 0, ""),
        ("on", 60, 3600, 0, ""),
    ],
)
def test_the_minimum_times_off_and_on(state, off_for_s, on_for_s, rests_s, words):
    since = None if off_for_s is None else ago(off_for_s)
    on_at = None if on_for_s is None or since is None else since - timedelta(seconds=on_for_s)
    switch = add(state=state, state_since=since, on_at=on_at, min_on_minutes=10, min_off_minutes=5)

    until, _words = earliest_on(switch)
    found = turn_on_waits([switch], now=NOW)

    assert found == ({switch.pk: f"{words}, until {until:%H:%M} UTC."} if rests_s else {})
    if rests_s:
        assert (until - NOW).total_seconds() == rests_s


@pytest.mark.parametrize(("ahead_s", "kept"), [(30, True), (31, False), (5 * DAY_S, False)])
def test_times_from_before_the_clock_was_set_back_count_as_now(ahead_s, kept):
    ahead = ago(-ahead_s)
    switch = add(state_since=ahead, on_at=ahead)

    take_state(switch, Entity(entity="switch.desk", state=PlugState.OFF), now=NOW)

    switch.refresh_from_db()
    assert (switch.state_since, switch.on_at) == ((ahead, ahead) if kept else (NOW, NOW))
