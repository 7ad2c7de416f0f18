"""Products with few records a day, or with one that holds for months; VAT by date; the standing charge."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from energy.models import StandingCharge
from energy.services.refresh import choose_tariff, refresh_prices
from energy.services.standing import note_standing_charge, standing_charges
from energy.tariffs import vat
from energy.tariffs.base import ConfigError
from energy.tariffs.octopus_agile.simulator import PriceSimulator
from energy.tariffs.octopus_agile.simulator_products import LONG_PRODUCT, NIGHT_PRODUCT
from energy.tariffs.octopus_product.tariff import OctopusProduct

NOW = datetime(2026, 10, 24, 17, tzinfo=UTC)
LONG = {"product": LONG_PRODUCT, "region": "J"}
NIGHT = {"product": NIGHT_PRODUCT, "region": "J"}


@pytest.fixture
def feed(settings):
    with PriceSimulator(now=lambda: NOW) as simulator:
        settings.HMM_OCTOPUS_URL = simulator.base_url
        yield simulator


def test_a_price_that_holds_for_months_has_the_vat_of_each_half_hour(feed):
    turn = datetime(2026, 9, 30, 23, tzinfo=UTC)  # midnight in the UK

    slots = OctopusProduct().fetch(LONG, turn - timedelta(hours=1), turn + timedelta(hours=1)).slots

    assert [slot.price_p_per_kwh for slot in slots] == [Decimal("26.25")] * 2 + [25] * 2
    assert {slot.price_ex_vat_p_per_kwh for slot in slots} == {25}


def test_the_vat_table_can_be_edited(feed):
    slots = OctopusProduct().fetch({**LONG, "vat": "2020-01-01 20"}, NOW, NOW + timedelta(hours=1)).slots

    assert {slot.price_p_per_kwh for slot in slots} == {30}


def test_a_night_product_has_direct_debit_prices_in_half_hours_and_no_gap(feed):
    slots = OctopusProduct().fetch(NIGHT, NOW, NOW + timedelta(days=1)).slots

    assert all(low.ends_at == high.starts_at for low, high in pairwise(slots))
    assert {slot.price_p_per_kwh for slot in slots} == {Decimal("8.1"), Decimal("28.3")}
    cheap = [slot.starts_at for slot in slots if slot.price_p_per_kwh < 10]
    assert (cheap[0], len(cheap)) == (datetime(2026, 10, 24, 23, 30, tzinfo=UTC), 12)  # the long night


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"product": ""}, "product"),
        ({"product": "go/../secret"}, "product"),
        ({"region": "I"}, "region"),
        ({"vat": "soon 5"}, "vat"),
        ({"vat": "2026-01-01 NaN"}, "vat"),
        ({"vat": "2026-01-01 101"}, "vat"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(changes, field):
    assert set(OctopusProduct("http://127.0.0.1:9").validate({**LONG, **changes})) == {field}


def test_a_product_that_is_not_known_needs_a_person(feed):
    with pytest.raises(ConfigError, match="does not know this product"):
        OctopusProduct().fetch({**LONG, "product": "GONE-20-01-01"}, NOW, NOW + timedelta(hours=1))


def test_vat_begins_with_the_uk_day():
    rates = vat.rates_of(vat.DEFAULT_TABLE)

    assert vat.with_vat(Decimal(100), datetime(2026, 9, 30, 22, 59, tzinfo=UTC), rates) == 105
    assert vat.with_vat(Decimal(100), datetime(2026, 9, 30, 23, tzinfo=UTC), rates) == 100
    assert vat.with_vat(Decimal(100), datetime(2027, 3, 31, 23, tzinfo=UTC), rates) == 105


@pytest.mark.django_db
def test_the_standing_charge_is_kept_from_the_day_it_was_told(feed, settings):
    settings.TIME_ZONE = "Europe/London"
    tariff = choose_tariff(kind="octopus_product", config=LONG, name="Flexible", actor="keeper", now=NOW)
    refresh_prices(tariff, now=NOW)

    assert standing_charges(NOW - timedelta(days=9), NOW) == Decimal("45.57")
    assert standing_charges(NOW, NOW + timedelta(days=2)) == 3 * Decimal("45.57")
    assert standing_charges(NOW - timedelta(days=9), NOW - timedelta(days=8)) is None

    flat = choose_tariff(
        kind="flat",
        config={"price_p_per_kwh": "20", "standing_charge_p_per_day": "10"},
        name="Flat",
        actor="keeper",
        now=NOW + timedelta(days=2),
    )
    refresh_prices(flat, now=NOW + timedelta(days=2))

    assert standing_charges(NOW, NOW + timedelta(days=2)) == 2 * Decimal("45.57") + 10


@pytest.mark.django_db
def test_days_that_are_over_keep_their_standing_charge(settings):
    settings.TIME_ZONE = "Europe/London"
    tariff = choose_tariff(kind="flat", config={"price_p_per_kwh": "20"}, name="Flat", actor="keeper", now=NOW)
    note_standing_charge(tariff, Decimal(40), now=NOW)
    note_standing_charge(tariff, Decimal(50), now=NOW + timedelta(days=1))
    note_standing_charge(tariff, Decimal(60), now=NOW + timedelta(days=1, hours=1))

    rows = dict(StandingCharge.objects.values_list("from_day", "p_per_day"))
    assert rows == {date(2026, 10, 24): 40, date(2026, 10, 25): 60}


@pytest.mark.django_db
def test_prices_are_kept_where_the_standing_charge_is_not_to_be_had(feed, monkeypatch):
    feed.product = "AGILE-24-10-01"
    tariff = choose_tariff(kind="octopus_agile", config={"region": "J"}, name="Agile", actor="keeper", now=NOW)
    told = feed._standing_charges
    feed._standing_charges = lambda product, code: told("GONE", code)

    assert refresh_prices(tariff, now=NOW).added > 48
    assert not StandingCharge.objects.exists()
