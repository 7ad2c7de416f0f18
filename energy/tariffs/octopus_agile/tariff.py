"""Octopus Agile: find the product, find the region, fetch the half-hourly prices."""

import json
import logging
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar
from urllib.parse import urljoin, urlsplit

import requests
from django.conf import settings

from energy.tariffs import vat
from energy.tariffs.base import ConfigError, DataError, FetchResult, Setting, TariffError, TemporaryError
from energy.tariffs.http import ask
from energy.tariffs.octopus_agile import wire
from hmm.outside import TOTAL_S, Answer

logger = logging.getLogger(__name__)

PAGE_SIZE = 1500
PAGES_MAX = 60  # 13 months are 13 pages
OPEN_END = timedelta(days=1)
REGION = Setting("region", "Region", choices=tuple((code, f"{code} · {name}") for code, name in wire.REGIONS.items()))


class OctopusAgile:
    """One price for each half hour, published a day ahead; no account needed."""

    kind: ClassVar[str] = "octopus_agile"
    label: ClassVar[str] = "Octopus Agile"
    needs_network: ClassVar[bool] = True
    settings: ClassVar[tuple[Setting, ...]] = (REGION,)
    finds: ClassVar[tuple[str, ...]] = ("product",)

    def __init__(self, base_url: str | None = None, *, total_s: float = TOTAL_S) -> None:
        self.total_s = total_s
        self.base_url = (base_url or settings.HMM_OCTOPUS_URL).rstrip("/") + "/"

    def validate(self, config: Mapping[str, Any]) -> dict[str, str]:
        if config.get("region") not in wire.REGIONS:
            return {"region": "Choose one of the fourteen regions, A to P without I and O."}
        return {}

    def fetch(self, config: Mapping[str, Any], start: datetime, end: datetime) -> FetchResult:
        """Return the slots that touch [start, end); a product that is gone is looked for again."""
        wrong = self.validate(config)
        if wrong:
            raise ConfigError(wrong["region"])
        region = str(config["region"])
        product = str(config.get("product") or "") or self.discover()
        warnings: tuple[str, ...] = ()
        try:
            slots = self.rates(product, region, start, end)
        except ConfigError:
            found = self.discover()
            if found == product:
                raise
            warnings = (f"{product} is no longer published; {found} is used.",)
            product, slots = found, self.rates(found, region, start, end)
        return FetchResult(
            slots=tuple(slots),
            config={**config, "product": product},
            warnings=warnings,
            standing_charge_p_per_day=self.standing_charge(product, region, end, vat.rates_of(vat.DEFAULT_TABLE)),
        )

    def discover(self) -> str:
        """Return the code of the Agile product on sale now."""
        address = self.address("products/", brand="OCTOPUS_ENERGY", is_variable="true")
        product = wire.newest_agile_product(self.pages(address))
        if product is None:
            raise ConfigError("The supplier lists no Agile product on sale. Choose another tariff.")
        return product

    def regions_for(self, postcode: str) -> list[str]:
        """Return the region letters of a postcode: none, one, or several on a border."""
        return wire.regions_of(self.pages(self.address("industry/grid-supply-points/", postcode=postcode)))

    def rates(self, product: str, region: str, start: datetime, end: datetime) -> list[Any]:
        path = f"products/{product}/electricity-tariffs/{wire.tariff_code(product, region)}/standard-unit-rates/"
        address = self.address(path, period_from=zulu(start), period_to=zulu(end), page_size=str(PAGE_SIZE))
        slots = wire.slots_of(self.pages(address), open_end=end + OPEN_END)
        return [slot for slot in slots if slot.ends_at > start and slot.starts_at < end]

    def standing_charge(
        self, product: str, region: str, end: datetime, rates: list[tuple[date, Decimal]]
    ) -> Decimal | None:
        """Return what a day costs now, in p/day with VAT. Prices are worth having without it, so it may be None."""
        path = f"products/{product}/electricity-tariffs/{wire.tariff_code(product, region)}/standing-charges/"
        try:
            records = wire.slots_of(self.pages(self.address(path)), open_end=end + OPEN_END)
        except TariffError:
            logger.info("The standing charge of %s is not to be had", product)
            return None
        newest = records[-1].price_ex_vat_p_per_kwh if records else None
        return None if newest is None else vat.with_vat(newest, end, rates)

    # --- the wire -----------------------------------------------------------------------------------

    def address(self, path: str, **parameters: str) -> str:
        prepared = requests.Request("GET", urljoin(self.base_url, path), params=parameters).prepare()
        return str(prepared.url)

    def pages(self, address: str) -> list[Any]:
        """Return the results of a page and of all that follow it, on the same server only."""
        rows: list[Any] = []
        following: str | None = address
        for _page in range(PAGES_MAX):
            if following is None:
                return rows
            if urlsplit(following)[:2] != urlsplit(self.base_url)[:2]:
                raise DataError("The price feed's next page is on another server.")
            results, following = wire.results_of(self.get(following))
            rows += results
        raise DataError(f"The price feed has more than {PAGES_MAX} pages.")

    def get(self, address: str) -> Any:
        answer = ask(address, total_s=self.total_s)
        if answer.status != requests.codes.ok:
            raise refusal(answer)
        try:
            return json.loads(answer.content, parse_float=Decimal)
        except ValueError as error:
            raise DataError("The price feed answered with something that is no JSON.") from error


def refusal(answer: Answer) -> TariffError:
    """Return what a status other than 200 means for us."""
    if answer.status == requests.codes.not_found:
        return ConfigError("The supplier does not know this product in this region.")
    if answer.status == requests.codes.too_many_requests or answer.status >= 500:
        wish = answer.headers.get("Retry-After", "")
        return TemporaryError(
            f"The price feed answers {answer.status}.",
            retry_after_s=float(wish) if wish.isdigit() else None,
        )
    return DataError(f"The price feed refuses the question with {answer.status}.")


def zulu(moment: datetime) -> str:
    """Return an instant as the feed wants it; a zone other than Z would be read wrongly in an address."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
