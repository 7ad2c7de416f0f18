"""Sums of raw readings by five minutes and by hour; safe to make again, and equal to the raw rows."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from django.db.models import BigIntegerField, Count, Func, Max, Min, Q, Sum, Value

from miners.models import FiveMinuteMean, HourlyMean, TelemetryReading
from miners.models.history import QUANTITIES, PeriodSums, period_start

BATCH = 1000
LOOK_BACK = timedelta(minutes=20)  # late rows of a slow device are still counted
SUM_FIELDS = (
    "samples",
    "hashing_samples",
    "chip_temp_c_max",
    *(f"{quantity}_{part}" for quantity in QUANTITIES for part in ("sum", "count")),
)
HASHING = "h"
SPARK_POINTS, SPARK_STEP_S = 96, 900  # a day


def aggregates() -> dict[str, Any]:
    """Return the sums and counts of every quantity as database expressions over raw readings."""
    found: dict[str, Any] = {
        "samples": Count("id"),
        "hashing_samples": Count("id", filter=Q(state=HASHING)),
        "chip_temp_c_max": Max("chip_temp_c"),
    }
    for quantity in QUANTITIES:
        found[f"{quantity}_sum"] = Sum(quantity, default=0.0)
        found[f"{quantity}_count"] = Count(quantity)
    return found


def roll_up(*, now: datetime, since: datetime | None = None) -> None:
    """Make the sums of every period with readings up to now, from the newest one made before.

    That one, and the last twenty minutes, are made again each time: rows of a slow device come late. After a
    stop everything since the last roll-up is caught up with, however long it lasted.
    """
    for model in (FiveMinuteMean, HourlyMean):
        start = since or min(now - LOOK_BACK, made_to(model, now))
        make(model, period_start(start, model.LENGTH), now)


def made_to(model: type[FiveMinuteMean] | type[HourlyMean], now: datetime) -> datetime:
    """Return the start of the newest period made, of the oldest reading where there is none yet."""
    newest = model.objects.filter(starts_at__lte=now).aggregate(at=Max("starts_at"))["at"]
    oldest = newest or TelemetryReading.objects.aggregate(at=Min("taken_at"))["at"]
    return oldest or now


def make(model: type[FiveMinuteMean] | type[HourlyMean], start: datetime, end: datetime) -> None:
    """Make the sums of [start, end); stretches without a reading are leapt over."""
    moment = start
    while moment < end:
        after = moment + model.LENGTH
        rows = (
            TelemetryReading.objects.filter(taken_at__gte=moment, taken_at__lt=after)
            .order_by()
            .values("miner_id")
            .annotate(**aggregates())
        )
        store(model, [model(starts_at=moment, **row) for row in rows])
        following = TelemetryReading.objects.filter(taken_at__gte=after, taken_at__lt=end)
        next_reading = following.aggregate(at=Min("taken_at"))["at"]
        if next_reading is None:
            return
        moment = period_start(next_reading, model.LENGTH)


def store(model: type[PeriodSums], rows: Iterable[PeriodSums]) -> None:
    """Insert or replace by miner and start."""
    model._default_manager.bulk_create(
        list(rows),
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["miner", "starts_at"],
        update_fields=list(SUM_FIELDS),
    )


def purge(*, now: datetime, raw_days: int, five_minute_days: int, hourly_days: int) -> None:
    """Drop what is older than it is kept for, a slice at a time so that nobody waits long.

    What was never rolled up, because nothing ran meanwhile, is rolled up first.
    """
    roll_up(now=now)
    limits: tuple[tuple[Any, str, int], ...] = (
        (TelemetryReading, "taken_at", raw_days),
        (FiveMinuteMean, "starts_at", five_minute_days),
        (HourlyMean, "starts_at", hourly_days),
    )
    for model, field, days in limits:
        old = model._default_manager.filter(**{f"{field}__lt": now - timedelta(days=days)})
        while doomed := list(old.values_list("pk", flat=True)[: 5 * BATCH]):
            model._default_manager.filter(pk__in=doomed).delete()


class EpochSeconds(Func):
    """A moment as whole seconds since 1970."""

    output_field = BigIntegerField()
    template = "EXTRACT(EPOCH FROM %(expressions)s)::bigint"

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        template = "CAST(strftime('%%%%s', %(expressions)s) AS INTEGER)"
        return self.as_sql(compiler, connection, template=template, **extra)


def sparklines(miner_ids: Iterable[int], *, now: datetime) -> dict[int, list[float | None]]:
    """Return the hash rate of each miner over the last day as evenly spaced means; None is a gap. One query."""
    start = now - timedelta(days=1)
    lines: dict[int, list[float | None]] = {pk: [None] * SPARK_POINTS for pk in miner_ids}
    rows = FiveMinuteMean.objects.filter(miner__in=list(lines), starts_at__gte=start, hashrate_ths_count__gt=0)
    # Rows start at whole seconds, and a place is counted in whole ones: the database adds up 14,400 rows to 4,800.
    place = (EpochSeconds("starts_at") - ceil(start.timestamp())) / Value(SPARK_STEP_S)
    placed = rows.annotate(place=place).order_by().values_list("miner_id", "place")
    for pk, at, total, count in placed.annotate(total=Sum("hashrate_ths_sum"), count=Sum("hashrate_ths_count")):
        lines[pk][min(SPARK_POINTS - 1, at)] = total / count
    return lines
