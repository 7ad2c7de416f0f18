"""Two workers and two beats: the tick is done once, whoever asks how often."""

import threading
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection

from hmm.audit.models import AuditEntry
from miners.models import Command
from miners.services.commands import take_command_step
from miners.services.polling import claim_due_polls, due_commands, poll
from strategy import core
from strategy.models import StrategyState
from strategy.services.gathering import gather, stored_band
from strategy.services.isolating import OvertakenError
from strategy.services.remembering import remember
from strategy.services.ticking import claim, due_since, tick
from strategy.tasks import TWO_BEATS


def at_once(*calls):
    """Run calls at the same instant, each with a connection of its own; return what they gave."""
    barrier, found = threading.Barrier(len(calls)), []

    def run(call):
        barrier.wait(20)
        try:
            found.append(call())
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[call]) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(90)
    return found


@pytest.mark.django_db(transaction=True)
def test_of_many_claims_at_once_one_wins(house):
    results = at_once(*[lambda: claim(house.now, None)] * 8)

    assert sorted(results, key=str) == sorted([1, *[None] * 7], key=str)


@pytest.mark.django_db(transaction=True)
def test_two_workers_and_two_beats_act_once(house):
    house.prices(35, 35)
    since = house.now - TWO_BEATS

    decisions = at_once(*[lambda: tick(now=house.now, unless_decided_after=since)] * 4)

    assert len([decision for decision in decisions if decision is not None]) == 1
    assert Command.objects.count() == 1
    assert AuditEntry.objects.filter(action="strategy.transition").count() == 1
    assert StrategyState.objects.get().revision == 1


@pytest.mark.django_db(transaction=True)
def test_whole_seconds_that_two_beats_and_their_workers_do_at_once_reach_the_device_once(house):
    house.prices(35, 35)

    def second():
        since = due_since(now=house.now)
        if since is not None:
            tick(now=house.now, unless_decided_after=since)
        for pk in due_commands(now=house.now):
            take_command_step(pk, now=house.now)
        for pk in claim_due_polls(now=house.now):
            poll(pk, now=house.now)

    for _second in range(8):
        at_once(second, second)
        house.now += timedelta(seconds=1)

    assert house.writes() == ["POST /api/system/pause "]
    assert house.device.max_parallel == 1, "one exchange at a time"
    assert [command.status for command in Command.objects.all()] == ["applied"]
    assert AuditEntry.objects.filter(action="miner.power").count() == 1
    assert AuditEntry.objects.filter(action="strategy.transition").count() == 1


@pytest.mark.django_db
def test_a_second_beat_comes_too_soon_and_a_person_s_request_does_not(house):
    house.prices(9, 9)
    house.tick()
    later = house.now + timedelta(seconds=3)

    assert tick(now=later, unless_decided_after=later - TWO_BEATS) is None
    assert tick(now=later) is not None


@pytest.mark.django_db
def test_the_end_of_a_slot_is_asked_once(house):
    house.prices(9, 9)
    house.tick()
    house.now = house.now.replace(minute=30)
    since = due_since(now=house.now)

    assert since == house.now
    assert tick(now=house.now, unless_decided_after=since) is not None
    assert due_since(now=house.now) is None
    assert tick(now=house.now, unless_decided_after=since) is None


@pytest.mark.django_db
def test_a_tick_that_was_overtaken_writes_nothing_and_keeps_nobody_s_claim(house):
    house.prices(9, 9)
    assert claim(house.now, None) == 1
    slow = gather(house.now)
    assert claim(house.now + timedelta(seconds=51), None) == 2

    with pytest.raises(OvertakenError):
        remember(slow, current_band=1)

    state = StrategyState.objects.get()
    assert (state.current_band, state.ticking_until) == (None, house.now + timedelta(seconds=101))


@pytest.mark.django_db
def test_a_claim_from_a_clock_that_was_ahead_ends(house):
    house.prices(9, 9)
    StrategyState.objects.filter(pk=1).update(ticking_until=house.now + timedelta(days=1))

    assert house.tick() is not None


@pytest.mark.django_db
def test_slots_as_short_as_a_minute_do_not_forget_the_band(house):
    house.prices(9, 9)
    house.tick()
    state = StrategyState.objects.get()
    minute = core.Period(state.decided_at, state.decided_at + timedelta(minutes=1), Decimal(9))

    late = state.decided_at + timedelta(seconds=59), state.decided_at + timedelta(minutes=6)
    assert stored_band(state, (minute,), 6, late[0] + timedelta(seconds=31)) == state.current_band
    assert (
        stored_band(state, (replace(minute, start=late[1], end=late[1] + timedelta(minutes=1)),), 6, late[1]) is None
    )
