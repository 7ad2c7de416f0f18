"""What every tariff speaks: slots of time with a price, and three kinds of failure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar, Protocol


class TariffError(Exception):
    """Prices could not be had."""


class ConfigError(TariffError):
    """A person must act: the product, the region or the address is wrong."""


class TemporaryError(TariffError):
    """The source does not answer now; try again later. `retry_after_s` is its own wish, if it has one."""

    def __init__(self, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class DataError(TariffError):
    """The source answered with something that cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One price for a stretch of time, half-open; p/kWh with and without VAT."""

    starts_at: datetime
    ends_at: datetime
    price_p_per_kwh: Decimal
    price_ex_vat_p_per_kwh: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchResult:
    """What a fetch brought: slots sorted by start, and the configuration as it is to be kept."""

    slots: tuple[Slot, ...]
    config: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    standing_charge_p_per_day: Decimal | None = None  # with VAT; None: not told


@dataclass(frozen=True, slots=True)
class Setting:
    """A field of a tariff's configuration, as a form shows it. What is kept is text."""

    name: str
    label: str
    help: str = ""
    required: bool = True
    is_long: bool = False  # several lines
    choices: tuple[tuple[str, str], ...] = ()
    initial: str = ""


class TariffSource(Protocol):
    """A supplier's prices. Knows nothing of the database.

    It may also have `settings`, the fields of its form, and `finds`, the names in its configuration that it
    found by itself and may find anew.
    """

    kind: ClassVar[str]
    label: ClassVar[str]
    needs_network: ClassVar[bool]

    def validate(self, config: Mapping[str, Any]) -> dict[str, str]:
        """Return a sentence for each field of the configuration that is wrong."""
        ...

    def fetch(self, config: Mapping[str, Any], start: datetime, end: datetime) -> FetchResult:
        """Return the slots that touch [start, end). Raise a TariffError."""
        ...
