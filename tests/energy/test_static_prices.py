"""Prices by the hours of the week, on a clock that is set forward and back."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from energy.models import SettlementPeriod, Tariff
from energy.services.prices import price_at
from energy.services.refresh import choose_tariff, refresh_prices
from energy.tariffs.static_prices.tariff import FlatPrice, TimeOfUse

NIGHT = {"price_p_per_kwh": "25", "hours": "daily 00:30-05:30 7.5"}


@pytest.fixture(autouse=True)
def london(settings):
    settings.TIME_ZONE = "Europe/London"


def prices(hours, start, end):
    return TimeOfUse().fetch({"price_p_per_kwh": "25", "hours": hours}, start, end).slots


def cheap_time(day, hours="daily 00:30-05:30 7.5"):
    """Return the first start, the last end and the length of the cheap slots from noon before `day` on."""
    start = day - timedelta(hours=12)
    cheap = [slot for slot in prices(hours, start, start + timedelta(days=1)) if slot.price_p_per_kwh < 25]
    length = sum((slot.ends_at - slot.starts_at for slot in cheap), timedelta())
    return cheap[0].starts_at, cheap[-1].ends_at, length


@pytest.mark.parametrize(
    ("day", "first", "last", "hours"),
    [
        ((2026, 1, 14), (0, 30), (5, 30), 5),  # winter: the clock is UTC
        ((2026, 7, 14), (23, 30), (4, 30), 5),  # summer: an hour before
        ((2026, 3, 29), (0, 30), (4, 30), 4),  # the night that misses an hour
        ((2026, 10, 25), (23, 30), (5, 30), 6),  # the night that has one twice
    ],
)
def test_the_cheap_hours_follow_the_local_clock(day, first, last, hours):
    start, end, length = cheap_time(datetime(*day, tzinfo=UTC))

    assert (start.hour, start.minute) == first
    assert (end.hour, end.minute) == last
    assert length == timedelta(hours=hours)


def test_hours_past_midnight_belong_to_the_day_they_began_on():
    friday = datetime(2026, 1, 16, tzinfo=UTC)
    slots = prices("fri 23:00-01:00 5", friday, friday + timedelta(days=3))

    cheap = [slot.starts_at for slot in slots if slot.price_p_per_kwh == 5]
    assert (cheap[0], len(cheap)) == (friday + timedelta(hours=23), 4)


def test_a_rule_cuts_a_half_hour_where_it_begins():
    day = datetime(2026, 1, 14, tzinfo=UTC)
    slots = prices("wed 12:10-12:20 1", day, day + timedelta(days=1))

    assert [slot.ends_at - slot.starts_at for slot in slots if slot.price_p_per_kwh == 1] == [timedelta(minutes=10)]
    assert len(slots) == 50


def test_of_two_rules_the_upper_one_counts_and_days_may_wrap_around():
    sunday = datetime(2026, 1, 18, 12, tzinfo=UTC)
    slots = prices("sun 12:00-13:00 1\nsat-mon 00:00-24:00 2", sunday, sunday + timedelta(hours=2))

    assert [slot.price_p_per_kwh for slot in slots] == [1, 1, 2, 2]


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        ("", "at least one line"),
        ("00:30-05:30 7.5", "Line 1: write days, hours and a price"),
        ("daily 00:30-05:30 7.5\nfunday 00:30-05:30 7.5", "Line 2: 'funday' is no day"),
        ("daily 25:00-05:30 7", "25:00 is no time of day"),
        ("daily 05:30-05:30 7", "begin before they end"),
        ("daily 00:30-05:30 cheap", "is no price"),
        ("daily 00:30-05:30 NaN", "is no price"),
        ("daily 00:30-05:30 1e9", "is no price"),
        ("daily 00:30-05:30 1.1234567", "6 decimals"),
        ("daily 00:30-05:30 7\n" * 51, "at most 50"),
        ("💥\x00<b>", "Line 1"),
    ],
)
def test_a_line_that_cannot_be_read_is_named_with_its_remedy(hours, words):
    assert words in TimeOfUse().validate({"price_p_per_kwh": "25", "hours": hours})["hours"]


@pytest.mark.parametrize("price", ["", "cheap", "NaN", "-1001", "1e999999999", "٠x"])
def test_a_price_that_is_none_is_refused(price):
    assert "price_p_per_kwh" in FlatPrice().validate({"price_p_per_kwh": price})


@pytest.mark.django_db
def test_other_terms_are_another_tariff_and_the_old_prices_stay():
    now = datetime(2026, 11, 4, 12, 10, tzinfo=UTC)
    old = choose_tariff(kind="flat", config={"price_p_per_kwh": "20"}, name="Flat", actor="keeper", now=now)
    refresh_prices(old, now=now)
    kept = list(SettlementPeriod.objects.filter(tariff=old).values_list("starts_at", "price_p_per_kwh"))

    new = choose_tariff(kind="flat", config={"price_p_per_kwh": "0"}, name="Free", actor="keeper", now=now)
    refresh_prices(new, now=now)

    assert price_at(now).price_p_per_kwh == Decimal(0)
    assert list(SettlementPeriod.objects.filter(tariff=old).values_list("starts_at", "price_p_per_kwh")) == kept
    assert list(Tariff.objects.filter(active=True)) == [new]
