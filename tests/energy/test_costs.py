import itertools
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db.models import Sum
from hypothesis import given
from hypothesis import strategies as st

from energy.cost_pages import by_miner
from energy.costs import Sample, use_in_slot
from energy.models import LedgerEntry, SettlementPeriod
from energy.services.ledger import update_ledger
from energy.services.prices import store_prices
from energy.services.refresh import choose_tariff
from energy.services.summing import cost_today, local_day, summary
from energy.tariffs.base import Slot
from energy.totals import totals
from miners.models import Miner, MinerTarget, TelemetryReading

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


@given(
    seconds=st.lists(st.integers(-400, 2200), min_size=1, max_size=40, unique=True),
    cuts=st.lists(st.integers(0, 1800), max_size=6, unique=True),
)
def test_every_second_is_counted_once_wherever_the_slots_are_cut(seconds, cuts):
    samples = [Sample(NOON + timedelta(seconds=at), 3600.0, 1.0, True) for at in sorted(seconds)]
    edges = [NOON + timedelta(seconds=at) for at in sorted({0, 1800, *cuts})]

    parts = [use(samples, *pair) for pair in itertools.pairwise(edges)]

    covered = {
        s
        for at, after in zip(sorted(seconds), [*sorted(seconds)[1:], 9999], strict=True)
        for s in range(at, min(at + 90, after))
        if 0 <= s < 1800
    }
    assert sum(part.known_s for part in parts) == use(samples).known_s == len(covered)
    assert sum(part.energy_kwh for part in parts) == Decimal(len(covered)) / 1000


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

    def target(self, miner, band, label, at):
        values = {"on": True, "band_position": band, "pool_label": label, "why": f"Band {band}."}
        MinerTarget.objects.update_or_create(miner=miner, defaults={**values, "decided_at": at, "changed_at": at})

    def test_a_slot_keeps_its_own_band_when_the_next_one_has_begun(self):
        _tariff, miner = self.house()
        self.target(miner, 2, "BTC pooled", NOON)
        update_ledger(now=NOON + timedelta(minutes=29))

        self.target(miner, 5, "DGB", NOON + HALF_HOUR + timedelta(seconds=1))
        update_ledger(now=NOON + timedelta(minutes=33))

        rows = [(row.band_position, row.coin, row.reason) for row in LedgerEntry.objects.all()]
        assert rows == [(2, "BTC_POOLED", "Band 2."), (5, "DGB", "Band 5.")]

    def without_a_price(self, missing=2):
        tariff, miner = self.house()
        SettlementPeriod.objects.filter(starts_at=NOON + missing * HALF_HOUR).delete()
        return tariff, miner

    def test_energy_is_counted_while_its_price_is_missing(self):
        self.without_a_price()

        update_ledger(now=NOON + 4 * HALF_HOUR)

        rows = list(LedgerEntry.objects.all())
        assert len(rows) == 4
        assert rows[2].cost_p is None
        assert rows[2].energy_kwh == rows[0].energy_kwh
        assert summary(NOON, NOON + 4 * HALF_HOUR).paid_p_per_kwh == Decimal("11.33"), "of what has a price"
        assert round(by_miner(NOON, NOON + 4 * HALF_HOUR)[0].paid_p_per_kwh, 2) == Decimal("11.33")

    def test_a_price_that_comes_late_is_filled_in_once(self):
        tariff, _miner = self.without_a_price()
        late, now = NOON + 2 * HALF_HOUR, NOON + 6 * HALF_HOUR
        update_ledger(now=now)

        def published(price):
            slot = Slot(starts_at=late, ends_at=late + HALF_HOUR, price_p_per_kwh=Decimal(price))
            store_prices(tariff, [slot], now=now)
            update_ledger(now=now)
            return LedgerEntry.objects.get(starts_at=late)

        row = published("-4")
        assert row.cost_p == row.energy_kwh * -4
        assert published("50").price_p_per_kwh == -4
        assert LedgerEntry.objects.filter(starts_at__lt=NOON + 4 * HALF_HOUR).count() == 4

    def test_hours_without_a_price_and_without_a_reading_leave_no_rows(self):
        self.house()

        update_ledger(now=NOON + 10 * HALF_HOUR)

        assert LedgerEntry.objects.filter(price_p_per_kwh__isnull=False).count() == 4
        assert [row.known_s for row in LedgerEntry.objects.filter(price_p_per_kwh__isnull=True)] == [60]  # still held

    def test_work_counts_without_watts(self):
        self.house()
        TelemetryReading.objects.update(power_w=None)

        update_ledger(now=NOON + 4 * HALF_HOUR)

        result = summary(NOON, NOON + 4 * HALF_HOUR)
        assert (result.hashing_s, result.work_th, result.unknown_s) == (7200, 7200, 7200)
        assert result.energy_kwh == 0

    @pytest.mark.parametrize(("state", "energy"), [("h", Decimal("0.03")), ("i", Decimal(0))])
    def test_typed_watts_stand_in_while_it_hashes(self, state, energy):
        _tariff, miner = self.house()
        TelemetryReading.objects.update(power_w=None, state=state)
        Miner.objects.filter(pk=miner.pk).update(typed_power_w=Decimal(15))

        update_ledger(now=NOON + 4 * HALF_HOUR)

        assert summary(NOON, NOON + 4 * HALF_HOUR).energy_kwh == energy

    def test_every_miner_is_counted_to_the_end_whatever_its_rhythm(self):
        self.house()
        slow = Miner.objects.create(
            name="Hall",
            kind="bitaxe",
            host="192.168.1.8",
            port=80,
            trust="full",
            poll_due_at=NOON,
            poll_interval_s=60,
        )
        Miner.objects.filter(pk=slow.pk).update(created_at=NOON - timedelta(days=1))

        for minute in range(140):
            update_ledger(now=NOON + timedelta(minutes=minute))

        assert LedgerEntry.objects.filter(is_final=True).count() == 8

    def test_today_is_compared_with_the_hours_that_have_passed(self):
        tariff, _miner = self.house()
        dear = Slot(starts_at=NOON + 4 * HALF_HOUR, ends_at=NOON + 5 * HALF_HOUR, price_p_per_kwh=Decimal(90))
        store_prices(tariff, [dear], now=NOON)
        update_ledger(now=NOON + 2 * HALF_HOUR)

        now = NOON + 2 * HALF_HOUR
        assert cost_today(now).always_on_p_per_kwh == Decimal("10.5")

    def test_always_on_is_compared_at_the_prices_then_in_force_whatever_tariff_is_chosen_later(self):
        self.house()
        end = NOON + 4 * HALF_HOUR
        update_ledger(now=end)
        before = summary(NOON, end)

        flat = choose_tariff(kind="flat", config={"price_p_per_kwh": "99"}, name="Flat", actor="keeper", now=end)
        store_prices(
            flat,
            [Slot(starts_at=NOON, ends_at=end, price_p_per_kwh=Decimal(99))],
            now=end,
        )

        assert summary(NOON, end) == before
        (whole,) = totals("month", NOON, end)
        assert before.always_on_p_per_kwh == whole.always_on_p_per_kwh == Decimal("11.5"), "the API tells the same"

    def test_a_day_that_paid_costs_less_than_nothing(self):
        self.house(price="-20")
        update_ledger(now=NOON + 4 * HALF_HOUR)

        assert summary(NOON, NOON + 4 * HALF_HOUR).cost_p < 0


@pytest.mark.parametrize(("day", "hours"), [((2026, 3, 29), 23), ((2026, 10, 25), 25), ((2026, 6, 1), 24)])
def test_a_local_day_has_its_own_length(day, hours):
    start, end = local_day(datetime(*day, 12, tzinfo=UTC))

    assert (end.astimezone(UTC) - start.astimezone(UTC)) == timedelta(hours=hours)
