"""The ledger's bookkeeping, at the edges that a mutation run found nobody to stand at."""

from datetime import UTC, timedelta
from decimal import Decimal

import pytest

from energy.models import LedgerEntry
from energy.services.late_prices import PRICES_AWAITED, fill_late_prices
from energy.services.ledger import (
    CATCH_UP,
    Span,
    first_open,
    half_hour_of,
    spans_between,
    update_ledger,
)
from energy.services.summing import local_day, mean_price, summary
from hmm.audit.services import record
from miners.models import Miner, MinerTarget, TelemetryReading
from tests.energy.test_ledger_faults import HALF_HOUR, NOON, miner, price, read, tariff  # noqa: F401  # fixtures

MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)


def entry(miner, start, *, final=True, length=HALF_HOUR, **values):  # noqa: F811
    return LedgerEntry.objects.create(
        miner=miner, miner_label="Study", starts_at=start, ends_at=start + length, is_final=final, **values
    )


# --- where counting goes on ------------------------------------------------------------------------


def test_a_ledger_without_a_row_begins_six_hours_back(db):
    assert timedelta(hours=6) == CATCH_UP
    assert first_open(NOON) == NOON - CATCH_UP


def test_counting_goes_on_at_the_end_of_what_is_done_or_at_the_oldest_open_row(miner):  # noqa: F811
    entry(miner, NOON - 4 * HALF_HOUR)
    entry(miner, NOON - 3 * HALF_HOUR)
    assert first_open(NOON) == NOON - 2 * HALF_HOUR

    entry(miner, NOON - 6 * HALF_HOUR, final=False)
    assert first_open(NOON) == NOON - 6 * HALF_HOUR


def test_what_is_older_than_two_days_is_left_as_it_is(miner):  # noqa: F811
    assert timedelta(days=2) == PRICES_AWAITED
    entry(miner, NOON - PRICES_AWAITED - SECOND, final=False)
    assert first_open(NOON) == NOON - CATCH_UP

    entry(miner, NOON - PRICES_AWAITED, final=False)
    assert first_open(NOON) == NOON - PRICES_AWAITED


def test_rows_of_a_forgotten_miner_hold_nothing_up(miner):  # noqa: F811
    entry(miner, NOON - 5 * HALF_HOUR, final=False)
    LedgerEntry.objects.update(miner=None)

    assert first_open(NOON) == NOON - CATCH_UP


# --- slots -----------------------------------------------------------------------------------------


def test_a_half_hour_begins_at_the_hour_and_in_its_middle():
    assert half_hour_of(NOON) == NOON
    assert half_hour_of(NOON + HALF_HOUR - SECOND) == NOON
    assert half_hour_of(NOON + HALF_HOUR) == NOON + HALF_HOUR


def test_time_without_a_price_is_counted_ten_minutes_after_it_passed(db):
    assert spans_between(NOON, NOON + HALF_HOUR + 10 * MINUTE - SECOND) == []
    assert spans_between(NOON, NOON + HALF_HOUR + 10 * MINUTE) == [Span(NOON, NOON + HALF_HOUR, None)]


def test_a_gap_between_prices_is_cut_at_the_half_hours(tariff):  # noqa: F811
    price(tariff, NOON, 9, length=20 * MINUTE)
    price(tariff, NOON + 80 * MINUTE, 7)
    ends = NOON + 110 * MINUTE

    assert spans_between(NOON, ends) == [
        Span(NOON, NOON + 20 * MINUTE, Decimal(9)),
        Span(NOON + 20 * MINUTE, NOON + 30 * MINUTE, None),
        Span(NOON + 30 * MINUTE, NOON + 60 * MINUTE, None),
        Span(NOON + 60 * MINUTE, NOON + 80 * MINUTE, None),
        Span(NOON + 80 * MINUTE, ends, Decimal(7)),
    ]


# --- rows ------------------------------------------------------------------------------------------


def test_a_row_is_closed_three_polls_after_its_slot_and_never_touched_again(tariff, miner):  # noqa: F811
    price(tariff, NOON, 9, 9)
    read(miner, NOON, 30)
    update_ledger(now=NOON + HALF_HOUR + 89 * SECOND)
    assert not LedgerEntry.objects.get(starts_at=NOON).is_final
    update_ledger(now=NOON + HALF_HOUR + 90 * SECOND)
    assert LedgerEntry.objects.get(starts_at=NOON).is_final

    TelemetryReading.objects.update(power_w=500.0)
    price(tariff, NOON, 90, 9)
    update_ledger(now=NOON + HALF_HOUR + 5 * MINUTE)

    row = LedgerEntry.objects.get(starts_at=NOON)
    assert (row.energy_kwh, row.price_p_per_kwh, row.cost_p) == (Decimal("0.01"), Decimal(9), Decimal("0.09"))


