"""The arithmetic of the ledger, at the edges that a mutation run found nobody to stand at."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from energy.costs import Sample, energy_of, held, use_in_slot

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
END = NOON + timedelta(minutes=30)


def sample(second, watts=3600.0, work=1.0, hashing=True, mode="eco"):
    return Sample(NOON + timedelta(seconds=second), watts, work, hashing, mode)


def use(*samples, **more):
    return use_in_slot(samples, NOON, END, **{"price_p_per_kwh": Decimal(10), "interval_s": 30, **more})


def test_a_kilowatt_for_an_hour_is_a_kilowatt_hour_to_the_last_decimal():
    assert energy_of([(sample(0, 1_000_000.0), 3600.0)]) == Decimal("1000.000000")
    assert energy_of([]) == 0


def test_half_a_milliwatt_hour_is_rounded_to_the_even_one():
    assert energy_of([(sample(0, 1.8), 1.0)]) == 0
    assert energy_of([(sample(0, 5.4), 1.0)]) == Decimal("0.000002")


def test_a_slot_without_a_reading_is_all_unknown():
    told = use()

    assert (told.energy_kwh, told.known_s, told.unknown_s, told.hashing_s, told.work_th) == (0, 0, 1800, 0, 0)
    assert (told.cost_p, told.mode) == (0, "")


def test_a_reading_at_the_start_counts_and_one_at_the_end_does_not():
    assert [seconds for _sample, seconds in held([sample(0)], NOON, END, 30)] == [90.0]
    assert list(held([sample(1800)], NOON, END, 30)) == []
    assert [seconds for _sample, seconds in held([sample(1799)], NOON, END, 30)] == [1.0]


def test_a_reading_reaches_into_the_slot_for_three_intervals_and_no_longer():
    assert [seconds for _sample, seconds in held([sample(-89)], NOON, END, 30)] == [1.0]
    assert list(held([sample(-90)], NOON, END, 30)) == []
    assert list(held([sample(-200)], NOON, END, 30)) == []


def test_of_two_that_reach_in_the_newer_one_counts():
    told = list(held([sample(-60, 1.0), sample(-30, 2.0), sample(10, 3.0)], NOON, END, 30))

    assert [(one.power_w, seconds) for one, seconds in told] == [(2.0, 10.0), (3.0, 90.0)]


def test_two_readings_of_one_instant_count_once():
    told = list(held([sample(0, 1.0), sample(0, 2.0)], NOON, END, 30))

    assert [(one.power_w, seconds) for one, seconds in told] == [(2.0, 90.0)]


@pytest.mark.parametrize(("until", "unknown"), [(None, 1710), (600, 510), (90, 0), (60, 0), (3600, 1710)])
def test_a_slot_that_runs_is_known_up_to_now(until, unknown):
    told = use(sample(0), until=None if until is None else NOON + timedelta(seconds=until))

    assert told.unknown_s == unknown
    assert told.known_s == min(90, until or 90)


def test_work_is_that_of_the_time_it_hashed_and_needs_no_watts():
    told = use(sample(0, None, 2.0), sample(30, 100.0, None), sample(60, 100.0, 5.0, hashing=False, mode=""))

    assert (told.known_s, told.hashing_s, told.work_th) == (120, 60, 60.0)
    assert told.mode == "eco", "the last one that was told"


@pytest.mark.parametrize(("price", "cost"), [("0", "0"), ("-3.5", "-0.315"), ("10", "0.9"), (None, None)])
def test_a_price_may_be_zero_negative_or_unknown(price, cost):
    told = use(sample(0), price_p_per_kwh=None if price is None else Decimal(price))

    assert told.energy_kwh == Decimal("0.09")
    assert told.cost_p == (None if cost is None else Decimal(cost))
