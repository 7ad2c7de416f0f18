"""The past of miners as charts show it: evenly spaced means, with what is not known left out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil
from statistics import fmean

from django.db.models import F, FloatField, Sum
from django.db.models.functions import Cast, NullIf

from hmm.look.charts import Span
from hmm.look.formats import scale_for
from hmm.look.marks import BandSlot, Flag, Marker, RibbonPart, Stretch, flags_of, ribbon_of
from hmm.look.panels import Frame, Panel, Sample, draw_panel
from miners.drivers.registry import FAMILIES
from miners.models import FiveMinuteMean, HourlyMean, Miner
from miners.models.history import PeriodSums

SPANS: dict[str, tuple[str, timedelta]] = {
    "6h": ("6 h", timedelta(hours=6)),
    "24h": ("24 h", timedelta(hours=24)),
    "7d": ("7 d", timedelta(days=7)),
    "30d": ("30 d", timedelta(days=30)),
    "90d": ("90 d", timedelta(days=90)),
    "3y": ("3 y", timedelta(days=1095)),
}
DEFAULT_SPAN = "24h"
FINE_UP_TO = timedelta(days=2)  # a week of hours is as fine as a screen shows it
MOST_ROWS = 96


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table beside the charts; `at` is its place on their axis in percent."""

    at: str
    moment: datetime
    hashrate_ths: float | None
    chip_temp_c: float | None
    vr_temp_c: float | None
    power_w: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What others know of a stretch of a miner's past: bands in force, off on purpose, what happened."""

    bands: tuple[BandSlot, ...] = ()
    band_count: int = 0
    off: tuple[Stretch, ...] = ()
    markers: tuple[Marker, ...] = ()


NO_STORY = Story()


@dataclass(frozen=True, slots=True)
class History:
    """One miner's past: stacked panels, and the same as rows."""

    panels: tuple[Panel, ...]
    rows: tuple[Row, ...]
    ribbon: tuple[RibbonPart, ...]
    flags: tuple[Flag, ...]
    means: str


def fleet_series(
    quantities: Sequence[str], *, now: datetime, hours: int = 24, points: int = 96
) -> list[tuple[float | None, ...]]:
    """Return quantities summed over all miners as evenly spaced means; None is a gap. One query."""
    start, step = now - timedelta(hours=hours), timedelta(hours=hours) / points
    means = {
        f"mean_{name}": Sum(Cast(F(f"{name}_sum"), FloatField()) / NullIf(F(f"{name}_count"), 0))
        for name in quantities
    }
    rows = FiveMinuteMean.objects.filter(starts_at__gte=start).order_by().values_list("starts_at").annotate(**means)
    found: list[list[list[float]]] = [[[] for _place in range(points)] for _name in quantities]
    for starts_at, *totals in rows:
        place = min(points - 1, int((starts_at.astimezone(UTC) - start) / step))
        for series, total in zip(found, totals, strict=True):
            if total is not None:
                series[place].append(total)
    return [tuple(fmean(values) if values else None for values in series) for series in found]


def history(miner: Miner, span: str, *, now: datetime, story: Story = NO_STORY) -> History:
    """Return hash rate, temperatures and power of one miner over a span. One query."""
    length = SPANS[span][1]
    model = FiveMinuteMean if length <= FINE_UP_TO else HourlyMean
    frame = Frame(now - length, now, 3 * model.LENGTH, story.off)
    rows = list(model._default_manager.filter(miner=miner, starts_at__gte=frame.start).order_by("starts_at"))
    return History(
        panels_of(rows, frame, model.LENGTH, warn_at(miner)),
        rows_of(rows, frame.span, model.LENGTH),
        ribbon_of(story.bands, frame.span, story.band_count),
        flags_of(story.markers, frame.span),
        "hourly means" if model is HourlyMean else "5-minute means",
    )


def warn_at(miner: Miner) -> float | None:
    """Return the chip temperature above which this family's devices want looking at, None where none is known."""
    return getattr(FAMILIES[miner.kind], "warn_chip_temp_c", None) if miner.kind in FAMILIES else None


def panels_of(rows: Sequence[PeriodSums], frame: Frame, length: timedelta, warn_c: float | None) -> tuple[Panel, ...]:
    def series(quantity: str) -> list[Sample]:
        middles = ((row.starts_at + length / 2, row.mean(quantity)) for row in rows)
        return [(moment, value) for moment, value in middles if value is not None]

    hashrate = [(at, value) for at, value in series("hashrate_ths") if value or not is_off(at, frame.off)]
    unit, tera = scale_for(max((value for _at, value in hashrate), default=0.0))
    in_unit = [(at, value / tera) for at, value in hashrate]
    return (
        draw_panel(f"Hashrate, {unit}H/s", [in_unit], colour=1, height=132, frame=frame),
        draw_panel(
            "Temperature, °C",
            [series("chip_temp_c"), series("vr_temp_c")],
            note="chip solid, regulator dashed",
            colour=2,
            height=100,
            from_zero=False,
            frame=frame,
            limits=[(warn_c, f"warn at {warn_c:.0f} °C")] if warn_c is not None else (),
        ),
        draw_panel("Power, W", [series("power_w")], colour=3, height=108, axis=True, frame=frame),
    )


def is_off(moment: datetime, stretches: Sequence[Stretch]) -> bool:
    return any(start <= moment < end for start, end in stretches)


def rows_of(means: Sequence[PeriodSums], span: Span, length: timedelta) -> tuple[Row, ...]:
    """Return every nth mean, so that a long span still makes a table a person can read."""
    step = max(1, ceil(len(means) / MOST_ROWS))
    return tuple(
        Row(
            at=f"{span.at(mean.starts_at.astimezone(UTC) + length / 2):.2f}",
            moment=mean.starts_at,
            hashrate_ths=mean.mean("hashrate_ths"),
            chip_temp_c=mean.mean("chip_temp_c"),
            vr_temp_c=mean.mean("vr_temp_c"),
            power_w=mean.mean("power_w"),
        )
        for mean in means[::step]
    )
