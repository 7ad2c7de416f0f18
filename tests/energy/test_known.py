"""What was read once says the same as asking the database each time."""

from datetime import UTC, datetime, timedelta

import pytest

from energy.models import SettlementPeriod, Tariff
from energy.services.known import KnownPrice, known_prices
from energy.services.prices import known_until, next_after, price_at

pytestmark = pytest.mark.django_db

START = datetime(2026, 3, 1, tzinfo=UTC)
HALF_HOUR = timedelta(minutes=30)


def store(places):
    tariff = Tariff.objects.create(kind="csv", name="Prices", active=True)
    SettlementPeriod.objects.bulk_create(
        SettlementPeriod(
            tariff=tariff,
            starts_at=START + place * HALF_HOUR,
            ends_at=START + (place + 1) * HALF_HOUR,
            price_p_per_kwh=place,
            fetched_at=START,
        )
        for place in places
    )


def plain(row):
    return row and KnownPrice(row.starts_at, row.ends_at, row.price_p_per_kwh)


@pytest.mark.parametrize("minutes", [-200, -60, -1, 0, 29, 30, 59, 60, 89, 90, 119, 120, 149, 150, 400])
def test_now_and_next_and_how_far_are_those_of_the_database(minutes):
    store([-2, 0, 1, 3, 4])  # without the slots from -30 to 0 and from 60 to 90 minutes
    now = START + timedelta(minutes=minutes)

    known, current = known_prices(now), price_at(now)

    assert known.current == plain(current)
    assert known.following == plain(next_after(current) if current else None)
    assert known.until == known_until(now)


def test_prices_known_for_weeks_are_followed_to_their_end():
    store(range(48 * 7))

    assert known_prices(START).until == START + timedelta(days=7)


def test_nothing_is_known_without_a_tariff(db):
    known = known_prices(START)

    assert (known.current, known.following, known.until) == (None, None, None)
