"""What is told of prices, from rows as the feed leaves them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from energy.services.price_news import tell_prices
from energy.services.prices import store_prices
from energy.services.refresh import choose_tariff
from energy.tariffs.base import Slot
from notifications.models import Notice
from notifications.services.channels import set_house

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 17, tzinfo=UTC)  # winter: local time is UTC
HALF = timedelta(minutes=30)


def prices(start, *values):
    tariff = choose_tariff(kind="octopus_agile", config={"region": "J"}, name="Agile", actor="ann", now=NOW)
    slots = [
        Slot(
            starts_at=start + place * HALF,
            ends_at=start + (place + 1) * HALF,
            price_p_per_kwh=Decimal(str(value)),
        )
        for place, value in enumerate(values)
    ]
    store_prices(tariff, slots, now=NOW)


def told():
    return sorted(Notice.objects.values_list("event", flat=True))


def test_a_limit_is_told_when_it_is_crossed_and_only_then():
    limits = {"price_below_p_per_kwh": Decimal(5), "price_above_p_per_kwh": Decimal(30)}
    set_house(limits, actor="ann", now=NOW)
    prices(NOW - HALF, 10, 4.9, 4, 31, 30, 5)

    for minute in range(0, 150, 10):
        tell_prices(now=NOW + timedelta(minutes=minute))

    assert told() == ["price_above", "price_below"]
    assert Notice.objects.get(event="price_below").title == "are low: 4.90 p/kWh"


def test_negative_prices_ahead_are_told_once_a_day():
    prices(NOW, 10, -1, -2.5, 3)

    tell_prices(now=NOW)
    tell_prices(now=NOW + timedelta(minutes=1))

    assert told() == ["negative_ahead"]
    assert "2 slots" in Notice.objects.get().detail


def test_tomorrows_prices_are_told_once_they_are_whole_with_the_best_window():
    until_midnight = [20] * 14
    prices(NOW, *until_midnight, *[20] * 20)
    tell_prices(now=NOW)
    assert told() == []

    cheap = [20] * 10 + [2] * 6 + [20] * 30
    prices(NOW, *until_midnight, *cheap)
    tell_prices(now=NOW)
    tell_prices(now=NOW + HALF)

    assert told() == ["tomorrow_prices"]
    assert Notice.objects.get().detail.startswith("Best window 05:00–08:00, 2.00 p/kWh")
