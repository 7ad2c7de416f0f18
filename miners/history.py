"""The past of miners as charts show it: evenly spaced means, with what is not known left out."""

from datetime import UTC, datetime, timedelta

from django.db.models import F, FloatField, Sum
from django.db.models.functions import Cast

from hmm.look.panels import Frame, Panel, Sample, draw_panel
from miners.models import FiveMinuteMean, HourlyMean, Miner

SPANS: dict[str, tuple[str, timedelta]] = {
    "6h": ("6 h", timedelta(hours=6)),
    "24h": ("24 h", timedelta(hours=24)),
    "7d": ("7 d", timedelta(days=7)),
    "90d": ("90 d", timedelta(days=90)),
    "3y": ("3 y", timedelta(days=1095)),
}
DEFAULT_SPAN = "24h"
FINE_UP_TO = timedelta(days=7)


def fleet_series(quantity: str, *, now: datetime, hours: int = 24, points: int = 96) -> list[float | None]:
    """Return a quantity summed over all miners as evenly spaced means; None is a gap. One query."""
    start, step = now - timedelta(hours=hours), timedelta(hours=hours) / points
    mean = Cast(F(f"{quantity}_sum"), FloatField()) / F(f"{quantity}_count")
    rows = (
        FiveMinuteMean.objects.filter(starts_at__gte=start, **{f"{quantity}_count__gt": 0})
        .order_by()
        .values_list("starts_at")
        .annotate(total=Sum(mean))
    )
    found: list[list[float]] = [[] for _place in range(points)]
    for starts_at, total in rows:
        found[min(points - 1, int((starts_at.astimezone(UTC) - start) / step))].append(total)
    return [sum(values) / len(values) if values else None for values in found]


def history_panels(miner: Miner, span: str, *, now: datetime) -> list[Panel]:
    """Return hash rate, temperatures and power of one miner over a span as stacked panels. One query."""
    length = SPANS[span][1]
    model = FiveMinuteMean if length <= FINE_UP_TO else HourlyMean
    start = now - length
    rows = list(model._default_manager.filter(miner=miner, starts_at__gte=start).order_by("starts_at"))

    def series(quantity: str) -> list[Sample]:
        return [
            (row.starts_at + model.LENGTH / 2, value) for row in rows if (value := row.mean(quantity)) is not None
        ]

    frame = Frame(start, now, 3 * model.LENGTH)
    return [
        draw_panel("Hashrate, TH/s", [series("hashrate_ths")], colour=1, height=132, frame=frame),
        draw_panel(
            "Temperature, °C",
            [series("chip_temp_c"), series("vr_temp_c")],
            note="chip solid, regulator dashed",
            colour=2,
            height=100,
            from_zero=False,
            frame=frame,
        ),
        draw_panel("Power, W", [series("power_w")], colour=3, height=108, axis=True, frame=frame),
    ]
