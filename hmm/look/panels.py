"""Stacked history panels on one time axis: lines that end where nothing is known. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import ceil, floor
from zoneinfo import ZoneInfo

from hmm.look.charts import STEPS, Box, Scale, Span, Stroke, pct, px, stroke
from hmm.look.formats import duration
from hmm.look.marks import Shade, Stretch, shades_of, without
from hmm.look.zones import local_zone

WIDTH = 1000.0
AXIS_PX, TOP_PX, FOOT_PX = 20, 4, 4
ROOM_FOR_GAP_WORDS = 16.0  # percent
DAY = timedelta(days=1)
Sample = tuple[datetime, float]


@dataclass(frozen=True, slots=True)
class Frame:
    """The time axis panels share; samples further apart than `gap` are not joined, `off` was so on purpose."""

    start: datetime
    end: datetime
    gap: timedelta
    off: tuple[Stretch, ...] = ()

    @property
    def span(self) -> Span:
        return Span(self.start.astimezone(UTC), self.end.astimezone(UTC))


@dataclass(frozen=True, slots=True)
class Line:
    """One series in unbroken pieces."""

    strokes: tuple[Stroke, ...]
    css: str
    filled: bool


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch without readings."""

    box: Box
    words: str
    word_at: str
    has_room: bool


@dataclass(frozen=True, slots=True)
class Limit:
    """A threshold across a panel."""

    at: str
    text_at: str
    words: str


@dataclass(frozen=True, slots=True)
class Tick:
    """A word on an axis, and where it stands."""

    at: str
    text: str
    text_at: str
    zero: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """All a template needs to draw one panel."""

    title: str
    note: str
    colour: int
    height: int
    plot_height: int
    lines: tuple[Line, ...]
    gaps: tuple[Gap, ...]
    shades: tuple[Shade, ...]
    limits: tuple[Limit, ...]
    ticks: tuple[Tick, ...]
    times: tuple[Tick, ...]
    summary: str
    empty: bool


def draw_panel(
    title: str,
    series: Sequence[Sequence[Sample]],
    *,
    frame: Frame,
    colour: int,
    height: int,
    note: str = "",
    axis: bool = False,
    from_zero: bool = True,
    limits: Sequence[tuple[float, str]] = (),
) -> Panel:
    """Draw series over the frame; the first one counts for gaps and words."""
    span, gap = frame.span, frame.gap
    plot = height - (AXIS_PX if axis else 0)
    values = [value for samples in series for _moment, value in samples]
    scale = scale_of([*values, *(value for value, _words in limits if values)], plot, from_zero=from_zero)
    return Panel(
        title=title,
        note=note,
        colour=colour,
        height=height,
        plot_height=plot,
        lines=tuple(
            Line(pieces(samples, span, scale, gap), f"l{colour}{'b' if place else ''}", colour != 2 and not place)
            for place, samples in enumerate(series)
        ),
        gaps=tuple(gaps_of(series[0], span, gap, frame.off)),
        shades=shades_of(frame.off, span),
        limits=tuple(limits_of(limits, scale)) if values else (),
        ticks=tuple(Tick(px(scale.y(line)), str(line), px(scale.y(line) + 4), line == 0) for line in scale.lines(4)),
        times=tuple(times_of(span, local_zone())) if axis else (),
        summary=summary_of(title, series[0]),
        empty=not values,
    )


def scale_of(values: Sequence[float], height: int, *, from_zero: bool) -> Scale:
    high = max([*values, 1.0])
    low = 0.0 if from_zero or not values else min(values)
    step = next((step for step in STEPS if (high - low) / step <= 4), STEPS[-1])
    top = max(ceil(high * 1.02 / step) * step, floor(low / step) * step + step)
    return Scale(floor(low / step) * step, top, TOP_PX, height - FOOT_PX)


def pieces(samples: Sequence[Sample], span: Span, scale: Scale, gap: timedelta) -> tuple[Stroke, ...]:
    found: list[list[tuple[float, float]]] = []
    before: datetime | None = None
    for moment, value in samples:
        if before is None or moment - before > gap:
            found.append([])
        found[-1].append((span.at(moment) * WIDTH / 100, scale.y(value)))
        before = moment
    return tuple(stroke(points if len(points) > 1 else [*points, *points], scale.bottom) for points in found)


def gaps_of(samples: Sequence[Sample], span: Span, gap: timedelta, off: Sequence[Stretch] = ()) -> list[Gap]:
    """Return where nothing is known; what was off on purpose is known to have been off."""
    edges = [span.start, *(moment for moment, _value in samples), span.end]
    found: list[Gap] = []
    for left, right in pairwise(edges):
        for start, end in without((left, right), off) if right - left > gap else ():
            box = span.box(start, end) if end - start > gap else None
            if box is not None:
                middle = float(box.x[:-1]) + float(box.width[:-1]) / 2
                wide = float(box.width[:-1]) >= ROOM_FOR_GAP_WORDS
                found.append(Gap(box, f"no data, {duration(end - start)}", pct(middle), wide))
    return found


def limits_of(limits: Sequence[tuple[float, str]], scale: Scale) -> list[Limit]:
    return [Limit(px(scale.y(value)), px(scale.y(value) - 4), words) for value, words in limits]


def times_of(span: Span, zone: ZoneInfo) -> list[Tick]:
    """Return the words of the time axis: hours within two days, days within a quarter, months beyond."""
    length = span.end - span.start
    step = timedelta(hours=1) if length <= timedelta(hours=8) else timedelta(hours=3) if length <= 2 * DAY else DAY
    if length > 120 * DAY:
        step = 91 * DAY
    elif length > 10 * DAY:
        step = 7 * DAY
    first = span.start.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    found: list[Tick] = []
    moment = first
    while moment.astimezone(UTC) < span.end:
        place = span.at(moment.astimezone(UTC))
        if 3 <= place <= 97:
            found.append(Tick(pct(place), time_word(moment, step), "", moment.hour == 0 and step < DAY))
        moment += step
    return found


def time_word(moment: datetime, step: timedelta) -> str:
    if step < DAY:
        return f"{moment:%a}" if moment.hour == 0 else f"{moment:%H:%M}"
    return f"{moment:%b %Y}" if step > 30 * DAY else f"{moment.day} {moment:%b}"


def summary_of(title: str, samples: Sequence[Sample]) -> str:
    if not samples:
        return f"{title}: nothing measured yet."
    values = [value for _moment, value in samples]
    return f"{title}: between {min(values):.1f} and {max(values):.1f}, last {values[-1]:.1f}."
