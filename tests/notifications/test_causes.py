"""What has one cause is one message, about the cause."""

from datetime import timedelta

import pytest

from notifications.services import close_incident, routing
from tests.notifications.conftest import NOW, discord_channel, telegram_channel
from tests.notifications.test_queue import LATER, opened, texts, work

pytestmark = pytest.mark.django_db
DOWN = {"kind": "pool.down", "subject": "pool:1"}


@pytest.fixture
def stalled(telegram):
    """Let five miners stall on a pool that is found to be down two minutes later."""
    telegram_channel()
    for number in range(5):
        opened(number, kind="miner_stalled", title="does not hash", causes=["pool:Solo"])
    work(NOW)
    opened(**DOWN, label="Solo", title="does not answer", now=NOW + 2 * LATER)
    work(NOW + 2 * LATER)
    return telegram


def test_miners_that_stall_on_a_pool_that_is_down_are_one_message_about_the_pool(stalled):
    work(NOW + timedelta(minutes=30))

    assert texts(stalled) == ["⚠️ <b>Solo</b> does not answer"]


def test_one_that_stays_stalled_is_told_when_the_pool_is_back_and_the_others_never(stalled):
    back = NOW + timedelta(hours=3)
    close_incident(**DOWN, now=back)
    for number in range(4):
        close_incident(kind="miner_stalled", subject=f"miner:{number}", now=back)

    work(back)

    assert [text for text in texts(stalled) if "hash" in text] == ["⚠️ <b>Miner 4</b> does not hash"]
    assert "is no longer" in texts(stalled)[-1]


def test_miners_that_stall_on_a_pool_that_answers_are_one_message_too(telegram):
    telegram_channel()
    for number in range(3):
        opened(number, kind="miner_stalled", title="does not hash", causes=["pool:Solo"])
    work(NOW)

    work(NOW + timedelta(minutes=4))

    assert len(texts(telegram)) == 1
    assert "all on the pool Solo" in texts(telegram)[0]


def test_a_channel_that_is_not_told_of_the_pool_is_told_of_what_stalled_on_it_once_and_of_its_end(telegram, discord):
    telegram_channel()
    discord_channel(events=["low_hashrate"])
    for number in range(3):
        opened(number, kind="miner_stalled", title="does not hash", causes=["pool:Solo"])
    opened(**DOWN, label="Solo", title="does not answer")
    for minute in (0, 4, 5, 30):
        work(NOW + minute * LATER)
    assert texts(telegram) == ["⚠️ <b>Solo</b> does not answer"]
    assert len(discord.messages) == 1
    assert "all on the pool Solo" in discord.messages[0]["embeds"][0]["description"]

    back = NOW + timedelta(minutes=40)
    close_incident(**DOWN, now=back)
    for number in range(2):
        close_incident(kind="miner_stalled", subject=f"miner:{number}", now=back)
    work(back)
    work(back + LATER)

    assert [text for text in texts(telegram) if "hash" in text] == ["⚠️ <b>Miner 2</b> does not hash"]
    ends = [sent["embeds"][0]["title"] for sent in discord.messages[1:]]
    assert ends == ["Miner 0: is no longer: does not hash", "Miner 1: is no longer: does not hash"]


def test_miners_that_wait_for_their_cause_hold_up_nobody_else(telegram, monkeypatch):
    monkeypatch.setattr(routing, "JUDGED_AT_ONCE", 3)
    telegram_channel()
    opened(**DOWN, label="Solo", title="does not answer")
    work(NOW)
    for number in range(4):
        opened(number, kind="miner_stalled", title="does not hash", causes=["pool:Solo"])
    opened(9, kind="miner_overheated", severity="critical", title="overheated")

    work(NOW + 10 * LATER)

    assert texts(telegram)[1:] == ["🔴 <b>Miner 9</b> overheated"]