def test_a_closed_row_behind_an_open_one_is_left_alone(tariff, miner):  # noqa: F811
    price(tariff, NOON, 9, 9, 9)
    entry(miner, NOON, final=False)
    entry(miner, NOON + HALF_HOUR, energy_kwh=Decimal(7))

    update_ledger(now=NOON + 3 * HALF_HOUR)

    assert LedgerEntry.objects.get(starts_at=NOON + HALF_HOUR).energy_kwh == 7
    assert LedgerEntry.objects.get(starts_at=NOON).is_final


def test_a_miner_has_no_row_before_it_was_added(tariff, miner):  # noqa: F811
    price(tariff, NOON, 9, 9, 9)
    Miner.objects.update(created_at=NOON + HALF_HOUR)

    update_ledger(now=NOON + 3 * HALF_HOUR)

    assert list(LedgerEntry.objects.values_list("starts_at", flat=True)) == [NOON + HALF_HOUR, NOON + 2 * HALF_HOUR]


def test_time_without_a_price_has_a_row_only_where_something_was_heard(miner):  # noqa: F811
    TelemetryReading.objects.create(miner=miner, taken_at=NOON + MINUTE, state="h", power_w=None)
    TelemetryReading.objects.create(miner=miner, taken_at=NOON + 31 * MINUTE, state="i", power_w=3.0)

    update_ledger(now=NOON + 100 * MINUTE)

    rows = LedgerEntry.objects.order_by("starts_at").values_list("starts_at", "known_s", "hashing_s")
    assert list(rows) == [(NOON, 0, 90), (NOON + HALF_HOUR, 90, 0)]


def test_typed_in_watts_are_those_of_a_miner_that_hashes_and_tells_none(tariff, miner):  # noqa: F811
    price(tariff, NOON, 9)
    Miner.objects.update(typed_power_w=360)
    for minute, state, watts in ((0, "h", None), (2, "i", None), (4, "h", 36.0), (6, "h", None)):
        TelemetryReading.objects.create(miner=miner, taken_at=NOON + minute * MINUTE, state=state, power_w=watts)

    update_ledger(now=NOON + 10 * MINUTE)

    assert LedgerEntry.objects.get().energy_kwh == 2 * Decimal("0.009") + Decimal("0.0009")


def test_without_miners_or_slots_nothing_is_written(db):
    assert update_ledger(now=NOON) == 0
    assert fill_late_prices(NOON) == 0


def test_a_reading_before_the_first_slot_reaches_into_it_and_the_mode_is_kept(tariff, miner):  # noqa: F811
    price(tariff, NOON, 9)
    entry(miner, NOON - HALF_HOUR)
    before = NOON - 20 * SECOND
    TelemetryReading.objects.create(miner=miner, taken_at=before, state="h", power_w=36.0, mode="eco")

    update_ledger(now=NOON + 10 * MINUTE)

    row = LedgerEntry.objects.get(starts_at=NOON)
    assert (row.known_s, row.unknown_s, row.mode) == (70, 530, "eco")


def note(at, *, band, target):
    more = {"actor": "strategy", "action": "strategy.transition", "reason": f"Band {band}. " + "x" * 300}
    record(**more, after={"band": band, "target": target}, at=at)


def test_what_changes_at_the_end_of_a_slot_belongs_to_the_next(tariff, miner):  # noqa: F811
    price(tariff, NOON, 9, 9, 9)
    read(miner, NOON, 90)
    note(NOON, band=3, target="DGB")
    note(NOON + HALF_HOUR, band=2, target="KEEP")
    at = NOON + 2 * HALF_HOUR
    MinerTarget.objects.create(
        miner=miner, on=True, band_position=4, pool_label="BCH", why="y" * 300, decided_at=at, changed_at=at
    )

    update_ledger(now=NOON + 3 * HALF_HOUR)

    rows = list(LedgerEntry.objects.order_by("starts_at"))
    assert [(row.band_position, row.coin) for row in rows] == [(3, "DGB"), (2, ""), (4, "BCH")]
    assert [len(row.reason) for row in rows] == [200, 200, 200]


def test_what_was_noted_of_an_open_row_is_kept_and_strangers_have_no_reason(tariff, miner):  # noqa: F811
    price(tariff, NOON, 9)
    read(miner, NOON, 30)
    note(NOON, band=3, target="DGB")
    entry(miner, NOON, final=False, reason="Noted.", band_position=2, coin="BTC")
    update_ledger(now=NOON + HALF_HOUR)
    assert (row := LedgerEntry.objects.get()).reason == "Noted."
    assert (row.band_position, row.coin) == (2, "BTC")

    LedgerEntry.objects.all().delete()
    Miner.objects.update(enrolled=False)
    update_ledger(now=NOON + HALF_HOUR)
    assert (LedgerEntry.objects.get().reason, LedgerEntry.objects.get().band_position) == ("", None)


