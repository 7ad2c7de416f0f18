"""What the strategy did over a week, a month or a year: bands, coins, work, efficiency, and each change of band."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.urls import reverse

from energy.cost_pages import always_on_p, band_count, bar_of, by_miner, costs, power_rate, span_asked
from energy.earnings import Expected, Valuer, valuer_of
from energy.spans import MONTH, SPANS, Bucket, LocalSpan
from energy.usage import BandUse, SlotTotal, slot_totals, summed
from hmm.audit.models import AuditEntry
from hmm.look.charts import Box, pct
from hmm.look.cost_chart import CostBar, CostChart, cost_bars
from hmm.look.formats import SCALES, work
from strategy import core
from strategy.services.in_force import bands_in_force
from strategy.words import target_words

TRANSITIONS_SHOWN = 60
JOULES_PER_KWH = 3_600_000
TRANSITION = "strategy.transition"


@dataclass(frozen=True, slots=True, kw_only=True)
class BandLine:
    """One band's place over the span. `range_words` are those of now; limits may have been others."""

    position: int | None
    range_words: str
    use: BandUse
    expected: Expected
    share: str  # of the time, as a width
    box: Box | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CoinLine:
    """What was mined under one target."""

    label: str
    use: BandUse
    expected: Expected


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodLine:
    """One day or month with each band's part of it."""

    label: str
    use: BandUse
    always_on_p: Decimal | None
    expected: Expected
    bands: tuple[tuple[int, BandUse], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rank:
    """One miner's efficiency over the span."""

    place: int
    name: str
    url: str
    j_per_th: float | None
    p_per_ph: float | None
    work_th: float
    width: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """One change of what is in force."""

    at: datetime
    old: int | None
    new: int | None
    old_target: str
    new_target: str
    reason: str
    pk: int


def analytics_context(now: datetime, query: Mapping[str, Any]) -> dict[str, Any]:
    """Return everything the page shows; the number of queries does not grow with miners."""
    span = span_asked(now, query)
    end = min(span.end, max(now, span.start))
    slots = slot_totals(span.start, end, by_coin=True)
    valuer = valuer_of(slots, span.start, end)
    rate, bands = power_rate(slots), bands_in_force().bands
    count = max(band_count(slots), len(bands))
    bars = [bar_of(bucket, slots, rate, now) for bucket in span.buckets]
    changes = transitions(span.start, end)
    done, unit = work_chart(span, slots, now, count)
    return {
        "span": span,
        "span_links": [{"label": label, "kind": kind, "chosen": kind == span.kind} for kind, label in SPANS],
        "is_month": span.kind == MONTH,
        "cost": costs(span.label, span.start, end, slots, rate),
        "cost_chart": cost_bars(bars, band_count=count),
        "work_chart": done,
        "work_unit": unit,
        "band_count": count,
        "band_lines": band_lines(slots, bands, valuer),
        "coin_lines": coin_lines(slots, valuer),
        "period_lines": period_lines(span, slots, rate, valuer),
        "expected": valuer.expected(slots),
        "ranking": ranking(span.start, end),
        "transitions": changes[:TRANSITIONS_SHOWN],
        "transition_count": len(changes),
        "shown_most": TRANSITIONS_SHOWN,
    }


def band_lines(slots: Sequence[SlotTotal], bands: Sequence[core.Band], valuer: Valuer) -> list[BandLine]:
    """Return each band, cheap to dear, then what ran outside the strategy."""
    uses = summed(slots, lambda slot: slot.band_position)
    earned = {place: valuer.expected(slot for slot in slots if slot.band_position == place) for place in uses}
    words = {band.position: band.range_words for band in bands}
    times = {position: use.time for position, use in uses.items() if position is not None}
    total, left, lines = sum(times.values(), timedelta()), 0.0, []
    for position in sorted(times):
        part = times[position] / total * 100 if total else 0.0
        lines.append(
            BandLine(
                position=position,
                range_words=words.get(position, "no longer there"),
                use=uses[position],
                expected=earned[position],
                share=f"{part:.0f} %",
                box=Box(pct(left), pct(max(part - 0.3, 0.2))),
            )
        )
        left += part
    if None in uses:
        outside = BandLine(
            position=None,
            range_words="outside the strategy",
            use=uses[None],
            expected=earned[None],
            share="",
            box=None,
        )
        lines.append(outside)
    return lines


def coin_lines(slots: Sequence[SlotTotal], valuer: Valuer) -> list[CoinLine]:
    """Return what was mined, most work first; slots in which nothing was wanted to run are one line."""
    uses = summed((slot for slot in slots if slot.hashing_s), lambda slot: slot.coin)
    lines = [
        CoinLine(
            label=target_words(coin) if coin else "no coin named",
            use=use,
            expected=valuer.expected(slot for slot in slots if slot.coin == coin),
        )
        for coin, use in uses.items()
    ]
    return sorted(lines, key=lambda line: -line.use.work_th)


def period_lines(
    span: LocalSpan, slots: Sequence[SlotTotal], rate: Decimal | None, valuer: Valuer
) -> list[PeriodLine]:
    """Return the days or months that were counted, the newest first."""
    lines = []
    for bucket in reversed(span.buckets):
        found = [slot for slot in slots if bucket.start <= slot.starts_at < bucket.end]
        if not found:
            continue
        by_band = summed((slot for slot in found if slot.band_position), lambda slot: slot.band_position or 0)
        lines.append(
            PeriodLine(
                label=bucket.label,
                use=summed(found, lambda _slot: "")[""],
                always_on_p=always_on_p(found, rate),
                expected=valuer.expected(found),
                bands=tuple(sorted(by_band.items())),
            )
        )
    return lines


def work_chart(span: LocalSpan, slots: Sequence[SlotTotal], now: datetime, count: int) -> tuple[CostChart, str]:
    """Return the work done as bars by band, and the unit that keeps the axis readable."""
    totals = [sum(slot.work_th for slot in inside(bucket, slots)) for bucket in span.buckets]
    highest = max(totals, default=0.0)
    prefix, factor = next(((name, size) for name, size in SCALES if highest >= 2 * size), SCALES[-1])
    bars = [work_bar(bucket, inside(bucket, slots), factor, now) for bucket in span.buckets]
    chart = cost_bars(bars, band_count=count, what="Work", say=lambda amount: work(amount * factor), axis=str)
    return chart, f"{prefix}H"


def inside(bucket: Bucket, slots: Sequence[SlotTotal]) -> list[SlotTotal]:
    return [slot for slot in slots if bucket.start <= slot.starts_at < bucket.end]


def work_bar(bucket: Bucket, slots: Sequence[SlotTotal], factor: float, now: datetime) -> CostBar:
    by_band: dict[int | None, float] = {}
    for slot in slots:
        by_band[slot.band_position] = by_band.get(slot.band_position, 0.0) + slot.work_th / factor
    return CostBar(
        label=bucket.label,
        tick=bucket.tick,
        by_band=by_band,
        reference_p=None,
        is_known=bool(slots) or bucket.start > now,
        is_now=bucket.start <= now < bucket.end,
    )


def ranking(start: datetime, end: datetime) -> list[Rank]:
    """Return miners by joules per terahash, the most efficient first; those that did nothing come last."""
    figures = []
    for row in by_miner(start, end):
        j_per_th = float(row.energy_kwh) * JOULES_PER_KWH / row.work_th if row.work_th and row.energy_kwh else None
        p_per_ph = float(row.cost_p) / row.work_th * 1000 if row.work_th and row.cost_p is not None else None
        figures.append((j_per_th, p_per_ph, row))
    figures.sort(key=lambda item: (item[0] is None, item[0] or 0.0, item[2].name))
    worst = max((item[0] for item in figures if item[0] is not None), default=1.0)
    return [
        Rank(
            place=place,
            name=row.name,
            url=row.url,
            j_per_th=j_per_th,
            p_per_ph=p_per_ph,
            work_th=row.work_th,
            width=pct(j_per_th / worst * 100) if j_per_th is not None else "0%",
        )
        for place, (j_per_th, p_per_ph, row) in enumerate(figures, 1)
    ]


def transitions(start: datetime, end: datetime) -> list[Transition]:
    """Return each change of band in [start, end], the newest first."""
    rows = AuditEntry.objects.filter(action=TRANSITION, created_at__gte=start, created_at__lte=end)
    values = rows.order_by("-created_at", "-pk").values_list("pk", "created_at", "before", "after", "reason")
    return [
        Transition(
            at=at,
            old=band_in(before),
            new=band_in(after),
            old_target=target_in(before),
            new_target=target_in(after),
            reason=reason,
            pk=pk,
        )
        for pk, at, before, after, reason in values
    ]


def band_in(value: Any) -> int | None:
    band = value.get("band") if isinstance(value, dict) else None
    return band if isinstance(band, int) else None


def target_in(value: Any) -> str:
    target = value.get("target") if isinstance(value, dict) else None
    return target_words(str(target)) if target else "–"


def pages_of(span: LocalSpan) -> dict[str, str]:
    """Return the addresses of the span before and after."""
    address = reverse("analytics")
    found = {"older": f"{address}?span={span.kind}&back={span.back + 1}"}
    if span.back:
        found["newer"] = f"{address}?span={span.kind}&back={span.back - 1}"
    return found
