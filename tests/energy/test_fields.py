"""Exact money: what goes in comes out, adds up, compares, and nonsense is refused."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db.models import Max, Sum
from hypothesis import given
from hypothesis import strategies as st

from energy.models import SettlementPeriod, Tariff
from hmm.fields import INTEGER_MAX, MicroPenceField, NanoPenceField

START = datetime(2026, 1, 1, tzinfo=UTC)


@given(st.integers(-INTEGER_MAX, INTEGER_MAX))
def test_every_whole_number_of_the_smallest_part_survives(integer):
    field = NanoPenceField()

    assert field.get_prep_value(field.from_db_value(integer)) == integer


@pytest.mark.parametrize(
    "value", ["NaN", "sNaN", "Infinity", "-Infinity", "1e40", "9223372036855", "1e999999", "abc"]
)
def test_what_cannot_be_kept_is_refused_with_a_sentence(value):
    with pytest.raises(ValidationError, match=r"is no number|too large"):
        MicroPenceField().get_prep_value(value)


@pytest.mark.parametrize("value", ["0", "-0", "0e999999", "1e-999999"])
def test_nothing_is_zero_however_it_is_written(value):
    assert MicroPenceField().get_prep_value(value) == 0


@pytest.mark.django_db
class TestInTheDatabase:
    def prices(self, *values):
        tariff = Tariff.objects.create(kind="csv", name="Imported")
        SettlementPeriod.objects.bulk_create(
            SettlementPeriod(
                tariff=tariff,
                starts_at=START + place * timedelta(minutes=30),
                ends_at=START + (place + 1) * timedelta(minutes=30),
                price_p_per_kwh=Decimal(value),
                fetched_at=START,
            )
            for place, value in enumerate(values)
        )

    def test_sums_are_exact(self):
        self.prices(*["0.1"] * 30, "-19.940001", "123456789.000001")

        total = SettlementPeriod.objects.aggregate(total=Sum("price_p_per_kwh"))["total"]

        assert total == Decimal("123456772.06")
        assert isinstance(total, Decimal)

    def test_lookups_compare_as_numbers(self):
        self.prices("-2.5", "0", "9.99", "10", "100")

        found = SettlementPeriod.objects.filter(price_p_per_kwh__lt=Decimal(10)).values_list(
            "price_p_per_kwh", flat=True
        )

        assert list(found) == [Decimal("-2.5"), Decimal(0), Decimal("9.99")]
        assert SettlementPeriod.objects.filter(price_p_per_kwh__in=[Decimal(0), "100"]).count() == 2
        assert SettlementPeriod.objects.aggregate(most=Max("price_p_per_kwh"))["most"] == 100
