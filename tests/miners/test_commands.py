"""Commands against a device that is a real server: done is what the device shows."""

import time
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import Max

from hmm.audit.models import AuditEntry
from hmm.clock import now as read_clock
from miners.models import Command, CommandStatus, FieldState, Miner, NewestReading
from miners.services.allowing import CommandRefusedError
from miners.services.commands import CommandBusyError, request_command, take_command_step
from miners.services.overclock import set_overclock
from miners.services.polling import claim_due_polls, due_commands, poll
from miners.services.settling import close

pytestmark = pytest.mark.django_db


def ask(miner, kind, value, actor="keeper", **more):
    return request_command(
        Miner.objects.get(pk=miner.pk), kind, value, actor=actor, reason="asked", now=read_clock(), **more
    )


def let_pass(seconds=240.0, *, until=None):
    """Do what worker and beat do until no command is open; due times are walked, not waited for.

    It goes on where the last walk ended, so that no clock is set back and no request forgotten.
    """
    moment = max(filter(None, [read_clock(), Miner.objects.aggregate(seen=Max("last_seen_at"))["seen"]]))
    end = moment + timedelta(seconds=seconds)
    while moment < end:
        for pk in due_commands(now=moment):
            take_command_step(pk, now=moment)
        for pk in claim_due_polls(now=moment):
            poll(pk, now=moment)
        if not Command.objects.open().exists() or (until is not None and until()):
            return
        moment += timedelta(seconds=1)
        time.sleep(0.02)


def ended():
    return Command.objects.get()


def test_a_mode_is_applied_when_a_reading_shows_it(miner, bitaxe):
    ask(miner, "mode", {"mode": "eco"})
    let_pass()

    assert ended().status == CommandStatus.APPLIED
    assert bitaxe.settings["frequency"] == 400
    assert NewestReading.objects.get().mode == "eco"
    state = FieldState.objects.get(field="mode")
    assert (state.confirmed, state.held_by) == ({"mode": "eco"}, "keeper")
    entry = AuditEntry.objects.get(action="miner.mode")
    assert (entry.outcome, entry.before, entry.after) == ("done", {"mode": "standard"}, {"mode": "eco"})


def test_a_device_that_answers_200_and_ignores_the_key_is_not_verified(miner, bitaxe):
    bitaxe.lies_about = {"frequency", "coreVoltage"}

    ask(miner, "mode", {"mode": "eco"})
    let_pass(90)

    assert ended().status == CommandStatus.NOT_VERIFIED
    assert "do not show" in ended().message
    state = FieldState.objects.get(field="mode")
    assert state.failures == 1
    assert not state.may_retry(read_clock(), {"mode": "eco"})
    assert state.may_retry(read_clock(), {"mode": "turbo"}), "another value did not fail"


def test_what_is_there_already_sends_nothing(miner, bitaxe):
    before = len([entry for entry in bitaxe.requests if entry[1] != "GET"])

    assert ask(miner, "mode", {"mode": "standard"}) is None
    assert Command.objects.count() == 0
    assert len([entry for entry in bitaxe.requests if entry[1] != "GET"]) == before


def test_a_pause_and_a_resume(miner, bitaxe):
    ask(miner, "power", {"on": False})
    let_pass()
    assert bitaxe.paused
    assert NewestReading.objects.get().state == "idle"

    ask(miner, "power", {"on": True})
    let_pass()
    assert not bitaxe.paused
    assert set(Command.objects.values_list("status", flat=True)) == {CommandStatus.APPLIED}


@pytest.mark.parametrize("firmware", ["v2.14.0", "v2.15.0"])
def test_a_pool_is_written_then_the_device_restarts_then_it_is_applied(miner, bitaxe, firmware):
    bitaxe.firmware, bitaxe.version = firmware, tuple(map(int, firmware[1:].split(".")[:2]))
    value = {"host": "pool.test", "port": 3334, "user": "wallet.study", "pool_id": 1, "label": "BCH"}

    ask(miner, "pool", value, secret="hunter2")
    let_pass(240)

    assert ended().status == CommandStatus.APPLIED
    assert bitaxe.live_pool["stratumURL"] == "pool.test"
    assert bitaxe.settings["stratumPassword"] == "hunter2"
    assert ended().secret == ""
    restarts = [entry for entry in bitaxe.requests if entry[2] == "/api/system/restart"]
    assert len(restarts) == 1
    assert "hunter2" not in str(list(AuditEntry.objects.values()))


