"""Roll-ups go on where the last one ended, and lose nothing that was read in between."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db.models import Sum

from miners.models import FiveMinuteMean, HourlyMean, Miner, TelemetryReading
from miners.rollups import purge, roll_up

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
MODELS = [FiveMinuteMean, HourlyMean]


@pytest.fixture
def miner():
    return Miner.objects.create(name="Study", kind="bitaxe", host="10.0.0.9", port=80, poll_due_at=NOON)


def read(miner, start, *, minutes, watts=20.0):
    TelemetryReading.objects.bulk_create(
        TelemetryReading(miner=miner, taken_at=start + timedelta(seconds=30 * n), state="h", power_w=watts)
        for n in range(minutes * 2)
    )


def sums(model):
    return model.objects.aggregate(samples=Sum("samples"), power=Sum("power_w_sum"))


@pytest.mark.parametrize("model", MODELS)
def test_readings_from_before_a_long_stop_reach_the_means(miner, model):
    read(miner, NOON, minutes=7)
    roll_up(now=NOON + timedelta(minutes=3))

    roll_up(now=NOON + timedelta(days=2))

    assert sums(model) == {"samples": 14, "power": 280.0}


@pytest.mark.parametrize("model", MODELS)
def test_several_stops_leave_no_hole(miner, model):
    for day in range(3):
        read(miner, NOON + timedelta(days=day), minutes=11)
        roll_up(now=NOON + timedelta(days=day, minutes=4))
    roll_up(now=NOON + timedelta(days=5))

    assert sums(model)["samples"] == 66


def test_a_reading_that_comes_late_is_still_counted(miner):
    read(miner, NOON, minutes=30)
    roll_up(now=NOON + timedelta(minutes=30))
    TelemetryReading.objects.create(
        miner=miner, taken_at=NOON + timedelta(minutes=14, seconds=7), state="h", power_w=20.0
    )

    roll_up(now=NOON + timedelta(minutes=31))

    assert sums(FiveMinuteMean)["samples"] == 61


def test_a_fleet_that_was_silent_for_a_year_costs_a_few_queries(miner, django_assert_max_num_queries):
    read(miner, NOON, minutes=1)
    roll_up(now=NOON + timedelta(minutes=1))

    with django_assert_max_num_queries(20):
        roll_up(now=NOON + timedelta(days=365))


def test_nothing_is_dropped_before_it_was_rolled_up(miner):
    read(miner, NOON, minutes=10)
    roll_up(now=NOON + timedelta(minutes=1))

    purge(now=NOON + timedelta(days=30), raw_days=7, five_minute_days=90, hourly_days=1095)

    assert not TelemetryReading.objects.exists()
    assert sums(FiveMinuteMean)["samples"] == 20


def test_a_row_from_a_clock_that_was_ahead_hides_nothing(miner):
    FiveMinuteMean.objects.create(miner=miner, starts_at=NOON + timedelta(days=400), samples=1)
    read(miner, NOON, minutes=6)

    roll_up(now=NOON + timedelta(hours=3))

    assert FiveMinuteMean.objects.filter(starts_at__lt=NOON + timedelta(hours=1)).count() == 2
