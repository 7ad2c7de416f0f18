"""What is told, when, and what becomes one message."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from notifications import rules
from notifications.events import REMIND_AFTER
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


def test_a_burst_becomes_one_message():
    assert len(bundle([told(n) for n in range(7)])) == 1


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

    assert pauses[-1] is None
    assert sum(pauses[:-1], timedelta()) <= timedelta(minutes=10)
    assert next_try(1, 901) is None
    assert next_try(1, 7) == timedelta(seconds=7)
    assert rules.next_try(3, 0) == timedelta(seconds=1)
