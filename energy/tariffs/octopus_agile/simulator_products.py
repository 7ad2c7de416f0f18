"""Two other products of the feed: cheap nights, and one price that holds until further notice."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

UK = ZoneInfo("Europe/London")
NIGHT_PRODUCT, LONG_PRODUCT = "GO-VAR-22-10-14", "VAR-22-11-01"
NIGHT_P, DAY_P, LONG_P = 8.1, 28.3, 25.0  # p/kWh without VAT
NIGHT_FROM, NIGHT_TO = time(0, 30), time(5, 30)  # UK clock
LONG_SINCE = "2024-10-01T00:00:00Z"
METHODS = ("DIRECT_DEBIT", "NON_DIRECT_DEBIT")
DEARER = 1.5  # p/kWh for those who pay on a bill


def other_rates(product: str, start: datetime, end: datetime) -> list[dict[str, Any]] | None:
    """Return the records that touch [start, end), newest first, None for a product that is not sold here."""
    if product == LONG_PRODUCT:
        return [
            row(LONG_SINCE, None, LONG_P + extra, method) for extra, method in zip((0, DEARER), METHODS, strict=True)
        ]
    if product != NIGHT_PRODUCT:
        return None
    found = []
    day = start.astimezone(UK).date() - timedelta(days=1)
    while day <= end.astimezone(UK).date():
        following = day + timedelta(days=1)
        edges = [clock(day, NIGHT_FROM), clock(day, NIGHT_TO), clock(following, NIGHT_FROM)]
        for low, high, price in ((edges[0], edges[1], NIGHT_P), (edges[1], edges[2], DAY_P)):
            if high > start and low < end:
                found += [row(zulu(low), zulu(high), price, method) for method in METHODS]
        day = following
    return found[::-1]


def clock(day: Any, at: time) -> datetime:
    return datetime.combine(day, at, tzinfo=UK).astimezone(UTC)


def row(start: str, end: str | None, price: float, method: str) -> dict[str, Any]:
    return {
        "value_exc_vat": price,
        "value_inc_vat": price,  # as if today had no VAT
        "valid_from": start,
        "valid_to": end,
        "payment_method": method,
    }


def zulu(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
