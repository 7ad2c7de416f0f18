"""What is told, when, and what becomes one message."""

from dataclasses import replace
from datetime import datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifications import rules
from notifications.events import REMIND_AFTER
from notifications.models import Channel
from notifications.rules import Memory, Told, bundle, judge, next_try, reminders_passed
from tests.notifications.conftest import NOW


def told(number=1, **changes):
    values = {
        "id": number,
        "event": "miner_offline",
        "phase": "opened",
        "subject": f"miner:{number}",
        "label": f"Miner {number}",
        "severity": "warning",
        "title": "unreachable",
        "occurred_at": NOW - timedelta(minutes=2),
        "incident": number,
    }
    return Told(**{**values, **changes})


def test_a_miner_that_has_just_gone_is_waited_for():
    judged = judge([told(occurred_at=NOW - timedelta(seconds=5))], Memory(), now=NOW)

    assert judged.held == [1]
    assert not judged.tell


def test_what_is_over_before_it_was_told_is_not_told_at_all():
    news = [told(over=True), told(2, phase="closed", incident=1, subject="miner:1", over=True)]

    judged = judge(news, Memory(), now=NOW)

    assert not judged.tell
    assert set(judged.dropped) == {1, 2}


def test_a_recovery_is_told_when_the_beginning_was():
    close = told(2, phase="closed", incident=1)

    assert judge([close], Memory(told_incidents=frozenset({1})), now=NOW).tell == [close]


def test_the_same_event_is_told_again_after_five_minutes_and_heat_after_fifteen():
    for event, minutes in (("high_rejects", 5), ("temperature_warning", 15)):
        item = told(event=event, occurred_at=NOW)
        key = (event, item.subject, "warning")
        early = Memory(last_told={key: NOW - timedelta(minutes=minutes) + timedelta(seconds=1)})
        late = Memory(last_told={key: NOW - timedelta(minutes=minutes)})

        assert not judge([item], early, now=NOW).tell
        assert judge([item], late, now=NOW).tell


def test_a_change_of_status_is_told_at_once():
    item = told(event="override", phase="once", occurred_at=NOW, incident=None)
    memory = Memory(last_told={("override", item.subject, "warning"): NOW - timedelta(seconds=1)})

    assert judge([item], memory, now=NOW).tell == [item]


def test_only_what_is_critical_is_told_in_maintenance():
    memory = Memory(maintenance_until=NOW + timedelta(hours=1))
    hot = told(2, event="temperature_danger", severity="critical")

    assert judge([told(), hot], memory, now=NOW).tell == [hot]


def test_an_event_that_is_switched_off_is_not_told():
    assert judge([told()], Memory(off=frozenset({"miner_offline"})), now=NOW).dropped


def test_miners_with_one_cause_become_one_message():
    items = [told(n, causes=("plug:3",)) for n in (1, 2, 3)] + [told(9)]

    bundles = bundle(items)

    assert [(len(one.items), one.cause) for one in bundles] == [(3, "plug:3"), (1, "")]


def test_what_stalled_on_a_pool_that_is_told_to_be_down_waits_and_is_not_told_if_it_hashes_by_then():
    stalled = told(event="low_hashrate", causes=("pool:Solo",), occurred_at=NOW - timedelta(minutes=30))
    down = Memory(open_causes=frozenset({"pool:Solo"}))
    over = [replace(stalled, over=True), told(2, phase="closed", incident=1, event="low_hashrate")]

    assert judge([stalled], down, now=NOW).held == [1]
    assert not judge(over, Memory(), now=NOW).tell
    assert judge([stalled], Memory(), now=NOW).tell == [stalled]


def test_a_pool_is_looked_at_before_what_stalled_on_it_is_told():
    early = told(event="low_hashrate", causes=("pool:Solo",), occurred_at=NOW - timedelta(minutes=3))

    assert judge([early], Memory(), now=NOW).held == [1]
    assert not judge([replace(early, causes=())], Memory(), now=NOW).held


def test_a_burst_becomes_one_message():
    assert len(bundle([told(n) for n in range(7)])) == 1


def test_two_with_one_cause_are_two_messages_and_so_are_four_of_one_event():
    assert [len(one.items) for one in bundle([told(n, causes=("plug:3",)) for n in (1, 2)])] == [1, 1]
    assert [len(one.items) for one in bundle([told(n) for n in range(4)])] == [1, 1, 1, 1]
    assert [len(one.items) for one in bundle([told(n) for n in range(5)])] == [5]


def test_the_cause_that_explains_most_comes_first_and_of_two_the_first_by_name():
    both = [told(n, causes=("plug:3000", "pool:S")) for n in (1, 2, 3)]
    pool = [told(n, causes=("pool:S",)) for n in (4, 5)]
    others = [told(n, causes=("plug:9",)) for n in (6, 7, 8)]

    assert [(one.cause, len(one.items)) for one in bundle([*both, *pool])] == [("pool:S", 5)]
    assert [one.cause for one in bundle([*both, *others])] == ["plug:3000", "plug:9"]


