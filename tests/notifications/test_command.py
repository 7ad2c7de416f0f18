"""`manage.py send_test_notification`."""

import json

import pytest
from django.core.management import CommandError, call_command

from tests.notifications.conftest import discord_channel, telegram_channel

pytestmark = pytest.mark.django_db


def test_every_channel_is_tried_and_its_answer_printed(telegram, discord, capsys):
    telegram_channel()
    discord_channel()

    call_command("send_test_notification", "--json")

    assert [row["sent"] for row in json.loads(capsys.readouterr().out)] == [True, True]
    assert len(telegram.messages) == len(discord.messages) == 1


def test_a_refusal_ends_with_a_clear_line(telegram):
    telegram_channel()
    telegram.fault = "blocked"

    with pytest.raises(CommandError, match="Not sent: Family"):
        call_command("send_test_notification", "Family")


def test_an_unknown_channel_is_said():
    with pytest.raises(CommandError, match="none yet"):
        call_command("send_test_notification", "nobody")