def test_a_restart_is_proven_by_the_uptime(miner, bitaxe):
    ask(miner, "restart", {})
    let_pass(240)

    assert ended().status == CommandStatus.APPLIED


def test_a_restart_that_did_not_happen_is_not_verified(miner, bitaxe):
    bitaxe.lies_about = {"restart"}

    ask(miner, "restart", {})
    let_pass(300)

    assert ended().status == CommandStatus.NOT_VERIFIED


def test_a_refusal_is_final_and_named(miner, bitaxe):
    bitaxe.refuse_with = 500
    ask(miner, "mode", {"mode": "eco"})
    bitaxe.set_fault("refuse")
    let_pass(10)

    assert ended().status == CommandStatus.REFUSED
    assert "500" in ended().message


@pytest.mark.parametrize(
    ("frequency", "voltage"), [(626, 1150), (700, 1250), (525, 1251), (1, 1150), (525, 999), (10**9, 1150)]
)
def test_nothing_outside_the_limits_is_ever_sent(miner, bitaxe, frequency, voltage):
    with pytest.raises(CommandRefusedError, match="MHz"):
        ask(miner, "tuning", {"frequency_mhz": frequency, "core_voltage_mv": voltage})

    assert Command.objects.count() == 0
    assert not [entry for entry in bitaxe.requests if entry[1] == "PATCH"]


def test_an_overclock_exists_only_when_entered(miner, bitaxe):
    with pytest.raises(CommandRefusedError, match="no mode 'oc'"):
        ask(miner, "mode", {"mode": "oc"})
    with pytest.raises(ValueError, match="to 725 MHz"):
        set_overclock(miner, 726, 1300, actor="keeper")

    set_overclock(miner, 700, 1250, actor="keeper")
    ask(miner, "mode", {"mode": "oc"})
    let_pass()

    assert ended().status == CommandStatus.APPLIED
    assert bitaxe.settings["frequency"] == 700


def test_one_change_of_a_kind_at_a_time(miner):
    first = ask(miner, "mode", {"mode": "eco"})
    assert ask(miner, "mode", {"mode": "eco"}).pk == first.pk

    second = ask(miner, "mode", {"mode": "turbo"})
    assert Command.objects.get(pk=first.pk).status == CommandStatus.CANCELLED

    Command.objects.filter(pk=second.pk).update(status=CommandStatus.SENT)
    with pytest.raises(CommandBusyError):
        ask(miner, "mode", {"mode": "eco"})


def test_what_was_being_sent_when_the_process_died_is_judged_and_not_sent_again(miner, bitaxe):
    command = ask(miner, "mode", {"mode": "eco"})
    now = read_clock()
    Command.objects.filter(pk=command.pk).update(status=CommandStatus.SENDING, sent_at=now, attempts=1)
    bitaxe.settings.update(frequency=400, coreVoltage=1060)  # it had arrived

    let_pass()

    assert ended().status == CommandStatus.APPLIED
    assert not [entry for entry in bitaxe.requests if entry[1] == "PATCH"]


def test_what_never_left_is_told_after_a_crash(miner, bitaxe):
    command = ask(miner, "mode", {"mode": "eco"})
    Command.objects.filter(pk=command.pk).update(status=CommandStatus.SENDING, sent_at=read_clock(), attempts=1)

    let_pass(90)

    assert ended().status == CommandStatus.NOT_VERIFIED
    assert not [entry for entry in bitaxe.requests if entry[1] == "PATCH"]


@pytest.mark.parametrize("minutes", [1, 120])
def test_what_was_sent_before_hmm_was_away_is_judged_by_a_look_at_the_device(miner, bitaxe, minutes):
    command = ask(miner, "mode", {"mode": "eco"})
    sent = left_sent(command, minutes=minutes)
    bitaxe.settings.update(frequency=400, coreVoltage=1060)  # it had arrived

    let_pass(20)

    assert Command.objects.get(pk=sent.pk).status == CommandStatus.APPLIED
    assert not [entry for entry in bitaxe.requests if entry[1] == "PATCH"]


def test_a_look_that_never_comes_does_not_keep_a_command_open(miner):
    command = left_sent(ask(miner, "mode", {"mode": "eco"}), minutes=120)
    now = read_clock()

    for second in range(0, 60, 5):
        take_command_step(command.pk, now=now + timedelta(seconds=second))

    assert ended().status == CommandStatus.NOT_VERIFIED


