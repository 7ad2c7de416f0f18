"""What has one cause is one message, about the cause."""

from datetime import timedelta

import pytest

from notifications.services import close_incident
from tests.notifications.conftest import NOW, telegram_channel
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
