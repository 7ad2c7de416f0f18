"""Totals of the ledger: every way of cutting it adds up to the same, to the last decimal."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy.cost_pages import by_miner
from energy.models import LedgerEntry
from energy.services.summing import summary
from energy.totals import BY, folded, totals
from miners.models import Miner

START = datetime(2026, 10, 24, 21, 30, tzinfo=UTC)
AMOUNTS = st.decimals(min_value=-1000, max_value=1000, places=9)
HALF_HOUR = timedelta(minutes=30)


@st.composite
def ledger_rows(draw):
    price = draw(st.none() | st.decimals(min_value=-100, max_value=100, places=6))
    energy = draw(st.decimals(min_value=0, max_value=10, places=6))
    return {
        "miner_id": draw(st.none() | st.integers(1, 3)),
        "band_position": draw(st.none() | st.integers(1, 6)),
        "coin": draw(st.sampled_from(["", "DGB", "BCH"])),
        "starts_at": START + draw(st.integers(0, 40_000)) * HALF_HOUR,
        "name": draw(st.sampled_from(["Study", "Attic"])),
        "price_p_per_kwh": price,
        "energy": energy,
        "priced": None if price is None else energy,
        "cost": None if price is None else draw(AMOUNTS),
        "hashing": draw(st.integers(0, 1800)),
        "known": draw(st.integers(0, 1800)),
        "unknown": draw(st.integers(0, 1800)),
        "work": 1.0,
    }


@pytest.mark.parametrize("by", list(BY))
@given(rows=st.lists(ledger_rows(), max_size=30))
def test_the_parts_are_the_whole_to_the_last_decimal(by, rows):
    parts = folded(rows, BY[by][1])

    assert sum((part.cost_p for part in parts), Decimal(0)) == sum((row["cost"] or 0 for row in rows), Decimal(0))
    assert sum((part.energy_kwh for part in parts), Decimal(0)) == sum((row["energy"] for row in rows), Decimal(0))
    assert sum(part.hashing_s for part in parts) == sum(row["hashing"] for row in rows)
    assert len({(part.key, part.label) for part in parts}) == len(parts)


@pytest.fixture
def rows(db, settings):
    settings.TIME_ZONE = "Europe/London"
    miners = [
        Miner.objects.create(
            name=f"Miner {n}", kind="bitaxe", host=f"10.0.0.{n}", port=80, poll_due_at=START, trust="full"
        )
        for n in (1, 2)
    ]
    LedgerEntry.objects.bulk_create(
        LedgerEntry(
            miner=miner,
            miner_label=miner.name,
            starts_at=START + slot * HALF_HOUR,
            ends_at=START + (slot + 1) * HALF_HOUR,
            price_p_per_kwh=Decimal(slot) / 7 if slot % 5 else None,
            energy_kwh=Decimal("0.123457"),
            cost_p=(Decimal("0.123457") * slot / 7).quantize(Decimal("0.000000001")) if slot % 5 else None,
            known_s=1500,
            unknown_s=300,
            hashing_s=1000,
            work_th=500.0,
            band_position=slot % 3 + 1,
            coin="DGB" if slot % 2 else "",
        )
        for miner in miners
        for slot in range(60)
    )
    return miners


@pytest.mark.parametrize("by", list(BY))
def test_totals_agree_with_the_summary_of_the_span(rows, by, django_assert_num_queries):
    end = START + timedelta(days=2)
    whole = summary(START, end)
    with django_assert_num_queries(1):
        parts = totals(by, START, end)

    assert sum(part.cost_p for part in parts) == whole.cost_p
    assert sum(part.energy_kwh for part in parts) == whole.energy_kwh
    assert sum(part.possible_s for part in parts) == whole.possible_s


def test_days_follow_the_local_clock_and_the_long_one_has_fifty_slots(rows):
    days = {part.key: part for part in totals("day", START, START + timedelta(days=2))}

    assert {key: part.possible_s // 3600 for key, part in days.items()} == {
        "2026-10-24": 3,  # 22:30 to midnight, two miners
        "2026-10-25": 50,
        "2026-10-26": 7,
    }


def test_the_three_numbers_stand_together(rows):
    (one,) = totals("year", START, START + HALF_HOUR * 2)

    assert one.paid_p_per_kwh == one.always_on_p_per_kwh == Decimal("0.142857")
    assert (one.hashing_s, one.possible_s, one.work_th) == (4000, 7200, 2000.0)
    assert one.lost_th == 1600.0


def test_a_miner_can_be_looked_at_alone(rows):
    assert [part.label for part in totals("miner", START, START + HALF_HOUR, miner_id=rows[1].pk)] == ["Miner 2"]


def test_removed_miners_stay_apart_and_a_renamed_one_has_its_name_of_now(rows):
    """Their costs were one line, under whichever name came last in the alphabet."""
    third = Miner.objects.create(name="Loft", kind="bitaxe", host="10.0.0.3", port=80, poll_due_at=START)
    LedgerEntry.objects.create(
        miner=third, miner_label="Zoo", starts_at=START, ends_at=START + HALF_HOUR, energy_kwh=Decimal(7)
    )
    before = {part.label: part.energy_kwh for part in totals("miner", START, START + HALF_HOUR)}
    for gone in rows:
        gone.delete()

    parts = totals("miner", START, START + HALF_HOUR)

    assert [(part.key, part.label) for part in parts] == [
        (str(third.pk), "Loft"),
        (None, "Miner 1"),
        (None, "Miner 2"),
    ]
    assert {part.label: part.energy_kwh for part in parts} == before
    found = {(cost.name, bool(cost.url)): cost.energy_kwh for cost in by_miner(START, START + HALF_HOUR)}
    assert found == {(name, name == "Loft"): energy for name, energy in before.items()}


@pytest.mark.parametrize(
    ("by", "end"), [("moon", START + HALF_HOUR), ("day", START), ("day", START + timedelta(days=4000))]
)
def test_what_cannot_be_added_up_is_refused(by, end):
    with pytest.raises(ValueError, match="Ask for"):
        totals(by, START, end)
