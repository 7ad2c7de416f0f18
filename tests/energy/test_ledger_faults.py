"""The ledger tells what was in force in each slot, and leaves right rows alone."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db.models import Sum
from hypothesis import given, settings
from hypothesis import strategies as st

from energy.costs import Sample, use_in_slot
from energy.models import LedgerEntry
from energy.services.ledger import update_ledger
from energy.services.prices import store_prices
from energy.services.refresh import choose_tariff
from energy.services.summing import summary
from energy.tariffs.base import Slot
from hmm.audit.services import record
from miners.models import Miner, MinerTarget, TelemetryReading

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
HALF_HOUR = timedelta(minutes=30)


@pytest.fixture
def tariff(db):
    return choose_tariff(kind="csv", config={}, name="Imported", actor="keeper", now=NOON)


@pytest.fixture
def miner(db):
    made = Miner.objects.create(
        name="Study", kind="bitaxe", host="192.168.1.9", port=80, poll_due_at=NOON, enrolled=True
    )
    Miner.objects.filter(pk=made.pk).update(created_at=NOON - timedelta(days=9))
    return made


def price(tariff, start, *prices, length=HALF_HOUR):
    slots = [
        Slot(starts_at=start + n * length, ends_at=start + (n + 1) * length, price_p_per_kwh=Decimal(str(value)))
        for n, value in enumerate(prices)
    ]
    store_prices(tariff, slots, now=NOON)


def read(miner, start, minutes, watts=20.0):
    TelemetryReading.objects.bulk_create(
        TelemetryReading(miner=miner, taken_at=start + timedelta(seconds=30 * n), state="h", power_w=watts)
        for n in range(minutes * 2)
    )


def test_a_slot_counted_late_has_the_band_that_was_in_force_in_it(tariff, miner):
    price(tariff, NOON, 9, 35, 9, 9)
    read(miner, NOON, 120)
    for minutes, band, target in ((0, 3, "DGB"), (30, 5, "OFF"), (60, 3, "DGB")):
        record(
            actor="strategy",
            action="strategy.transition",
            reason=f"Band {band}.",
            after={"band": band, "target": target},
            at=NOON + timedelta(minutes=minutes, seconds=1),
        )
    at = NOON + timedelta(minutes=95)
    MinerTarget.objects.create(
        miner=miner, on=True, band_position=3, pool_label="DGB", why="Now.", decided_at=at, changed_at=at
    )

    update_ledger(now=NOON + 4 * HALF_HOUR)

    rows = LedgerEntry.objects.order_by("starts_at").values_list("band_position", "coin", "reason")
    assert list(rows) == [(3, "DGB", "Band 3."), (5, "", "Band 5."), (3, "DGB", "Band 3."), (3, "DGB", "Now.")]


def test_a_row_left_open_by_a_long_stop_is_finished(tariff, miner):
    price(tariff, NOON, *[9] * 48)
    read(miner, NOON, 20)
    update_ledger(now=NOON + timedelta(minutes=10))
    assert not LedgerEntry.objects.get().is_final

    update_ledger(now=NOON + timedelta(hours=20))

    row = LedgerEntry.objects.get(starts_at=NOON)
    assert row.is_final
    assert (row.known_s, row.unknown_s) == (1260, 540), "twenty minutes and a half are held on for three polls"


@pytest.mark.parametrize(("old_length", "new_length", "at"), [(1, 30, 8), (30, 60, 46), (60, 15, 32)])
def test_a_tariff_with_slots_of_another_length_counts_each_second_once(tariff, miner, old_length, new_length, at):
    price(tariff, NOON, *[9] * 180, length=timedelta(minutes=old_length))
    read(miner, NOON, 180)
    for minute in range(0, at + 1, 2):
        update_ledger(now=NOON + timedelta(minutes=minute))
    done = list(LedgerEntry.objects.filter(is_final=True).values())

    changed = NOON + timedelta(minutes=at)
    other = choose_tariff(kind="csv", config={"note": "other"}, name="Other", actor="keeper", now=changed)
    price(other, NOON, *[20] * 180, length=timedelta(minutes=new_length))
    for minute in range(at, 190, 7):
        update_ledger(now=NOON + timedelta(minutes=minute))

    rows = list(LedgerEntry.objects.filter(starts_at__lt=NOON + timedelta(hours=3)).order_by("starts_at"))
    edges = [(row.starts_at, row.ends_at) for row in rows]
    assert edges[0][0] == NOON
    assert edges[-1][1] == NOON + timedelta(hours=3)
    assert [end for _start, end in edges[:-1]] == [start for start, _end in edges[1:]]
    assert all(row.is_final for row in rows)
    assert sum(row.energy_kwh for row in rows) == pytest.approx(Decimal("0.06"), abs=Decimal("0.0001"))
    assert list(LedgerEntry.objects.filter(pk__in=[row["id"] for row in done]).values()) == done


def test_a_late_price_of_another_length_fills_the_rows_it_covers(tariff, miner):
    read(miner, NOON, 60)
    update_ledger(now=NOON + timedelta(hours=2))
    assert set(LedgerEntry.objects.values_list("price_p_per_kwh", flat=True)) == {None}
    price(tariff, NOON, -3, length=timedelta(hours=1))

    update_ledger(now=NOON + timedelta(hours=2))

    covered = LedgerEntry.objects.filter(starts_at__lt=NOON + 2 * HALF_HOUR)
    assert list(covered.values_list("price_p_per_kwh", flat=True)) == [Decimal(-3), Decimal(-3)]
    assert LedgerEntry.objects.aggregate(sum=Sum("cost_p"))["sum"] < 0


def test_time_counted_by_a_clock_that_was_ahead_is_counted_when_it_comes(tariff, miner):
    price(tariff, NOON - 8 * HALF_HOUR, *[10] * 30)
    ahead = NOON + timedelta(hours=3)
    for now in (ahead - timedelta(minutes=1), ahead + timedelta(minutes=20)):
        update_ledger(now=now)
    assert LedgerEntry.objects.filter(is_final=True, starts_at__gte=NOON).exists()
    read(miner, NOON, 180)

    for minutes in range(0, 200, 10):
        update_ledger(now=NOON + timedelta(minutes=minutes))

    counted = LedgerEntry.objects.filter(starts_at__gte=NOON, starts_at__lt=ahead)
    assert counted.aggregate(sum=Sum("energy_kwh"), unknown=Sum("unknown_s")) == {
        "sum": Decimal("0.06"),
        "unknown": 0,
    }
    assert not counted.filter(is_final=False).exists()


def test_a_row_whose_readings_are_gone_is_not_split(tariff, miner, settings):
    settings.HMM_KEEP_RAW_DAYS = 1
    read(miner, NOON, 30)
    update_ledger(now=NOON + timedelta(hours=2))
    TelemetryReading.objects.all().delete()
    price(tariff, NOON, 10, 20, length=timedelta(minutes=15))

    update_ledger(now=NOON + timedelta(hours=24))

    assert LedgerEntry.objects.get(starts_at=NOON).energy_kwh == Decimal("0.01")


def test_late_prices_of_shorter_slots_split_the_rows_they_cover(tariff, miner):
    read(miner, NOON, 60)
    update_ledger(now=NOON + timedelta(hours=2))
    price(tariff, NOON, 10, 20, 30, length=timedelta(minutes=15))

    for minutes in (120, 121):
        update_ledger(now=NOON + timedelta(minutes=minutes))

    rows = LedgerEntry.objects.filter(starts_at__lt=NOON + timedelta(hours=1)).order_by("starts_at")
    assert list(rows.values_list("starts_at__minute", "price_p_per_kwh", "energy_kwh", "is_final")) == [
        (0, Decimal(10), Decimal("0.005"), True),
        (15, Decimal(20), Decimal("0.005"), True),
        (30, None, Decimal("0.01"), True),  # half of it has no price yet
    ]


@pytest.mark.parametrize(("before", "after", "changed_at"), [(30, 60, 40), (15, 30, 20), (60, 30, 40), (30, 120, 70)])
def test_a_tariff_with_other_slots_loses_no_energy_and_leaves_what_is_done(tariff, miner, before, after, changed_at):
    changed = NOON + timedelta(minutes=changed_at)
    price(tariff, NOON, *[10] * (240 // before), length=timedelta(minutes=before))
    read(miner, NOON, 240)
    for minute in range(changed_at + 1):
        update_ledger(now=NOON + timedelta(minutes=minute))
    done = list(LedgerEntry.objects.filter(is_final=True).values())

    other = choose_tariff(kind="flat", config={"price_p_per_kwh": "30"}, name="Flat", actor="keeper", now=changed)
    price(other, NOON, *[30] * (240 // after), length=timedelta(minutes=after))
    for minute in range(changed_at, 246, 5):
        update_ledger(now=NOON + timedelta(minutes=minute))

    whole = LedgerEntry.objects.filter(starts_at__lt=NOON + timedelta(hours=4))
    assert whole.aggregate(sum=Sum("energy_kwh"), known=Sum("known_s")) == {"sum": Decimal("0.08"), "known": 14400}
    assert not whole.filter(is_final=False).exists()
    assert list(LedgerEntry.objects.filter(pk__in=[row["id"] for row in done]).values()) == done


@pytest.mark.parametrize("minutes", [30, 60])
def test_a_tariff_chosen_in_the_middle_of_a_slot_counts_from_then_on(tariff, miner, minutes):
    price(tariff, NOON, *[10] * (120 // minutes), length=timedelta(minutes=minutes))
    read(miner, NOON, 120)
    TelemetryReading.objects.filter(taken_at__gt=NOON + timedelta(minutes=40)).update(power_w=60.0)
    update_ledger(now=NOON + timedelta(minutes=20))

    changed = NOON + timedelta(minutes=40)
    other = choose_tariff(kind="flat", config={"price_p_per_kwh": "30"}, name="Flat", actor="keeper", now=changed)
    price(other, NOON, 30, 30, 30, 30)
    choose_tariff(kind="flat", config={"price_p_per_kwh": "30"}, name="30 p", actor="keeper", now=changed + HALF_HOUR)
    for minute in range(40, 126, 5):
        update_ledger(now=NOON + timedelta(minutes=minute))

    rows = LedgerEntry.objects.filter(starts_at__lt=NOON + timedelta(hours=2)).order_by("starts_at")
    before, after = rows.filter(ends_at__lte=changed), rows.filter(starts_at__gte=changed)
    sums = [part.aggregate(known=Sum("known_s"), cost=Sum("cost_p")) for part in (before, after)]
    # 40 min of 20 W at 10 p/kWh; then 30 s of 20 W, the reading of that instant, and 79 min 30 s of 60 W at 30 p/kWh
    joules = 20 * 30 + 60 * 4770
    assert [part["known"] for part in sums] == [2400, 4800]
    assert abs(sums[0]["cost"] - Decimal(20 * 2400 * 10) / 3_600_000) < Decimal("0.0001")
    assert abs(sums[1]["cost"] - Decimal(joules * 30) / 3_600_000) < Decimal("0.0001")
    assert before.count() + after.count() == rows.count() == len(set(rows.values_list("starts_at", flat=True)))
    assert not rows.filter(is_final=False).exists()


def test_an_open_row_of_the_tariff_before_is_not_counted_beside_a_longer_slot(tariff, miner):
    Miner.objects.filter(pk=miner.pk).update(created_at=NOON + timedelta(minutes=31))
    price(tariff, NOON, 10, 10)
    read(miner, NOON + HALF_HOUR, 30)
    update_ledger(now=NOON + timedelta(minutes=40))

    other = choose_tariff(kind="flat", config={"price_p_per_kwh": "30"}, name="Flat", actor="keeper", now=NOON)
    price(other, NOON, 30, length=timedelta(hours=1))
    update_ledger(now=NOON + timedelta(minutes=70))

    assert LedgerEntry.objects.get().energy_kwh == Decimal("0.01")


@pytest.mark.parametrize(
    ("start", "slots"), [(datetime(2026, 3, 29, tzinfo=UTC), 46), (datetime(2026, 10, 24, 23, tzinfo=UTC), 50)]
)
def test_a_day_of_46_or_50_slots_adds_up(tariff, miner, start, slots):
    Miner.objects.filter(pk=miner.pk).update(created_at=start - timedelta(days=1))
    price(tariff, start, *[n - 20 for n in range(slots)])
    TelemetryReading.objects.bulk_create(
        TelemetryReading(miner=miner, taken_at=start + timedelta(seconds=60 * n), state="h", power_w=20.0)
        for n in range(slots * 30)
    )
    for hour in range(1, slots // 2 + 2):
        update_ledger(now=start + timedelta(hours=hour))

    rows = list(LedgerEntry.objects.filter(starts_at__lt=start + slots * HALF_HOUR))
    assert len(rows) == slots
    assert {row.energy_kwh for row in rows} == {Decimal("0.01")}
    assert sum(row.cost_p for row in rows) == summary(start, start + slots * HALF_HOUR).cost_p


def test_a_recount_leaves_right_rows_alone_when_readings_come_late(tariff, miner):
    price(tariff, NOON, 9, 9)
    read(miner, NOON, 30)
    update_ledger(now=NOON + timedelta(minutes=35))
    before = LedgerEntry.objects.filter(starts_at=NOON).values().get()
    TelemetryReading.objects.create(
        miner=miner, taken_at=NOON + timedelta(minutes=3, seconds=1), state="h", power_w=900.0
    )

    update_ledger(now=NOON + timedelta(minutes=40))

    assert LedgerEntry.objects.filter(starts_at=NOON).values().get() == before


@settings(deadline=None, max_examples=60)
@given(
    gaps=st.lists(st.integers(1, 400), min_size=1, max_size=60),
    watts=st.lists(st.floats(0, 4000) | st.none(), min_size=1, max_size=60),
    prices=st.lists(st.decimals(-50, 100, places=4), min_size=4, max_size=4),
)
def test_the_slots_of_two_hours_make_the_whole(gaps, watts, prices):
    at, samples = NOON, []
    for place, gap in enumerate(gaps):
        samples.append(Sample(at, watts[place % len(watts)], 1.0, True))
        at += timedelta(seconds=gap)

    def use(start, end, price_p=None):
        return use_in_slot(samples, start, end, price_p_per_kwh=price_p, interval_s=30)

    whole = use(NOON, NOON + 4 * HALF_HOUR)
    parts = [use(NOON + n * HALF_HOUR, NOON + (n + 1) * HALF_HOUR, prices[n]) for n in range(4)]

    assert abs(sum(part.energy_kwh for part in parts) - whole.energy_kwh) <= Decimal("0.000003")
    assert sum(part.known_s + part.unknown_s for part in parts) == 7200
    assert all(part.cost_p == (part.energy_kwh * price).quantize(Decimal("0.000000001"))
               for part, price in zip(parts, prices, strict=True))  # fmt: skip


def test_a_slot_that_is_done_leaves_no_row_without_a_length(tariff, miner):
    """Its neighbour is asked seldom, so the slot is looked at again."""
    slow = Miner.objects.create(name="Slow", kind="bitaxe", host="192.168.1.8", port=80, poll_due_at=NOON)
    Miner.objects.filter(pk=slow.pk).update(created_at=NOON - timedelta(days=9), poll_interval_s=60)
    price(tariff, NOON, 10)
    read(miner, NOON, 30)
    read(slow, NOON, 30)
    for minute in (32, 33):
        update_ledger(now=NOON + timedelta(minutes=minute))

    assert [(row.starts_at, row.ends_at) for row in LedgerEntry.objects.filter(miner=miner)] == [
        (NOON, NOON + HALF_HOUR)
    ]


def test_late_prices_with_a_gap_between_them_leave_a_row_as_it_is(tariff, miner):
    read(miner, NOON, 30)
    update_ledger(now=NOON + timedelta(minutes=45))
    third = timedelta(minutes=10)
    price(tariff, NOON, 10, length=third)
    price(tariff, NOON + 2 * third, 10, length=third)
    update_ledger(now=NOON + timedelta(minutes=46))

    row = LedgerEntry.objects.get(starts_at=NOON)
    assert (row.ends_at, row.price_p_per_kwh, row.is_final) == (NOON + HALF_HOUR, None, True)
