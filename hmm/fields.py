"""Exact money and energy: whole numbers in the database, decimals in Python.

SQLite adds decimals as floating point. Integers add exactly on both databases, so the parts of a
ledger always make its total.
"""

from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models

INTEGER_MAX = 2**63 - 1
DIGITS_MAX = 18


class ScaledIntegerField(models.BigIntegerField[Any, Any]):
    """A Decimal kept as a whole number of its smallest part. Subclasses name the part."""

    _pyi_private_set_type: Any  # how the type stubs name what may be assigned
    _pyi_private_get_type: Any
    places: ClassVar[int]
    unit: ClassVar[str]

    def to_python(self, value: Any) -> Decimal | None:
        """Return the value; refuse what is no finite number or too large to be kept."""
        if value is None or value == "":
            return None
        try:
            number = Decimal(str(value))
        except InvalidOperation as error:
            raise ValidationError(f"{value!r} is no number.", code="invalid") from error
        self.to_integer(number)
        return number

    def to_integer(self, number: Decimal) -> int:
        """Return the stored whole number, rounded half to even at the smallest part."""
        if not number.is_finite():
            raise ValidationError(f"{number} is no number {self.unit} can hold.", code="invalid")
        if not number:
            return 0
        too_large = number.adjusted() > DIGITS_MAX  # asked first: 1e999999 as a whole number would take for ever
        scaled = 0 if too_large else int(number.scaleb(self.places).to_integral_value(ROUND_HALF_EVEN))
        if too_large or abs(scaled) > INTEGER_MAX:
            raise ValidationError(f"{number} is too large for {self.unit}.", code="invalid")
        return scaled

    def get_prep_value(self, value: Any) -> Any:
        if value is None or hasattr(value, "resolve_expression"):
            return value
        number = self.to_python(value)
        return None if number is None else self.to_integer(number)

    def from_db_value(self, value: int | None, *_details: Any) -> Decimal | None:
        return None if value is None else Decimal(int(value)).scaleb(-self.places)

    def formfield(self, *_arguments: Any, **options: Any) -> Any:
        return models.DecimalField(
            max_digits=19, decimal_places=self.places, verbose_name=self.verbose_name
        ).formfield(**options)

    @property
    def validators(self) -> list[Any]:
        return []


class MicroPenceField(ScaledIntegerField):
    """A price in p/kWh, kept as whole micro-pence."""

    places = 6
    unit = "a price in p/kWh"


class NanoPenceField(ScaledIntegerField):
    """An amount in pence, kept as whole nano-pence."""

    places = 9
    unit = "an amount in pence"


class MilliwattHourField(ScaledIntegerField):
    """Energy in kWh, kept as whole milliwatt-hours."""

    places = 6
    unit = "energy in kWh"
