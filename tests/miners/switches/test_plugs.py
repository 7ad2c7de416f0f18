"""Commands to plugs, from the row to the proof."""

from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection

from hmm.audit.models import AuditEntry
from miners.models import HomeAssistantServer, Miner, PlugCommand, PowerSwitch
from miners.services.allowing import CommandRefusedError
from miners.services.fleet import edit_miner
from miners.services.plug_commands import PlugWaitsError, request_plug, take_plug_step
from miners.services.plug_limits import turn_on_waits
from notifications.models import Incident

pytestmark = pytest.mark.django_db


def order(household, switch, *, on, **more):
    fresh = PowerSwitch.objects.get(pk=switch.pk)
    return request_plug(fresh, on=on, **{"actor": "strategy", "reason": "test", "now": household.now, **more})


def newest():
    return PlugCommand.objects.first()


def services(household):
    return [service for service, _entity in household.server.calls]


def test_a_plug_that_goes_off_is_applied_only_when_it_is_read_and_stays(household):
    switch = household.plug()
    order(household, switch, on=False)

    household.walk(1)
    assert newest().status == "sent", "the answer to the call proves nothing"
    household.walk(8)

    assert newest().status == "applied"
    assert PowerSwitch.objects.get().confirmed is False
    assert AuditEntry.objects.get(action="plug.off").outcome == "done"
    assert services(household) == ["turn_off"]


@pytest.mark.parametrize("trap", ["stuck", "unavailable", "optimistic", "missing"])
def test_a_200_without_effect_ends_as_not_verified_and_is_told(household, trap):
    switch = household.plug()
    household.server.plugs[switch.entity].trap = trap
    order(household, switch, on=False)

    household.walk(40)

    assert newest().status == "not verified"
    assert services(household) == ["turn_off"], "it is sent once"
    assert Incident.objects.open().filter(kind="plug_not_confirmed").exists()
    assert PowerSwitch.objects.get().failures == 1


def test_a_late_plug_is_waited_for(household):
    switch = household.plug()
    household.server.plugs[switch.entity].trap = "late"
    order(household, switch, on=False)

    household.walk(25)

    assert newest().status == "applied"
    assert not Incident.objects.open().filter(kind="plug_not_confirmed").exists()


def test_an_error_while_switching_is_judged_by_the_state(household):
    switch = household.plug()
    household.server.plugs[switch.entity].trap = "error"
    order(household, switch, on=False)

    household.walk(40)

    assert newest().status == "not verified"
    assert "500" in newest().message


def test_what_is_already_so_sends_nothing(household):
    switch = household.plug()

    assert order(household, switch, on=True) is None
    assert services(household) == []


def test_two_workers_take_a_step_once(household):
    switch = household.plug()
    command = order(household, switch, on=False)
    moment = household.now + timedelta(seconds=1)

    take_plug_step(command.pk, now=moment)
    take_plug_step(command.pk, now=moment)

    assert services(household) == ["turn_off"]


def test_a_second_wish_for_the_same_joins_the_first(household):
    switch = household.plug()

    assert order(household, switch, on=False) == order(household, switch, on=False)
    assert PlugCommand.objects.count() == 1


def test_a_command_killed_between_sending_and_reading_is_read_not_sent_again(household):
    switch = household.plug()
    command = order(household, switch, on=False)
    household.server.flip(switch.entity, on=False)  # it arrived
    PlugCommand.objects.filter(pk=command.pk).update(status="sending", sent_at=household.now)

    household.walk(10)

    assert newest().status == "applied"
    assert services(household) == []


def test_a_token_that_is_revoked_while_switching_is_told_at_once_and_not_knocked_with(household):
    switch = household.plug()
    good, household.server.token = household.server.token, "another"
    before = len(household.server.requests)
    order(household, switch, on=False)
    household.walk(180)

    assert newest().status == "not verified"
    assert "rejects the token" in newest().message
    assert len(household.server.requests) == before + 1
    assert Incident.objects.open().filter(kind="home_assistant_token").exists()
    household.server.token = good
    household.walk(600)
    assert not Incident.objects.open().filter(kind="home_assistant_token").exists()


def test_a_server_that_vanishes_while_switching_is_noticed_in_seconds(household):
    switch = household.plug()
    household.server.set_fault("vanish")
    order(household, switch, on=False)

    household.walk(4)

    assert HomeAssistantServer.objects.get().error_code == "unreachable"


@pytest.mark.parametrize(("first", "ends"), [(True, "cancelled"), (False, "sent")])
def test_off_does_not_wait_for_the_proof_of_an_on_but_on_waits_for_that_of_an_off(household, first, ends):
    switch = household.plug("switch.miner_stuck", min_off_minutes=0, min_on_minutes=0)
    PowerSwitch.objects.update(state="off" if first else "on")
    order(household, switch, on=first)
    household.walk(1)
    earlier = newest()

    if first:
        assert order(household, switch, on=False).on is False, "it may be coming on"
    else:
        with pytest.raises(CommandRefusedError, match="under way"):
            order(household, switch, on=True)

    earlier.refresh_from_db()
    assert earlier.status == ends


