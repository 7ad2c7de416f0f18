"""What persons write and press in a simulated Telegram."""

from datetime import timedelta

import pytest

from hmm.audit.models import AuditEntry
from hmm.chat.commands import answer
from hmm.chat.listening import listening_channels, poll_once
from hmm.chat.services import take
from hmm.clock import now as read_clock
from notifications.models import Channel, Incident, Severity
from notifications.services import open_incident
from notifications.transports.registry import transport_for
from strategy.services.switches import set_enabled, strategy_state
from tests.dashboards.conftest import miner
from tests.notifications.conftest import telegram_channel

__all__ = ["miner"]

pytestmark = pytest.mark.django_db


def hear():
    """Do what the listener does, once for each bot."""
    return sum(poll_once(channels, wait_s=0) for channels in listening_channels().values())


def said(telegram):
    return [sent["text"] for sent in telegram.messages]


def incident():
    words = {"kind": "miner_rejects", "subject": "miner:1", "label": "Shed", "title": "rejects"}
    open_incident(severity=Severity.WARNING, now=read_clock(), **words)
    return Incident.objects.get()


def test_every_command_is_answered(telegram):
    telegram_channel()
    for command in ("/status", "/price", "/miners", "/champion", "/help", "/nonsense", "/STATUS@hmm_bot"):
        telegram.write(command)

    hear()

    answers = said(telegram)
    assert len(answers) == 7
    assert "Strategy: not enabled." in answers[0]
    assert answers[1] == "No price is known for now."
    assert "I know /status" in answers[5]


def test_the_status_does_not_take_unknown_power_for_none(miner):
    assert "1 of 1 miners hash: 1.10 TH/s, power not known." in answer("/status", actor="ann", now=read_clock())


def test_a_pause_is_an_override_by_the_person_and_resume_ends_it(telegram):
    telegram_channel()
    set_enabled(True, actor="ann")
    before = read_clock()
    telegram.write("/pause 1h")
    hear()

    state = strategy_state()
    assert state.override_kind == "off"
    assert timedelta(minutes=59) < state.override_until - before < timedelta(minutes=61)
    assert AuditEntry.objects.get(action="strategy.override").actor == "telegram:demo"

    telegram.write("/resume")
    hear()
    assert strategy_state().override_kind == "auto"


@pytest.mark.parametrize("words", ["0", "-1h", "nine", "9999d", "1h; drop", "1 year"])
def test_an_impossible_pause_does_nothing_and_says_how(telegram, words):
    telegram_channel()
    telegram.write(f"/pause {words}")

    hear()

    assert strategy_state().override_kind == "auto"
    assert "such as /pause 30m" in said(telegram)[0]


def test_a_stranger_is_refused_and_told_so(telegram):
    telegram_channel()
    row = incident()
    telegram.write("/pause", user=5)
    telegram.press(f"ack:{row.pk}", user=5)
    telegram.write("/pause", user=5, chat=5)

    hear()

    row.refresh_from_db()
    assert strategy_state().override_kind == "auto"
    assert row.acknowledged_at is None
    assert "not on the list" in telegram.answers[0]["text"]
    assert not telegram.messages
    assert AuditEntry.objects.filter(action="chat.refused").count() == 3


def test_a_button_acknowledges_and_is_taken_away(telegram):
    telegram_channel()
    row = incident()
    telegram.press(f"ack:{row.pk}", message_id=9)

    hear()

    row.refresh_from_db()
    assert row.acknowledged_by == "telegram:Demo"
    assert telegram.answers[0]["text"] == "Acknowledged."
    assert telegram.edits[0]["message_id"] == 9


def test_the_same_press_twice_acts_once(telegram):
    channel = telegram_channel()
    row = incident()
    telegram.press(f"snooze:{row.pk}")
    transport = transport_for("telegram", channel.config)
    spoken = transport.updates(0, wait_s=0)[0]

    assert take(channel, transport, spoken, now=read_clock())
    assert not take(channel, transport, spoken, now=read_clock())
    telegram.press(f"snooze:{row.pk}")
    hear()

    assert AuditEntry.objects.filter(action="incident.snooze").count() == 1
    assert telegram.answers[-1]["text"] == "That was done already."


@pytest.mark.parametrize("button", ["ack:", "ack:99999", "ack:1e9", "drop:1", "ack:" + "9" * 60, ""])
def test_a_button_nobody_made_does_nothing(telegram, button):
    telegram_channel()
    telegram.press(button)

    hear()

    assert not AuditEntry.objects.filter(action__startswith="incident").exists()


def test_the_offset_moves_on_and_two_channels_of_one_bot_are_polled_once(telegram):
    first = telegram_channel()
    telegram_channel(name="Second")
    telegram.write("hello")
    telegram.write("/price")

    assert len(listening_channels()) == 1
    assert hear() == 2
    assert hear() == 0
    assert Channel.objects.get(pk=first.pk).last_update == 2
