from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from notifications.models import Incident, Severity
from notifications.services import close_incident, open_incident

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def opened(**changes):
    words = {
        "kind": "miner_unreachable",
        "subject": "miner:7",
        "label": "Shed",
        "severity": Severity.WARNING,
        "title": "Unreachable",
        "now": NOW,
    }
    return open_incident(**{**words, **changes})


def test_the_same_condition_opens_one_incident():
    assert opened()
    assert not opened(now=NOW + timedelta(minutes=5))

    assert Incident.objects.open().count() == 1
    assert Incident.objects.get().opened_at == NOW


def test_an_open_incident_takes_the_newest_wording():
    opened()
    opened(title="Unreachable, next try 12:05")

    assert Incident.objects.get().title == "Unreachable, next try 12:05"


def test_a_closed_incident_may_open_again():
    opened()
    assert close_incident(kind="miner_unreachable", subject="miner:7", now=NOW + timedelta(minutes=9))
    assert not close_incident(kind="miner_unreachable", subject="miner:7", now=NOW + timedelta(minutes=9))

    assert opened(now=NOW + timedelta(hours=1))
    assert Incident.objects.count() == 2


def test_closing_what_is_not_open_asks_once_and_writes_nothing(django_assert_num_queries):
    opened(kind="miner_hot_chip")

    with django_assert_num_queries(1):
        assert not close_incident(kind="miner_unreachable", subject="miner:7", now=NOW)


def test_an_incident_closes_even_when_the_clock_was_set_back():
    opened()

    assert close_incident(kind="miner_unreachable", subject="miner:7", now=NOW - timedelta(hours=1))
    assert not Incident.objects.open().exists()


def test_the_database_itself_refuses_a_second_open_one():
    opened()
    row = Incident.objects.get()

    with pytest.raises(IntegrityError), transaction.atomic():
        Incident.objects.create(
            kind=row.kind, subject=row.subject, label="", severity="info", title="", opened_at=NOW
        )


def test_the_worst_come_first_and_the_oldest_among_equals():
    opened(subject="a", severity=Severity.INFO)
    opened(subject="b", severity=Severity.CRITICAL, now=NOW + timedelta(minutes=1))
    opened(subject="c", severity=Severity.WARNING, now=NOW + timedelta(minutes=2))
    opened(subject="d", severity=Severity.WARNING)

    order = list(Incident.objects.open().worst_first().values_list("subject", flat=True))

    assert order == ["b", "d", "c", "a"]