def test_a_miner_that_is_let_go_of_takes_what_was_not_sent_to_its_plug_with_it(household):
    miner = Miner.objects.create(
        name="Study", kind="bitaxe", host="192.168.7.9", port=80, enrolled=True, poll_due_at=household.now
    )
    switch = household.plug(miners=[miner])
    order(household, switch, on=False)

    edit_miner(Miner.objects.get(), {"enrolled": False}, actor="ann", now=household.now)
    household.walk(5)

    assert newest().status == "cancelled"
    assert services(household) == []


def test_a_restarting_server_is_waited_for(household):
    switch = household.plug()
    order(household, switch, on=False)
    household.walk(1)
    household.server.set_fault("vanish")
    household.walk(30)
    assert newest().status == "sent"

    household.server.set_fault("none")
    household.walk(20)

    assert newest().status == "applied"


def test_a_locked_plug_is_switched_by_persons_only(household):
    switch = household.plug(locked=True)

    with pytest.raises(CommandRefusedError, match="locked"):
        order(household, switch, on=False)
    order(household, switch, on=False, actor="keeper", by_hand=True)
    household.walk(10)

    assert newest().status == "applied"
    assert PowerSwitch.objects.get().held_by == "keeper"


def test_off_is_never_held_back_and_on_rests_its_minimum_time(household):
    switch = household.plug(min_on_minutes=10, min_off_minutes=5)
    order(household, switch, on=False)
    household.walk(10)

    with pytest.raises(PlugWaitsError, match="stays off for 5 min"):
        order(household, switch, on=True)
    household.walk(301)

    order(household, switch, on=True)
    household.walk(10)
    order(household, switch, on=False)
    household.walk(10)
    assert newest().status == "applied", "off at once, although it was on for seconds"
    household.walk(400)
    with pytest.raises(PlugWaitsError, match="short time"):
        order(household, switch, on=True)


def test_the_daily_cap_refuses_switching_on_only(household):
    switch = household.plug(daily_cap=2, min_on_minutes=0, min_off_minutes=0)
    for _time in range(2):
        for on in (False, True):
            order(household, switch, on=on)
            household.walk(10)

    order(household, switch, on=False)
    household.walk(10)

    assert newest().status == "applied"
    with pytest.raises(PlugWaitsError, match="2 times in 24 h"):
        order(household, switch, on=True)
    later = household.now + timedelta(hours=24)
    assert turn_on_waits([PowerSwitch.objects.get()], now=later) == {}


@pytest.mark.parametrize("trap", ["none", "stuck"])
def test_what_went_off_for_a_power_cycle_owes_its_end_even_when_it_was_not_seen_to_go_off(household, trap):
    switch = household.plug()
    household.server.plugs[switch.entity].trap = trap
    order(household, switch, on=False, is_cycle=True)
    household.walk(40)

    assert services(household) == ["turn_off"], "coming on again is decided, not automatic"
    assert PowerSwitch.objects.get().cycle_ends_at == newest().finished_at + timedelta(seconds=10)


def test_the_end_of_a_power_cycle_waits_for_no_minimum_time_and_pays_what_is_owed(household):
    switch = household.plug()
    order(household, switch, on=False, is_cycle=True)
    household.walk(20)
    with pytest.raises(PlugWaitsError):
        order(household, switch, on=True)

    order(household, switch, on=True, is_cycle=True)
    household.walk(10)

    assert household.server.plugs[switch.entity].is_on
    assert PowerSwitch.objects.get().cycle_ends_at is None


class Killed(BaseException):
    """What kill -9 would do at this write: everything after it is never done."""


def dying(at):
    seen = Counter()

    def count(execute, sql, parameters, many, context):
        if sql.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE")):
            seen["writes"] += 1
            if seen["writes"] == at:
                raise Killed
        return execute(sql, parameters, many, context)

    return connection.execute_wrapper(count)


@pytest.mark.django_db(transaction=True)
def test_a_command_killed_at_any_write_ends_applied_and_is_sent_once(household):
    switch = household.plug()
    for at in range(1, 30):
        household.server.calls.clear()
        household.server.flip(switch.entity, on=True)
        household.check()
        PlugCommand.objects.all().delete()
        command = order(household, switch, on=False)
        died = 0
        for _step in range(8):
            household.now += timedelta(seconds=5)
            try:
                with dying(at):
                    take_plug_step(command.pk, now=household.now)
            except Killed:
                died += 1
                household.now += timedelta(seconds=60)
        household.walk(120)

        assert newest().status == "applied", (at, newest().message)
        assert len(household.server.calls) == 1, at
        if not died:
            break

    assert at > 3, "it was killed at several writes"
