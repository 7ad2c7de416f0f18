"""Any other product of Octopus Energy: few records a day, or one that holds for months."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar

from energy.tariffs import vat
from energy.tariffs.base import ConfigError, FetchResult, Setting, Slot
from energy.tariffs.octopus_agile.tariff import REGION, OctopusAgile
from energy.tariffs.static_prices.wire import HALF_HOUR, floor

PRODUCT_CODE = re.compile(r"[A-Z0-9][A-Z0-9-]{1,58}[A-Z0-9]")
LONG_RECORD = timedelta(days=1)  # what lasts longer is published with the VAT of today
PRODUCT = Setting("product", "Product code", "As on the supplier's page of the tariff, such as GO-VAR-22-10-14.")
VAT = Setting(
    "vat",
    "VAT by date",
    "For prices that hold longer than a day. One a line: the first day and the percentage.",
    required=False,
    is_long=True,
    initial=vat.DEFAULT_TABLE,
)


class OctopusProduct(OctopusAgile):
    """Go, Cosy, Flux, Tracker, fixed and flexible tariffs, by their product code."""

    kind: ClassVar[str] = "octopus_product"
    label: ClassVar[str] = "Another Octopus tariff"
    settings: ClassVar[tuple[Setting, ...]] = (PRODUCT, REGION, VAT)
    finds: ClassVar[tuple[str, ...]] = ()

    def validate(self, config: Mapping[str, Any]) -> dict[str, str]:
        wrong = super().validate(config)
        if not PRODUCT_CODE.fullmatch(str(config.get("product", ""))):
            wrong["product"] = (
                "Write the product's code in capitals, such as GO-VAR-22-10-14, without E-1R and region."
            )
        try:
            vat.rates_of(str(config.get("vat") or vat.DEFAULT_TABLE))
        except vat.VatError as error:
            wrong["vat"] = str(error)
        return wrong

    def fetch(self, config: Mapping[str, Any], start: datetime, end: datetime) -> FetchResult:
        """Return half hours, cut where a record ends. Raise ConfigError for a product that is not known."""
        wrong = self.validate(config)
        if wrong:
            raise ConfigError(" ".join(wrong.values()))
        product, region = str(config["product"]), str(config["region"])
        records = self.rates(product, region, start, end)
        rates = vat.rates_of(str(config.get("vat") or vat.DEFAULT_TABLE))
        return FetchResult(
            slots=tuple(half_hours(records, start, end, rates)),
            config=config,
            standing_charge_p_per_day=self.standing_charge(product, region, end, rates),
        )


def half_hours(
    records: Iterable[Slot], start: datetime, end: datetime, rates: list[tuple[date, Decimal]]
) -> Iterator[Slot]:
    """Cut records into the half hours that touch [start, end); a long one gets the VAT of each."""
    for record in records:
        is_long = record.ends_at - record.starts_at > LONG_RECORD
        low = max(record.starts_at, floor(start))
        while low < min(record.ends_at, end):
            high = min(floor(low) + HALF_HOUR, record.ends_at)
            without, price = record.price_ex_vat_p_per_kwh, record.price_p_per_kwh
            if is_long and without is not None:
                price = vat.with_vat(without, low, rates)
            if high > start:
                yield Slot(starts_at=low, ends_at=high, price_p_per_kwh=price, price_ex_vat_p_per_kwh=without)
            low = high