@pytest.mark.parametrize(
    ("days_ago", "start", "hours"), [(0, 24, 24), (1, 23, 24), (30, 24 + 1, 25)], ids=["today", "yesterday", "long"]
)
def test_a_day_is_that_of_the_household_s_clock(days_ago, start, hours):
    begins, ends = local_day(NOON, days_ago=days_ago)

    expected = {24: (11, 24), 23: (11, 23), 25: (10, 25)}[start]
    assert (begins.month, begins.day, begins.hour) == (*expected, 0)
    assert (ends - begins.astimezone(UTC)).total_seconds() == hours * 3600


# --- late prices -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("ahead", "length", "filled"), [(0, 30, 1), (-30, 60, 1), (0, 29, 0), (1, 60, 0)])
def test_a_late_price_fills_a_row_that_it_covers_whole(tariff, miner, ahead, length, filled):  # noqa: F811
    entry(miner, NOON, energy_kwh=Decimal(2))
    price(tariff, NOON + ahead * MINUTE, 4, length=length * MINUTE)

    assert fill_late_prices(NOON + HALF_HOUR) == filled
    assert LedgerEntry.objects.get().cost_p == (Decimal(8) if filled else None)


def test_late_prices_are_awaited_for_two_days(tariff, miner):  # noqa: F811
    entry(miner, NOON)
    price(tariff, NOON, 4)

    assert fill_late_prices(NOON + PRICES_AWAITED + SECOND) == 0
    assert fill_late_prices(NOON + PRICES_AWAITED) == 1


# --- sums ------------------------------------------------------------------------------------------


def test_a_summary_holds_half_open_time_and_its_three_numbers(miner):  # noqa: F811
    more = {"energy_kwh": Decimal(2), "known_s": 900, "unknown_s": 900, "hashing_s": 600, "work_th": 60.0}
    entry(miner, NOON, price_p_per_kwh=10, cost_p=Decimal(20), **more)
    entry(miner, NOON + HALF_HOUR, **more | {"energy_kwh": Decimal(3)})
    entry(miner, NOON + 2 * HALF_HOUR, **more)

    told = summary(NOON, NOON + 2 * HALF_HOUR)

    assert (told.energy_kwh, told.cost_p, told.paid_p_per_kwh, told.always_on_p_per_kwh) == (5, 20, 10, 10)
    assert (told.hashing_s, told.possible_s, told.unknown_s) == (1200, 3600, 1800)
    assert (told.work_th, told.lost_th) == (120.0, 240.0)
    assert told.ran_percent == pytest.approx(100 / 3)


def test_a_span_in_which_nothing_was_has_no_rates(db):
    told = summary(NOON, NOON + HALF_HOUR)

    assert (told.energy_kwh, told.cost_p, told.work_th, told.unknown_s) == (0, 0, 0, 0)
    assert (told.paid_p_per_kwh, told.always_on_p_per_kwh, told.lost_th, told.ran_percent) == (None,) * 4


def test_in_the_mean_a_longer_slot_counts_for_more(miner):  # noqa: F811
    entry(miner, NOON, length=2 * HALF_HOUR, price_p_per_kwh=10, known_s=3000, unknown_s=600)
    entry(miner, NOON + 2 * HALF_HOUR, price_p_per_kwh=40, known_s=1800)
    entry(miner, NOON + 3 * HALF_HOUR, known_s=1800)
    entry(miner, NOON - MINUTE, length=MINUTE, price_p_per_kwh=-60, known_s=60)

    assert summary(NOON, NOON + 4 * HALF_HOUR).always_on_p_per_kwh == 20
    assert summary(NOON, NOON + 2 * HALF_HOUR).always_on_p_per_kwh == 10
    assert summary(NOON + 3 * HALF_HOUR, NOON + 4 * HALF_HOUR).always_on_p_per_kwh is None
    assert summary(NOON - MINUTE, NOON).always_on_p_per_kwh == -60


@pytest.mark.parametrize(
    ("price_seconds", "seconds", "mean"),
    [(None, None, None), (0, 0, None), (36_000_000_000, 3600, Decimal("10.00")), (-3_600_000_000, 3600, Decimal(-1))],
)
def test_always_on_has_no_mean_before_a_second_was_counted(price_seconds, seconds, mean):
    assert mean_price(price_seconds, seconds) == mean
