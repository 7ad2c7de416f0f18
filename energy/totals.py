"""What the ledger adds up to by miner, band, coin, or local day, week, month and year; exact to the last decimal.

Every total carries its three numbers together: p/kWh paid against always on, hours run, work done and lost.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from django.db.models import Q, QuerySet, Sum

from energy.models import MINER_NAME, LedgerEntry
from energy.usage import local_date

ZERO = Decimal(0)
PLACES = Decimal("0.000001")
SPAN_MAX = timedelta(days=3700)
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """A sum of ledger rows. `key` is what they have in common; None are miners outside the strategy."""

    key: str | None
    label: str
    energy_kwh: Decimal = ZERO
    priced_kwh: Decimal = ZERO
    cost_p: Decimal = ZERO
    hashing_s: int = 0
    possible_s: int = 0
    unknown_s: int = 0
    work_th: float = 0.0
    price_seconds: Decimal = ZERO  # p/kWh times seconds that had a price
    priced_s: int = 0

    @property
    def paid_p_per_kwh(self) -> Decimal | None:
        return rounded(self.cost_p / self.priced_kwh) if self.priced_kwh else None

    @property
    def always_on_p_per_kwh(self) -> Decimal | None:
        """Return the mean price of all the time, running or not."""
        return rounded(self.price_seconds / self.priced_s) if self.priced_s else None

    @property
    def lost_th(self) -> float | None:
        """Return the work that the idle time would have done at the pace of the rest."""
        if not self.hashing_s:
            return None
        return self.work_th / self.hashing_s * max(0, self.possible_s - self.hashing_s)

    def plus(self, row: Row) -> "Total":
        seconds, price = (row["known"] or 0) + (row["unknown"] or 0), row["price_p_per_kwh"]
        return replace(
            self,
            energy_kwh=self.energy_kwh + (row["energy"] or ZERO),
            priced_kwh=self.priced_kwh + (row["priced"] or ZERO),
            cost_p=self.cost_p + (row["cost"] or ZERO),
            hashing_s=self.hashing_s + (row["hashing"] or 0),
            possible_s=self.possible_s + seconds,
            unknown_s=self.unknown_s + (row["unknown"] or 0),
            work_th=self.work_th + (row["work"] or 0.0),
            price_seconds=self.price_seconds + (ZERO if price is None else price * seconds),
            priced_s=self.priced_s + (0 if price is None else seconds),
        )


def rounded(price: Decimal) -> Decimal:
    return price.quantize(PLACES, ROUND_HALF_EVEN)


def of_miner(row: Row) -> tuple[str | None, str]:
    pk = row["miner_id"]
    return (str(pk) if pk is not None else None), row["name"]


def of_band(row: Row) -> tuple[str | None, str]:
    band = row["band_position"]
    return (None, "No band") if band is None else (str(band), f"Band {band}")


def of_coin(row: Row) -> tuple[str | None, str]:
    return (row["coin"] or None), row["coin"] or "No coin"


def of_date(form: str) -> Callable[[Row], tuple[str | None, str]]:
    def key(row: Row) -> tuple[str | None, str]:
        text = f"{local_date(row['starts_at']):{form}}"
        return text, text

    return key


BY: dict[str, tuple[tuple[str, ...], Callable[[Row], tuple[str | None, str]]]] = {
    "miner": (("miner_id", "name"), of_miner),
    "band": (("band_position",), of_band),
    "coin": (("coin",), of_coin),
    "day": (("starts_at",), of_date("%Y-%m-%d")),
    "week": (("starts_at",), of_date("%G-W%V")),
    "month": (("starts_at",), of_date("%Y-%m")),
    "year": (("starts_at",), of_date("%Y")),
}


def totals(by: str, start: datetime, end: datetime, *, miner_id: int | None = None) -> list[Total]:
    """Return the totals of [start, end) by a word of `BY`, sorted by key. One query. Raise ValueError."""
    if by not in BY:
        raise ValueError(f"Ask for totals by one of {', '.join(BY)}.")
    if end <= start or end - start > SPAN_MAX:
        raise ValueError(f"Ask for a span that ends after it starts and has at most {SPAN_MAX.days} days.")
    columns, key = BY[by]
    rows = LedgerEntry.objects.filter(starts_at__gte=start, starts_at__lt=end)
    if miner_id is not None:
        rows = rows.filter(miner=miner_id)
    return folded(grouped(rows, columns), key)


def grouped(rows: QuerySet[LedgerEntry], columns: tuple[str, ...]) -> Iterable[Row]:
    """Let the database add up what has the same price and the same columns; its sums are of integers, so exact."""
    found: Iterable[Row] = (
        rows.order_by()
        .annotate(name=MINER_NAME)
        .values(*columns, "price_p_per_kwh")
        .annotate(
            energy=Sum("energy_kwh"),
            priced=Sum("energy_kwh", filter=Q(cost_p__isnull=False)),
            cost=Sum("cost_p"),
            hashing=Sum("hashing_s"),
            known=Sum("known_s"),
            unknown=Sum("unknown_s"),
            work=Sum("work_th"),
        )
        .iterator(chunk_size=2000)
    )
    return found


def folded(rows: Iterable[Row], key: Callable[[Row], tuple[str | None, str]]) -> list[Total]:
    """Add rows up by their key; removed miners have none, and are told apart by their names."""
    found: dict[tuple[str | None, str], Total] = {}
    for row in rows:
        name, label = key(row)
        found[name, label] = found.get((name, label), Total(key=name, label=label)).plus(row)
    return [found[name] for name in sorted(found, key=in_order)]


def in_order(name: tuple[str | None, str]) -> tuple[bool, int, str]:
    """Sort numbers as numbers, words as words, and what has no key last."""
    key, label = name
    return key is None, int(key) if key is not None and key.isdecimal() else 0, key or label
