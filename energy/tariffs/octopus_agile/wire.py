"""Octopus Energy's price feed as it writes it, turned into slots. Pure.

Source: the supplier's public REST API (products, standard-unit-rates, grid-supply-points).
"""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from energy.tariffs.base import DataError, Slot

REGIONS = {
    "A": "Eastern England",
    "B": "East Midlands",
    "C": "London",
    "D": "Merseyside and Northern Wales",
    "E": "West Midlands",
    "F": "North Eastern England",
    "G": "North Western England",
    "H": "Southern England",
    "J": "South Eastern England",
    "K": "South Wales",
    "L": "South Western England",
    "M": "Yorkshire",
    "N": "Southern Scotland",
    "P": "Northern Scotland",
}
TARIFF_CODE = re.compile(r"E-(1R|2R)-(.+)-([A-HJ-NP])")
PRICE_LIMIT = Decimal(100_000)  # p/kWh; no tariff has come near, and a slip of the unit passes it
AGILE_PREFIX = "AGILE-"
PAYMENT_METHODS = ("DIRECT_DEBIT", None)  # in order of preference where a slot comes twice


def tariff_code(product: str, region: str) -> str:
    """Return the code of a product in a region, for a meter with one register."""
    return f"E-1R-{product}-{region}"


def split_tariff_code(code: str) -> tuple[str, str] | None:
    """Return (product, region) of a tariff code, None when it is none."""
    match = TARIFF_CODE.fullmatch(code.strip().upper())
    return (match[2], match[3]) if match else None


def results_of(page: Any) -> tuple[list[Any], str | None]:
    """Return the results of a page and the address of the next one."""
    if not isinstance(page, Mapping) or not isinstance(page.get("results"), list):
        raise DataError("The price feed answered without a list of results.")
    following = page.get("next")
    if following is not None and not isinstance(following, str):
        raise DataError("The price feed's next page is no address.")
    return page["results"], following


def newest_agile_product(products: Iterable[Any]) -> str | None:
    """Return the Agile import product on sale that became available last, None when there is none."""
    candidates = [
        (moment(item.get("available_from")), str(item["code"]))
        for item in products
        if isinstance(item, Mapping)
        and str(item.get("code", "")).startswith(AGILE_PREFIX)
        and item.get("direction") == "IMPORT"
        and item.get("brand") == "OCTOPUS_ENERGY"
        and item.get("available_to") is None
    ]
    return max(candidates)[1] if candidates else None


def regions_of(results: Iterable[Any]) -> list[str]:
    """Return the region letters of a postcode's answer; none for nonsense, several on a border."""
    letters = []
    for item in results:
        group = item.get("group_id") if isinstance(item, Mapping) else None
        letter = str(group or "").removeprefix("_")
        if letter not in REGIONS:
            raise DataError(f"The region {group!r} is none of the fourteen.")
        letters.append(letter)
    return sorted(set(letters))


def slots_of(rates: Iterable[Any], *, open_end: datetime) -> list[Slot]:
    """Return the slots of rate rows, sorted by start; an open row ends at `open_end`.

    Rows that come once for each payment method are told apart; direct debit wins.
    """
    chosen: dict[datetime, tuple[int, Slot]] = {}
    for row in rates:
        if not isinstance(row, Mapping):
            raise DataError("A rate of the price feed is no object.")
        method = row.get("payment_method")
        if method not in PAYMENT_METHODS:
            continue
        slot = slot_of(row, open_end)
        rank = PAYMENT_METHODS.index(method)
        if slot.starts_at not in chosen or rank < chosen[slot.starts_at][0]:
            chosen[slot.starts_at] = (rank, slot)
    return [slot for _rank, slot in (chosen[start] for start in sorted(chosen))]


def slot_of(row: Mapping[str, Any], open_end: datetime) -> Slot:
    start = moment(row.get("valid_from"))
    end = moment(row["valid_to"]) if row.get("valid_to") is not None else open_end
    if end <= start:
        raise DataError(f"The slot that starts at {start.isoformat()} does not end after it.")
    return Slot(
        starts_at=start,
        ends_at=end,
        price_p_per_kwh=price(row.get("value_inc_vat"), "value_inc_vat"),
        price_ex_vat_p_per_kwh=price(row.get("value_exc_vat"), "value_exc_vat"),
    )


def price(value: Any, name: str) -> Decimal:
    """Return an exact price. The page is read with decimals, so nothing passes through floating point."""
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise DataError(f"{name} is {value!r}, which is no price.")
    try:
        number = Decimal(value)
    except InvalidOperation as error:
        raise DataError(f"{name} is {value!r}, which is no price.") from error
    if not number.is_finite() or not -PRICE_LIMIT <= number <= PRICE_LIMIT:
        raise DataError(f"{name} is {value}, which is no price.")
    return number


def moment(value: Any) -> datetime:
    """Return an instant of the feed in UTC; one without a zone is refused."""
    try:
        parsed = datetime.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise DataError(f"{value!r} is no time.") from error
    if parsed.tzinfo is None:
        raise DataError(f"{value!r} has no time zone.")
    try:
        return parsed.astimezone(UTC)
    except OverflowError as error:  # the first or last day of the calendar, moved out of it
        raise DataError(f"{value!r} is no time.") from error
