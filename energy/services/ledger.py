"""The ledger: one row for each miner and slot, and what it adds up to."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count, Sum

from energy.costs import HELD_FOR_POLLS, Sample, SlotUse, use_in_slot
from energy.models import LedgerEntry, SettlementPeriod
from energy.services.prices import periods_between
from miners.models import Miner, MinerTarget, TelemetryReading

CATCH_UP = timedelta(hours=6)  # what a ledger that stood still catches up with
HASHING = "h"
FIGURES = (
    "ends_at",
    "price_p_per_kwh",
    "energy_kwh",
    "cost_p",
    "known_s",
    "unknown_s",
    "hashing_s",
    "work_th",
    "mode",
    "band_position",
    "coin",
    "is_final",
    "miner_label",
)


def update_ledger(*, now: datetime) -> int:
    """Bring the ledger up to now and return how many rows were written.

    Slots that are over and counted are never touched again, whatever happens to the tariff.
    """
    miners = list(Miner.objects.select_related("target"))
    start = first_open(now)
    periods = periods_between(start, now)
    if not miners or not periods:
        return 0
    final = set(
        LedgerEntry.objects.filter(starts_at__gte=start - timedelta(hours=1), is_final=True).values_list(
            "miner_id", "starts_at"
        )
    )
    samples = samples_of(miners, periods[0].starts_at, now)
    rows = [
        row_of(miner, period, samples[miner.pk], now=now)
        for miner in miners
        for period in periods
        if (miner.pk, period.starts_at) not in final and period.ends_at > miner.created_at
    ]
    LedgerEntry.objects.bulk_create(
        rows, batch_size=500, update_conflicts=True, unique_fields=["miner", "starts_at"], update_fields=list(FIGURES)
    )
    return len(rows)


def first_open(now: datetime) -> datetime:
    """Return where counting goes on: the oldest slot that is not final, not further back than the catch-up."""
    oldest = now - CATCH_UP
    newest_final = (
        LedgerEntry.objects.filter(is_final=True, starts_at__gte=oldest)
        .order_by("-ends_at")
        .values_list("ends_at", flat=True)
        .first()
    )
    return max(oldest, newest_final) if newest_final is not None else oldest


def samples_of(miners: Sequence[Miner], start: datetime, now: datetime) -> Mapping[int, list[Sample]]:
    """Return each miner's readings since a little before `start`; typed-in watts stand in where it tells none."""
    longest = timedelta(seconds=HELD_FOR_POLLS * max(miner.poll_interval_s for miner in miners))
    typed = {miner.pk: float(miner.typed_power_w) for miner in miners if miner.typed_power_w is not None}
    found: dict[int, list[Sample]] = defaultdict(list)
    rows = TelemetryReading.objects.filter(taken_at__gte=start - longest, taken_at__lte=now).order_by("taken_at")
    for pk, at, power, work, state, mode in rows.values_list(
        "miner_id", "taken_at", "power_w", "hashrate_ths", "state", "mode"
    ):
        watts = power if power is not None else typed.get(pk)
        found[pk].append(Sample(at, watts, work, state == HASHING, mode or ""))
    return found


def row_of(miner: Miner, period: SettlementPeriod, samples: Sequence[Sample], *, now: datetime) -> LedgerEntry:
    use = use_in_slot(
        samples,
        period.starts_at,
        period.ends_at,
        price_p_per_kwh=period.price_p_per_kwh,
        interval_s=miner.poll_interval_s,
        until=now,
    )
    target: MinerTarget | None = getattr(miner, "target", None)
    settled = timedelta(seconds=HELD_FOR_POLLS * miner.poll_interval_s)
    return entry(miner, use, period.price_p_per_kwh, target, is_final=now >= period.ends_at + settled)


def entry(
    miner: Miner, use: SlotUse, price: Decimal | None, target: MinerTarget | None, *, is_final: bool
) -> LedgerEntry:
    return LedgerEntry(
        miner=miner,
        miner_label=miner.name,
        starts_at=use.starts_at,
        ends_at=use.ends_at,
        price_p_per_kwh=price,
        energy_kwh=use.energy_kwh,
        cost_p=use.cost_p,
        known_s=use.known_s,
        unknown_s=use.unknown_s,
        hashing_s=use.hashing_s,
        work_th=use.work_th,
        mode=use.mode,
        band_position=target.band_position if target is not None else None,
        coin=(target.pool_label if target is not None else "")[:12],
        is_final=is_final,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CostSummary:
    """What a stretch of time cost, with the three numbers that belong together."""

    energy_kwh: Decimal
    cost_p: Decimal
    paid_p_per_kwh: Decimal | None
    always_on_p_per_kwh: Decimal | None
    hashing_s: int
    possible_s: int
    work_th: float
    lost_th: float | None
    unknown_s: int

    @property
    def ran_percent(self) -> float | None:
        return self.hashing_s / self.possible_s * 100 if self.possible_s else None


def summary(start: datetime, end: datetime, *, miner: Miner | None = None) -> CostSummary:
    """Return what [start, end) cost. Work lost is what the idle hours would have done at the pace of the others."""
    rows = LedgerEntry.objects.filter(starts_at__gte=start, starts_at__lt=end)
    if miner is not None:
        rows = rows.filter(miner=miner)
    sums: dict[str, Any] = rows.aggregate(
        energy=Sum("energy_kwh"),
        cost=Sum("cost_p"),
        hashing=Sum("hashing_s"),
        known=Sum("known_s"),
        unknown=Sum("unknown_s"),
        work=Sum("work_th"),
    )
    energy, cost = sums["energy"] or Decimal(0), sums["cost"] or Decimal(0)
    prices = SettlementPeriod.objects.active().filter(starts_at__gte=start, starts_at__lt=end)
    asked = prices.aggregate(total=Sum("price_p_per_kwh"), count=Count("pk"))
    hashing, possible = sums["hashing"] or 0, (sums["known"] or 0) + (sums["unknown"] or 0)
    work = sums["work"] or 0.0
    return CostSummary(
        energy_kwh=energy,
        cost_p=cost,
        paid_p_per_kwh=(cost / energy).quantize(Decimal("0.01")) if energy else None,
        always_on_p_per_kwh=(asked["total"] / asked["count"]).quantize(Decimal("0.01")) if asked["count"] else None,
        hashing_s=hashing,
        possible_s=possible,
        work_th=work,
        lost_th=work / hashing * (possible - hashing) if hashing else None,
        unknown_s=sums["unknown"] or 0,
    )


def local_day(now: datetime, *, days_ago: int = 0) -> tuple[datetime, datetime]:
    """Return the start and end of a day on the household's clock; it has 23, 24 or 25 hours."""
    zone = ZoneInfo(settings.TIME_ZONE)
    day = now.astimezone(zone).date() - timedelta(days=days_ago)
    start = datetime(day.year, day.month, day.day, tzinfo=zone)
    following = day + timedelta(days=1)
    return start, datetime(following.year, following.month, following.day, tzinfo=zone)


def cost_today(now: datetime) -> CostSummary:
    start, end = local_day(now)
    return summary(start, end)
