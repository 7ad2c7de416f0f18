"""What a stretch of the ledger adds up to, with the three numbers that belong together."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import BigIntegerField, ExpressionWrapper, F, Q, Sum

from energy.models import LedgerEntry
from miners.models import Miner

PENNY_PART = Decimal("0.01")
COUNTED_S = F("known_s") + F("unknown_s")
MICRO_PENCE_SECONDS = ExpressionWrapper(F("price_p_per_kwh") * COUNTED_S, output_field=BigIntegerField())


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
    """Return what [start, end) cost. Work lost is what the idle hours would have done at the pace of the others.

    Always on is the mean of the prices in the ledger: those of the tariff then in force, whatever was chosen since.
    """
    rows = LedgerEntry.objects.filter(starts_at__gte=start, starts_at__lt=end)
    if miner is not None:
        rows = rows.filter(miner=miner)
    sums: dict[str, Any] = rows.aggregate(
        energy=Sum("energy_kwh"),
        priced=Sum("energy_kwh", filter=Q(cost_p__isnull=False)),
        cost=Sum("cost_p"),
        hashing=Sum("hashing_s"),
        known=Sum("known_s"),
        unknown=Sum("unknown_s"),
        work=Sum("work_th"),
        price_seconds=Sum(MICRO_PENCE_SECONDS),
        priced_s=Sum(COUNTED_S, filter=Q(price_p_per_kwh__isnull=False)),
    )
    energy, cost = sums["energy"] or Decimal(0), sums["cost"] or Decimal(0)
    hashing, possible = sums["hashing"] or 0, (sums["known"] or 0) + (sums["unknown"] or 0)
    work = sums["work"] or 0.0
    return CostSummary(
        energy_kwh=energy,
        cost_p=cost,
        paid_p_per_kwh=(cost / sums["priced"]).quantize(PENNY_PART) if sums["priced"] else None,
        always_on_p_per_kwh=mean_price(sums["price_seconds"], sums["priced_s"]),
        hashing_s=hashing,
        possible_s=possible,
        work_th=work,
        lost_th=work / hashing * (possible - hashing) if hashing else None,
        unknown_s=sums["unknown"] or 0,
    )


def mean_price(micro_pence_seconds: int | None, seconds: int | None) -> Decimal | None:
    """Return what a kWh cost on average for one who runs all the time; a longer slot counts for more."""
    if micro_pence_seconds is None or not seconds:
        return None
    return (Decimal(micro_pence_seconds).scaleb(-6) / seconds).quantize(PENNY_PART)


def local_day(now: datetime, *, days_ago: int = 0) -> tuple[datetime, datetime]:
    """Return the start and end of a day on the household's clock; it has 23, 24 or 25 hours."""
    zone = ZoneInfo(settings.TIME_ZONE)
    day = now.astimezone(zone).date() - timedelta(days=days_ago)
    start = datetime(day.year, day.month, day.day, tzinfo=zone)
    following = day + timedelta(days=1)
    return start, datetime(following.year, following.month, following.day, tzinfo=zone)


def cost_today(now: datetime) -> CostSummary:
    """Return what today cost so far; the slots still to come are no part of its mean."""
    start, _end = local_day(now)
    return summary(start, now)