@pytest.mark.parametrize(
    ("event", "causes", "seconds", "waits"),
    [
        ("miner_offline", (), 0, True),
        ("miner_offline", (), 44, True),
        ("miner_offline", (), 45, False),
        ("miner_offline", (), -3600, False),  # the clock was set back
        ("low_hashrate", ("pool:Solo",), 239, True),
        ("low_hashrate", ("pool:Solo",), 240, False),
        ("low_hashrate", ("plug:1",), 0, False),
    ],
)
def test_how_long_a_beginning_is_waited_with(event, causes, seconds, waits):
    item = told(event=event, causes=causes, occurred_at=NOW - timedelta(seconds=seconds))

    judged = judge([item], Memory(), now=NOW)

    assert (judged.held, judged.tell) == (([1], []) if waits else ([], [item]))


def test_what_is_told_elsewhere_by_its_cause_is_covered_once_its_moment_is_over_and_only_once():
    solo = Memory(open_causes=frozenset({"pool:Solo"}))
    item = told(event="low_hashrate", causes=("pool:Solo",), occurred_at=NOW - timedelta(minutes=4))

    assert judge([item], solo, now=NOW).covered == [item]
    assert judge([item], solo, now=NOW - timedelta(seconds=1)).covered == []
    assert judge([replace(item, told_in_part=True)], solo, now=NOW).covered == []
    maintained = replace(solo, maintenance_until=NOW + timedelta(minutes=1))
    assert (judge([item], maintained, now=NOW).covered, judge([item], maintained, now=NOW).held) == ([], [1])
    assert judge([item], replace(solo, off=frozenset({"low_hashrate"})), now=NOW).dropped
    assert judge([replace(item, severity="critical")], solo, now=NOW).tell


def test_an_end_and_a_reminder_follow_a_beginning_that_was_told():
    begins = told(event="high_rejects")
    ends, reminds = (told(n, event="high_rejects", phase=p, incident=1) for n, p in ((2, "closed"), (3, "reminder")))

    assert judge([begins, ends], Memory(), now=NOW).tell == [begins, ends]
    assert judge([begins, reminds], Memory(), now=NOW).tell == [begins], "not both at once"
    assert judge([reminds], Memory(told_incidents=frozenset({1})), now=NOW).tell == [reminds]
    assert not judge([ends], Memory(), now=NOW).tell


def test_a_pause_between_two_counts_within_one_look_and_not_against_the_clock():
    first, second = told(event="high_rejects"), told(2, event="high_rejects", subject="miner:1")
    last = {("high_rejects", "miner:1", "warning"): first.occurred_at}

    assert judge([first, second], Memory(), now=NOW).tell == [first]
    assert not judge([first], Memory(last_told=last), now=NOW).tell
    ahead = {key: at + timedelta(hours=1) for key, at in last.items()}
    assert judge([first], Memory(last_told=ahead), now=NOW).tell == [first], "the clock was set back"


def test_maintenance_ends_on_the_second():
    assert judge([told()], Memory(maintenance_until=NOW), now=NOW).tell


def test_the_loudest_of_several_counts():
    order = ["info", "warning", "danger", "critical"]

    for lower, higher in pairwise(order):
        assert rules.worst([told(severity=lower), told(2, severity=higher)]) == higher


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from(["opened", "closed", "once"]))))
def test_nothing_is_lost_and_nothing_of_one_subject_overtakes(drawn):
    items = [told(n, subject=f"miner:{subject}", phase=phase) for n, (subject, phase) in enumerate(drawn)]

    out = [item for one in bundle(items) for item in one.items]

    assert sorted(item.id for item in out) == [item.id for item in items]
    for subject in {item.subject for item in items}:
        assert [i.id for i in out if i.subject == subject] == [i.id for i in items if i.subject == subject]


def test_reminders_come_after_one_six_and_twenty_four_hours():
    hours = (0.9, 1, 5.9, 6, 24, 99)
    passed = [reminders_passed(NOW, REMIND_AFTER, now=NOW + timedelta(hours=h)) for h in hours]

    assert passed == [0, 1, 1, 2, 3, 3]


def test_five_tries_within_ten_minutes_and_no_pause_beyond_a_quarter_of_an_hour():
    pauses = [next_try(attempt, None) for attempt in range(1, 6)]

    assert pauses == [*(timedelta(seconds=seconds) for seconds in (15, 60, 150, 300)), None]
    assert next_try(1, 900) == timedelta(minutes=15)
    assert sum(pauses[:-1], timedelta()) <= timedelta(minutes=10)
    assert next_try(1, 901) is None
    assert next_try(1, 7) == timedelta(seconds=7)
    assert rules.next_try(3, 0) == timedelta(seconds=1)


@pytest.mark.parametrize(
    ("begins", "ends", "at", "quiet"),
    [
        ("22:00", "07:00", "21:59", False),
        ("22:00", "07:00", "22:00", True),
        ("22:00", "07:00", "06:59", True),
        ("22:00", "07:00", "07:00", False),
        ("13:00", "14:00", "13:30", True),
        ("13:00", "14:00", "14:00", False),
        ("07:00", "07:00", "07:00", False),
    ],
)
def test_quiet_hours_may_go_over_midnight(begins, ends, at, quiet):
    channel = Channel(quiet_from=time.fromisoformat(begins), quiet_until=time.fromisoformat(ends))

    assert channel.is_quiet(datetime.combine(NOW.date(), time.fromisoformat(at))) is quiet
