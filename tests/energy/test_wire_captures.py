"""Answers of the real service, read as they came."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from energy.tariffs.base import DataError
from energy.tariffs.octopus_agile import wire
from tests.captures import captures

HALF_HOUR = timedelta(minutes=30)
OPEN_END = datetime(2026, 12, 1, tzinfo=UTC)


def capture(name):
    text = captures("agile", "api", name).read_text(encoding="utf-8")
    return wire.results_of(json.loads(text, parse_float=Decimal))


def test_the_newest_import_product_is_found_among_its_look_alikes():
    products, following = capture("products_2024-05.json")

    found = wire.newest_agile_product(products)

    assert following is None
    assert found.startswith("AGILE-")
    chosen = next(item for item in products if item["code"] == found)
    assert (chosen["direction"], chosen["brand"], chosen["available_to"]) == ("IMPORT", "OCTOPUS_ENERGY", None)


def test_a_page_of_prices_is_sorted_whole_and_exact():
    rates, following = capture("standard-unit-rates_AGILE-24-10-01-H_page1.json")

    slots = wire.slots_of(rates, open_end=OPEN_END)

    assert following is not None
    assert len(slots) == 100
    assert slots[-1].ends_at == datetime(2025, 5, 13, 22, tzinfo=UTC)
    assert all(before.ends_at == after.starts_at for before, after in pairwise(slots))
    assert slots[-1].price_p_per_kwh == Decimal("17.283")
    assert all(slot.price_p_per_kwh == slot.price_ex_vat_p_per_kwh * Decimal("1.05") for slot in slots)


def test_rows_of_two_payment_methods_give_one_slot_each_by_direct_debit():
    rates, _following = capture("standing-charges_VAR-22-11-01.json")

    slots = wire.slots_of(rates, open_end=OPEN_END)

    paid = {row["valid_from"]: row["value_inc_vat"] for row in rates if row["payment_method"] == "DIRECT_DEBIT"}
    assert [slot.price_p_per_kwh for slot in slots] == [paid[start] for start in sorted(paid)]
    assert slots[-1].ends_at == OPEN_END, "an open row ends where we look no further"


def test_a_postcode_has_its_region():
    assert wire.regions_of(capture("grid-supply-points_SW1A1AA.json")[0]) == ["C"]


def rate(**changes):
    row = {
        "value_exc_vat": Decimal("1.000001"),
        "value_inc_vat": Decimal("1.050001"),
        "valid_from": "2026-07-14T12:00:00Z",
        "valid_to": "2026-07-14T12:30:00Z",
        "payment_method": None,
    }
    return {**row, **changes}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"value_inc_vat": None}, "value_inc_vat"),
        ({"value_inc_vat": True}, "value_inc_vat"),
        ({"value_inc_vat": 0.1}, "value_inc_vat"),  # a float has lost its exactness already
        ({"value_exc_vat": "NaN"}, "value_exc_vat"),
        ({"value_inc_vat": Decimal("1e13")}, "no price"),
        ({"value_inc_vat": Decimal("1e999999999")}, "no price"),
        ({"valid_from": None}, "no time"),
        ({"valid_from": "2026-07-14T12:00:00"}, "no time zone"),
        ({"valid_from": "0001-01-01T00:00:00+14:00"}, "no time"),
        ({"valid_to": "2026-07-14T12:00:00Z"}, "does not end"),
    ],
)
def test_a_damaged_rate_is_refused(changes, message):
    with pytest.raises(DataError, match=message):
        wire.slots_of([rate(**changes)], open_end=OPEN_END)


@pytest.mark.parametrize("page", [None, [], {}, {"results": {}}, {"results": [], "next": 5}])
def test_what_is_no_page_is_refused(page):
    with pytest.raises(DataError):
        wire.results_of(page)


def test_six_decimals_zero_and_less_survive():
    prices = ["1.050001", "0", "-19.9395"]
    rows = [
        rate(
            value_inc_vat=Decimal(price),
            valid_from=f"2026-07-14T1{place}:00:00Z",
            valid_to=f"2026-07-14T1{place}:30:00Z",
        )
        for place, price in enumerate(prices)
    ]

    slots = wire.slots_of(rows[::-1], open_end=OPEN_END)

    assert [str(slot.price_p_per_kwh) for slot in slots] == prices


@pytest.mark.parametrize("region", wire.REGIONS)
def test_tariff_codes_are_built_and_taken_apart(region):
    assert wire.split_tariff_code(wire.tariff_code("AGILE-24-10-01", region)) == ("AGILE-24-10-01", region)


@pytest.mark.parametrize("code", ["E-1R-AGILE-24-10-01-I", "E-1R-AGILE-24-10-01-O", "E-3R-X-A", "", "G-1R-X-A"])
def test_what_is_no_tariff_code_is_none(code):
    assert wire.split_tariff_code(code) is None
