"""What mining has cost: a day, week, month or year as bars by band, three numbers together, and by miner."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Q, Sum
from django.urls import reverse

from energy.earnings import valuer_of
from energy.models import MINER_NAME, LedgerEntry
from energy.outlook import outlook
from energy.services.standing import standing_charges
from energy.services.summing import CostSummary, summary
from energy.spans import MONTH, SPANS, Bucket, LocalSpan, span_of
from energy.usage import SlotTotal, slot_totals
from hmm.look.charts import pct
from hmm.look.cost_chart import CostBar, cost_bars


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """A stretch of time with its three numbers that belong together, and the cost. Widths are of gauges.

    Before anything was counted the figures are unknown, not zero.
    """

    label: str
    start: datetime
    summary: CostSummary
    cost_p: Decimal | None
    energy_kwh: Decimal | None
    always_on_p: Decimal | None  # what running all the time would have cost, at the power of the running hours
    hashing_s: int | None
    possible_s: int | None
    work_th: float | None
    lost_percent: float | None
    paid_width: str
    ran_width: str
    work_width: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CostRow:
    """One bar as a row of the table."""

    label: str
    cost_p: float | None
    always_on_p: float | None
    energy_kwh: Decimal
    hashing_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MinerCost:
    """What one miner cost, with what it did not do."""

    name: str
    url: str
    cost_p: Decimal | None
    energy_kwh: Decimal | None
    paid_p_per_kwh: Decimal | None
    hashing_s: int
    work_th: float
    lost_th: float | None


def costs_context(now: datetime, query: Any) -> dict[str, Any]:
    """Return the costs of the span a query asks for, the month of now by default."""
    span = span_asked(now, query)
    end = min(span.end, max(now, span.start))
    slots = slot_totals(span.start, end, by_coin=True)
    rate = power_rate(slots)
    bars = [bar_of(bucket, slots, rate, now) for bucket in span.buckets]
    return {
        "span": span,
        "span_links": [{"label": label, "kind": kind, "chosen": kind == span.kind} for kind, label in SPANS],
        "cost": costs(span.label, span.start, end, slots, rate),
        "cost_chart": cost_bars(bars, band_count=band_count(slots)),
        "cost_rows": [row for row in map(row_of, span.buckets, bars, [slots] * len(bars)) if row is not None],
        "cost_bands": sorted({slot.band_position for slot in slots if slot.band_position}),
        "band_count": band_count(slots),
        "by_miner": by_miner(span.start, end),
        "expected": valuer_of(slots, span.start, end).expected(slots),
        "standing_p": standing_charges(span.start, end),
    }


def span_asked(now: datetime, query: Any) -> LocalSpan:
    """Read `span` and `back` of a query; nonsense is the month of now."""
    kind, back = str(query.get("span", MONTH)), str(query.get("back", "0"))
    return span_of(kind, int(back) if back.isascii() and back.isdecimal() and len(back) < 5 else 0, now)


def band_count(slots: Sequence[SlotTotal]) -> int:
    """Return how many bands there are, or were: the colours go by place."""
    return max([len(outlook.bands()), *(slot.band_position or 0 for slot in slots)], default=0)


def power_rate(slots: Sequence[SlotTotal]) -> Decimal | None:
    """Return the kWh of one miner hashing for a second, on average; None before any hashed."""
    hashing = sum(slot.hashing_s for slot in slots)
    return sum((slot.energy_kwh for slot in slots), Decimal(0)) / hashing if hashing else None


def always_on_p(slots: Sequence[SlotTotal], rate: Decimal | None) -> Decimal | None:
    """Return what the slots would have cost had every miner run through them."""
    priced = [slot for slot in slots if slot.price_p_per_kwh is not None]
    if rate is None or not priced:
        return None
    return sum((slot.price_p_per_kwh * slot.possible_s * rate for slot in priced if slot.price_p_per_kwh), Decimal(0))


def inside(bucket: Bucket, slots: Sequence[SlotTotal]) -> list[SlotTotal]:
    return [slot for slot in slots if bucket.start <= slot.starts_at < bucket.end]


def bar_of(bucket: Bucket, slots: Sequence[SlotTotal], rate: Decimal | None, now: datetime) -> CostBar:
    found = inside(bucket, slots)
    by_band: dict[int | None, float] = {}
    for slot in found:
        by_band[slot.band_position] = by_band.get(slot.band_position, 0.0) + float(slot.cost_p)
    reference = always_on_p(found, rate)
    return CostBar(
        label=bucket.label,
        tick=bucket.tick,
        by_band=by_band,
        reference_p=float(reference) if reference is not None else None,
        is_known=bool(found) or bucket.start > now,
        is_now=bucket.start <= now < bucket.end,
    )


def row_of(bucket: Bucket, bar: CostBar, slots: Sequence[SlotTotal]) -> CostRow | None:
    found = inside(bucket, slots)
    if not found:
        return None
    return CostRow(
        label=bucket.label,
        cost_p=bar.total_p,
        always_on_p=bar.reference_p,
        energy_kwh=sum((slot.energy_kwh for slot in found), Decimal(0)),
        hashing_s=sum(slot.hashing_s for slot in found),
    )


def costs(label: str, start: datetime, end: datetime, slots: Sequence[SlotTotal], rate: Decimal | None) -> Costs:
    found = summary(start, end)
    done, lost, is_counted = found.work_th, found.lost_th or 0.0, found.possible_s > 0
    return Costs(
        label=label,
        start=start,
        summary=found,
        cost_p=found.cost_p if is_counted else None,
        energy_kwh=found.energy_kwh if is_counted else None,
        always_on_p=always_on_p(slots, rate),
        hashing_s=found.hashing_s if is_counted else None,
        possible_s=found.possible_s or None,
        work_th=done if is_counted else None,
        lost_percent=lost / (done + lost) * 100 if done + lost else None,
        paid_width=share(found.paid_p_per_kwh, found.always_on_p_per_kwh),
        ran_width=share(found.hashing_s, found.possible_s),
        work_width=share(done, done + lost),
    )


def share(part: Decimal | float | None, whole: Decimal | float | None) -> str:
    """Return a part of a whole as the width of a gauge."""
    if part is None or not whole:
        return "0%"
    return pct(min(100.0, max(0.0, float(part) / float(whole) * 100)))


def by_miner(start: datetime, end: datetime) -> list[MinerCost]:
    """Return each miner's costs, the dearest first; one query."""
    rows = (
        LedgerEntry.objects.filter(starts_at__gte=start, starts_at__lt=end)
        .order_by()
        .annotate(name=MINER_NAME)
        .values("miner_id", "name")
        .annotate(
            cost=Sum("cost_p"),
            energy=Sum("energy_kwh"),
            priced=Sum("energy_kwh", filter=Q(cost_p__isnull=False)),
            hashing=Sum("hashing_s"),
            known=Sum("known_s"),
            unknown=Sum("unknown_s"),
            work=Sum("work_th"),
        )
    )
    found = [miner_cost(row) for row in rows]
    return sorted(found, key=lambda cost: (cost.cost_p is None, -(cost.cost_p or Decimal(0)), cost.name))


def miner_cost(row: Mapping[str, Any]) -> MinerCost:
    hashing, work = row["hashing"] or 0, row["work"] or 0.0
    possible = (row["known"] or 0) + (row["unknown"] or 0)
    is_known = bool(row["energy"]) or not hashing  # what worked and used nothing has no watts to count
    return MinerCost(
        name=row["name"],
        url=reverse("miner", args=[row["miner_id"]]) if row["miner_id"] else "",
        cost_p=row["cost"] if is_known else None,
        energy_kwh=(row["energy"] or Decimal(0)) if is_known else None,
        paid_p_per_kwh=row["cost"] / row["priced"] if row["priced"] else None,
        hashing_s=hashing,
        work_th=work,
        lost_th=work / hashing * max(0, possible - hashing) if hashing else None,
    )
