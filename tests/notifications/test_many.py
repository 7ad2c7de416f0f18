"""A thousand events within a minute."""

from datetime import timedelta

import pytest

from notifications.models import Delivery, Incident
from notifications.services import close_incident
from tests.notifications.conftest import NOW, telegram_channel
from tests.notifications.test_queue import texts, work

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)
HOT = {"kind": "miner_overheated", "severity": "critical"}
REJECTS = {"kind": "miner_rejects", "severity": "warning"}


@pytest.fixture
def minute(telegram):
    """Let 200 events begin in each of five looks within a minute, every fiftieth of them critical."""
    telegram_channel()
    for look in range(5):
        now = NOW + look * 12 * SECOND
        Incident.objects.bulk_create(
            Incident(
                **(HOT if number % 50 == 0 else REJECTS),
                subject=f"miner:{number}",
                label=f"Miner {number:04d}",
                title="x",
                opened_at=now,
            )
            for number in range(200 * look, 200 * look + 200)
        )
        if look == 2:
            telegram.fault = "limit"  # 429, seven seconds
        work(now)
        if look == 2:
            telegram.fault = "none"
            asked = len(telegram.requests)
            work(now + 3 * SECOND)
            assert len(telegram.requests) == asked, "a pause that was asked for is kept"
    return telegram


def test_they_are_a_few_messages_in_order_and_nothing_critical_is_lost(minute):
    everything = texts(minute)

    assert len(everything) <= 25  # a bundle and four critical ones a look
    assert all(any(f"Miner {number:04d}" in text for text in everything) for number in range(0, 1000, 50))
    assert not Delivery.objects.exclude(status="sent").exists()
    assert [int(sent) for sent in Delivery.objects.order_by("pk").values_list("provider_id", flat=True)] == list(
        range(1, len(everything) + 1)
    ), "nothing overtook"


def test_the_end_of_one_comes_after_its_beginning(minute):
    close_incident(kind="miner_overheated", subject="miner:500", now=NOW + 59 * SECOND)
    work(NOW + 60 * SECOND)

    of_it = [text for text in texts(minute) if "Miner 0500" in text]
    assert len(of_it) == 2
    assert "is no longer" in of_it[-1]
