from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from hmm.look import formats

LONDON = ZoneInfo("Europe/London")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (4.914, "4.91 TH/s"),
        (17.64, "17.6 TH/s"),
        (0.00000102, "1.02 MH/s"),
        (1234.0, "1.23 PH/s"),
        (0.63, "0.63 TH/s"),
        (0.0503, "50.3 GH/s"),
        (0, "0.00 TH/s"),
        (None, "–"),
    ],
)
def test_a_hash_rate_has_three_digits_and_its_own_prefix(value, shown):
    assert formats.ths(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Decimal("8.7654"), "8.77 p/kWh"),
        (Decimal("-2.4"), "–2.40 p/kWh"),
        (Decimal("-0.001"), "0.00 p/kWh"),
        (None, "–"),
    ],
)
def test_a_price_has_two_decimals_and_a_real_minus(value, shown):
    assert formats.price(value) == shown


@pytest.mark.parametrize(
    ("amount_p", "words"),
    [
        (None, "–"),
        (0, "0.00 p"),
        ("0.42", "0.42 p"),
        ("-0.001", "0.00 p"),
        ("9.996", "10.00 p"),
        ("48.64", "48.6 p"),
        ("-21", "–21.0 p"),
        ("99.94", "99.9 p"),
        ("99.96", "£1.00"),
        ("-100", "–£1.00"),
        ("340.4", "£3.40"),
        ("123456", "£1,234.56"),
    ],
)
def test_money_below_a_pound_is_pence_and_a_credit_is_negative(amount_p, words):
    assert formats.money(None if amount_p is None else Decimal(amount_p)) == words


@pytest.mark.parametrize(
    ("seconds", "shown"), [(8, "8 s"), (540, "9 min"), (9840, "2 h 44 min"), (7200, "2 h"), (270000, "3 d 3 h")]
)
def test_a_duration_has_two_parts(seconds, shown):
    assert formats.duration(timedelta(seconds=seconds)) == shown


@pytest.mark.parametrize(
    ("size_bytes", "shown"),
    [
        (None, "–"), (0, "0 B"), (999, "999 B"), (1000, "1.00 kB"), (36_173, "36.2 kB"), (340_000_000, "340 MB"),
        (2_500_000_000, "2.50 GB"),
    ],
)  # fmt: skip
def test_a_size_is_in_the_prefix_it_reads_best_in(size_bytes, shown):
    assert formats.size(size_bytes) == shown


def test_time_is_local_and_says_the_day_when_it_is_another():
    now = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)

    assert formats.local_time(now, LONDON, now) == "13:00"
    assert formats.local_time(now + timedelta(days=1), LONDON, now) == "Thu 13:00"
    assert formats.local_time(now + timedelta(days=30), LONDON, now) == "31 Jul 13:00"


@pytest.mark.parametrize(
    ("utc", "shown"),
    [("00:00", "01:00 BST"), ("00:30", "01:30 BST"), ("01:30", "01:30 GMT"), ("02:00", "02:00"), ("23:30", "23:30")],
)
def test_a_time_that_comes_twice_says_which_it_is(utc, shown):
    moment = datetime.fromisoformat(f"2026-10-25T{utc}:00+00:00")

    assert formats.local_time(moment, LONDON, moment) == shown


@pytest.mark.parametrize("count", range(2, 13))
def test_the_cheapest_band_is_always_the_first_colour_and_every_band_can_be_told_from_its_neighbour(count):
    classes = [formats.band_class(position, count) for position in range(1, count + 1)]

    assert classes[0] == "b1"
    assert len(set(classes)) == count
    assert [int(name[1]) for name in classes] == sorted(int(name[1]) for name in classes)


def test_fewer_bands_take_the_anchors_of_the_look():
    assert [formats.band_class(place, 4) for place in range(1, 5)] == ["b1", "b3", "b4", "b6"]
    assert formats.band_class(None, 6) == ""


def test_an_axis_takes_the_prefix_of_its_largest_figure():
    assert formats.scale_for(4.9) == formats.scale_for(0.42) == formats.scale_for(0) == ("T", 1.0)
    assert formats.scale_for(1.02e-6) == ("M", 1e-6)
    assert formats.scale_for(9.7e-7) == ("k", 1e-9)
    assert formats.scale_for(1e-12) == ("k", 1e-9)
