from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db.models import Sum
from hypothesis import given
from hypothesis import strategies as st

from energy.costs import Sample, use_in_slot
from energy.models import LedgerEntry
from energy.services.ledger import local_day, summary, update_ledger
from energy.services.prices import store_prices
from energy.services.refresh import choose_tariff
from energy.tariffs.base import Slot
from miners.models import Miner, TelemetryReading

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
HALF_HOUR = timedelta(minutes=30)


def every(seconds, *, watts=100.0, start=NOON, count=60):
    return [Sample(start + timedelta(seconds=n * seconds), watts, 1.0, True, "eco") for n in range(count)]


def use(samples, start=NOON, end=NOON + HALF_HOUR, price="10", interval=30, **more):
    return use_in_slot(samples, start, end, price_p_per_kwh=Decimal(price), interval_s=interval, **more)


def test_half_an_hour_of_a_hundred_watts_is_fifty_watt_hours():
    result = use(every(30))

    assert result.energy_kwh == Decimal("0.05")
    assert result.cost_p == Decimal("0.5")
    assert (result.known_s, result.unknown_s, result.hashing_s) == (1800, 0, 1800)


def test_a_gap_is_unknown_and_costs_nothing():
    result = use(every(30, count=20))  # ten minutes, then silence

    assert result.known_s == 19 * 30 + 90
    assert result.unknown_s == 1800 - result.known_s
    assert result.energy_kwh == (Decimal(100) * result.known_s / 3_600_000).quantize(Decimal("0.000001"))


def test_a_reading_is_split_at_the_edge_of_a_slot():
    samples = [
        Sample(NOON - timedelta(seconds=10), 360.0, 1.0, True),
        Sample(NOON + timedelta(seconds=20), 0.0, 0, False),
    ]

    before = use(samples, NOON - HALF_HOUR, NOON)
    after = use(samples, end=NOON + timedelta(seconds=20))

    assert before.energy_kwh == Decimal("0.001")
    assert after.energy_kwh == Decimal("0.002")


@pytest.mark.parametrize(("price", "cost"), [("-10", "-0.5"), ("0", "0")])
def test_negative_and_zero_prices_are_prices(price, cost):
    assert use(every(30), price=price).cost_p == Decimal(cost)


def test_no_price_is_no_cost_and_not_nothing():
    result = use_in_slot(every(30), NOON, NOON + HALF_HOUR, price_p_per_kwh=None, interval_s=30)

    assert result.cost_p is None
    assert result.energy_kwh == Decimal("0.05")


@given(
    gaps=st.lists(st.integers(1, 200), min_size=1, max_size=60),
    watts=st.lists(st.floats(0, 4000, allow_nan=False), min_size=60, max_size=60),
    cut=st.integers(1, 1799),
)
def test_the_parts_of_a_slot_make_its_whole(gaps, watts, cut):
    at, samples = NOON - timedelta(seconds=60), []
    for gap, power in zip(gaps, watts, strict=False):
        samples.append(Sample(at, power, 1.0, True))
        at += timedelta(seconds=gap)
    middle = NOON + timedelta(seconds=cut)

    whole = use(samples)
    parts = [use(samples, NOON, middle), use(samples, middle, NOON + HALF_HOUR)]

    assert abs(sum(part.energy_kwh for part in parts) - whole.energy_kwh) <= Decimal("0.000002")
    assert abs(sum(part.known_s for part in parts) - whole.known_s) <= 2
    assert whole.known_s + whole.unknown_s == 1800


@pytest.mark.django_db
class TestLedger:
    def house(self, price="10"):
        tariff = choose_tariff(kind="csv", config={}, name="Imported", actor="keeper", now=NOON)
        slots = [
            Slot(
                starts_at=NOON + n * HALF_HOUR, ends_at=NOON + (n + 1) * HALF_HOUR, price_p_per_kwh=Decimal(price) + n
            )
            for n in range(4)
        ]
        store_prices(tariff, slots, now=NOON)
        miner = Miner.objects.create(
            name="Study", kind="bitaxe", host="192.168.1.9", port=80, trust="full", poll_due_at=NOON
        )
        Miner.objects.filter(pk=miner.pk).update(created_at=NOON - timedelta(days=1))
        TelemetryReading.objects.bulk_create(
            TelemetryReading(
                miner=miner, taken_at=NOON + timedelta(seconds=30 * n), state="h", hashrate_ths=1.0, power_w=17.3
            )
            for n in range(240)
        )
        return tariff, miner

    def test_it_adds_up_to_the_last_digit(self):
        self.house()
        now = NOON + 4 * HALF_HOUR

        update_ledger(now=now)

        rows = list(LedgerEntry.objects.all())
        assert len(rows) == 4
        assert LedgerEntry.objects.aggregate(sum=Sum("cost_p"))["sum"] == sum(row.cost_p for row in rows)
        assert all(row.cost_p == row.energy_kwh * row.price_p_per_kwh for row in rows)
        assert summary(NOON, now).hashing_s == 7200

    def test_again_changes_nothing_and_past_rows_never_change(self):
        tariff, _miner = self.house()
        update_ledger(now=NOON + 3 * HALF_HOUR)
        before = list(LedgerEntry.objects.filter(is_final=True).values())
        assert before

        store_prices(
            tariff,
            [Slot(starts_at=NOON, ends_at=NOON + HALF_HOUR, price_p_per_kwh=Decimal(99))],
            now=NOON + 3 * HALF_HOUR,
        )
        update_ledger(now=NOON + 3 * HALF_HOUR)
        update_ledger(now=NOON + 4 * HALF_HOUR)

        assert list(LedgerEntry.objects.filter(pk__in=[row["id"] for row in before]).values()) == before

    def test_a_day_that_paid_costs_less_than_nothing(self):
        self.house(price="-20")
        update_ledger(now=NOON + 4 * HALF_HOUR)

        assert summary(NOON, NOON + 4 * HALF_HOUR).cost_p < 0


@pytest.mark.parametrize(("day", "hours"), [((2026, 3, 29), 23), ((2026, 10, 25), 25), ((2026, 6, 1), 24)])
def test_a_local_day_has_its_own_length(day, hours):
    start, end = local_day(datetime(*day, 12, tzinfo=UTC))

    assert (end.astimezone(UTC) - start.astimezone(UTC)) == timedelta(hours=hours)
