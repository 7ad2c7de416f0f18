"""What the ledger adds up to, slot by slot and by band, coin, day or month. A query for any number of miners."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TypeVar

from django.db.models import Count, Q, Sum

from energy.models import LedgerEntry
from hmm.look.zones import local_zone

ZERO = Decimal(0)
Key = TypeVar("Key")


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotTotal:
    """What all miners used and did in one slot under one band."""

    starts_at: datetime
    ends_at: datetime
    band_position: int | None
    coin: str
    energy_kwh: Decimal
    priced_kwh: Decimal
    cost_p: Decimal
    hashing_s: int
    possible_s: int
    work_th: float
    price_p_per_kwh: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BandUse:
    """A sum of slots. `time` is that of the clock, `hashing_s` that of all miners together."""

    time: timedelta = timedelta()
    energy_kwh: Decimal = ZERO
    priced_kwh: Decimal = ZERO
    cost_p: Decimal = ZERO
    hashing_s: int = 0
    possible_s: int = 0
    work_th: float = 0.0

    @property
    def paid_p_per_kwh(self) -> Decimal | None:
        return self.cost_p / self.priced_kwh if self.priced_kwh else None

    def plus(self, slot: SlotTotal, *, again: bool) -> "BandUse":
        """Add a slot; of one that was added already, under another coin, the clock's time counts once."""
        return replace(
            self,
            time=self.time + (timedelta() if again else slot.ends_at - slot.starts_at),
            energy_kwh=self.energy_kwh + slot.energy_kwh,
            priced_kwh=self.priced_kwh + slot.priced_kwh,
            cost_p=self.cost_p + slot.cost_p,
            hashing_s=self.hashing_s + slot.hashing_s,
            possible_s=self.possible_s + slot.possible_s,
            work_th=self.work_th + slot.work_th,
        )


def slot_totals(start: datetime, end: datetime, *, by_coin: bool = False) -> list[SlotTotal]:
    """Return the sums of each slot and band in [start, end), sorted by time. One query."""
    keys = ("starts_at", "ends_at", "band_position", "price_p_per_kwh", *(("coin",) if by_coin else ()))
    rows = (
        LedgerEntry.objects.filter(starts_at__gte=start, starts_at__lt=end)
        .order_by()
        .values(*keys)
        .annotate(
            energy=Sum("energy_kwh"),
            priced=Sum("energy_kwh", filter=Q(cost_p__isnull=False)),
            cost=Sum("cost_p"),
            hashing=Sum("hashing_s"),
            known=Sum("known_s"),
            unknown=Sum("unknown_s"),
            work=Sum("work_th"),
            miners=Count("id"),
        )
    )
    found = [
        SlotTotal(
            starts_at=row["starts_at"],
            ends_at=row["ends_at"],
            band_position=row["band_position"],
            coin=row.get("coin", ""),
            energy_kwh=row["energy"] or ZERO,
            priced_kwh=row["priced"] or ZERO,
            cost_p=row["cost"] or ZERO,
            hashing_s=row["hashing"] or 0,
            possible_s=(row["known"] or 0) + (row["unknown"] or 0),
            work_th=row["work"] or 0.0,
            price_p_per_kwh=row["price_p_per_kwh"],
        )
        for row in rows
    ]
    return sorted(found, key=lambda slot: (slot.starts_at, slot.band_position or 0))


def summed(slots: Iterable[SlotTotal], key: Callable[[SlotTotal], Key]) -> dict[Key, BandUse]:
    """Add slots up by a key of theirs."""
    found: dict[Key, BandUse] = {}
    seen: set[tuple[Key, datetime]] = set()
    for slot in slots:
        name = key(slot)
        found[name] = found.get(name, BandUse()).plus(slot, again=(name, slot.starts_at) in seen)
        seen.add((name, slot.starts_at))
    return found


def use_by_band(start: datetime, end: datetime) -> dict[int | None, BandUse]:
    """Return what each band's position used, cost and did. Miners outside the strategy stand under None."""
    return summed(slot_totals(start, end), lambda slot: slot.band_position)


def local_date(moment: datetime) -> date:
    return moment.astimezone(local_zone()).date()