def left_sent(command, *, minutes):
    """Put a command, and its device, back to where they were when all of HMM was killed."""
    sent = read_clock() - timedelta(minutes=minutes)
    ends = sent + timedelta(seconds=40)
    Command.objects.filter(pk=command.pk).update(
        status=CommandStatus.SENT, sent_at=sent, due_at=ends, give_up_at=ends, attempts=1
    )
    Miner.objects.update(last_seen_at=sent - timedelta(seconds=5), poll_due_at=sent + timedelta(seconds=3))
    return command


@pytest.mark.parametrize("table", [AuditEntry, FieldState])
def test_a_command_ends_with_its_entry_in_the_activity_and_its_next_try_or_not_at_all(miner, table):
    command = ask(miner, "mode", {"mode": "eco"})
    Command.objects.update(status=CommandStatus.SENT, sent_at=read_clock(), give_up_at=None)

    def die(execute, sql, parameters, many, context):
        if sql.startswith(("UPDATE", "INSERT")) and f'"{table._meta.db_table}"' in sql:
            raise KeyboardInterrupt
        return execute(sql, parameters, many, context)

    with pytest.raises(KeyboardInterrupt), connection.execute_wrapper(die):
        close(command, CommandStatus.NOT_VERIFIED, now=read_clock())

    assert ended().status == CommandStatus.SENT
    assert AuditEntry.objects.get(pk=command.audit_entry_id).finished_at is None


def test_a_mode_that_was_taken_away_meanwhile_is_refused_and_not_sent(miner, bitaxe):
    set_overclock(miner, 700, 1280, actor="keeper")
    ask(miner, "mode", {"mode": "oc"})
    set_overclock(Miner.objects.get(pk=miner.pk), None, None, actor="keeper")

    let_pass()

    assert (ended().status, "no mode oc" in ended().message) == (CommandStatus.REFUSED, True)
    assert not [entry for entry in bitaxe.requests if entry[1] == "PATCH"]


def test_a_board_that_is_only_read_is_never_written(miner, bitaxe):
    Miner.objects.filter(pk=miner.pk).update(trust="read_only")

    with pytest.raises(CommandRefusedError, match="only reads"):
        ask(miner, "restart", {})


def test_a_lease_keeps_others_away_and_ends_by_itself(miner):
    now = read_clock()
    with Miner.objects.lease(miner.pk, now=now) as mine:
        assert mine is not None
        with Miner.objects.lease(miner.pk, now=now) as second:
            assert second is None
        with Miner.objects.lease(miner.pk, now=now + timedelta(seconds=16)) as later:
            assert later is not None
    with Miner.objects.lease(miner.pk, now=now - timedelta(days=1)) as after_clock_was_set_back:
        assert after_clock_was_set_back is not None


def test_identify_cannot_be_proven_and_says_so(miner):
    ask(miner, "identify", {})
    let_pass(5)

    assert ended().status == CommandStatus.NOT_VERIFIED
    assert "blinking" in ended().message


@pytest.mark.parametrize("firmware", ["v2.4.5", "v2.10.0", "v2.14.0"])
def test_a_fan_is_set_by_hand_and_handed_back(miner, bitaxe, firmware):
    bitaxe.firmware, bitaxe.version = firmware, tuple(map(int, firmware[1:].split(".")[:2]))
    ask(miner, "fan", {"percent": 80})
    let_pass()
    assert ended().status == CommandStatus.APPLIED
    assert NewestReading.objects.get().auto_fan is False

    ask(miner, "fan", {"percent": None})
    let_pass()

    assert Command.objects.first().status == CommandStatus.APPLIED
    assert bitaxe.settings["autofanspeed"] == 1
    assert ask(miner, "fan", {"percent": None}) is None, "it is there already"


def test_a_duty_that_the_automatic_shows_by_chance_is_not_set_by_hand(miner, bitaxe):
    let_pass(1)
    shown = round(NewestReading.objects.get().fan_percent)

    assert ask(miner, "fan", {"percent": shown}) is not None


def test_an_old_reading_is_no_proof_that_it_is_there_already(miner):
    later = read_clock() + timedelta(minutes=10)

    made = request_command(
        Miner.objects.get(pk=miner.pk), "mode", {"mode": "standard"}, actor="keeper", reason="", now=later
    )

    assert made is not None


def test_a_miner_that_is_not_polled_is_polled_for_the_proof_of_a_command(miner, bitaxe):
    Miner.objects.filter(pk=miner.pk).update(enabled=False)

    ask(miner, "power", {"on": False})
    let_pass()

    assert ended().status == CommandStatus.APPLIED
    assert bitaxe.paused
    assert claim_due_polls(now=read_clock() + timedelta(hours=1)) == [], "and not afterwards"
