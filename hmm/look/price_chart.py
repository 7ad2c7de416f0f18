"""The price chart: bars in band colours, the plan above them, now, and what is not known. Pure."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time, timedelta
from math import ceil, floor
from zoneinfo import ZoneInfo

from hmm.look.charts import Box, Scale, Span, pct, px, usual_length
from hmm.look.formats import price
from hmm.look.price_picture import Picture
from hmm.look.price_shapes import Bar, HasLimits, HasPlan, HasPrice, Mark, PriceChart, Segment, Stripe
from hmm.look.price_words import rows_of, slots_of, summary_of

PLAN_TOP, PLOT_TOP, PLOT_FOOT = 30, 34, 24
SHORT_SLOT = timedelta(minutes=15)  # below it the span is counted in slots, as on the demo farm
LETTER_PX = 6.8
MONEY_STEP = 5


def price_bars(
    periods: Iterable[HasPrice],
    bands: Sequence[HasLimits],
    plan: Iterable[HasPlan],
    now: datetime,
    *,
    zone: ZoneInfo,
    hours: int = 48,
    height: int = 284,
    stripes: bool = False,
    crosshair: bool = True,
    labels: dict[int, str] | None = None,
) -> PriceChart:
    """Place everything of a price chart. 48 hours are today and tomorrow, 24 begin two hours ago."""
    every = sorted(periods, key=lambda period: period.starts_at)
    length = usual_length([period.ends_at - period.starts_at for period in every])
    span = span_of(now, length, zone, hours)
    seen = [period for period in every if period.ends_at > span.start and period.starts_at < span.end]
    picture = Picture(
        periods=seen,
        bands=bands,
        plan=list(plan),
        now=now,
        zone=zone,
        span=span,
        scale=scale_of(seen, height, bands if stripes else ()),
        length=length,
        width_px=800 if hours > 24 else 310,
        labels=labels or {},
    )
    return draw(picture, height, stripes=stripes, crosshair=crosshair)


def draw(picture: Picture, height: int, *, stripes: bool, crosshair: bool) -> PriceChart:
    now_x = picture.span.at(picture.now)
    return PriceChart(
        height=height,
        plot_height=height - PLOT_FOOT - PLOT_TOP,
        plot_bottom=height - PLOT_FOOT,
        axis_y=height - 7,
        tag_y=height - 19,
        summary=summary_of(picture),
        bars=tuple(bars_of(picture)),
        segments=tuple(segments_of(picture)),
        unknown=tuple(unknown_of(picture)),
        stripes=tuple(stripes_of(picture)) if stripes else (),
        grid=tuple(grid_of(picture.scale)),
        hours=tuple(hours_of(picture, now_x)),
        days=tuple(days_of(picture)),
        now_x=pct(now_x) if 0 <= now_x <= 100 else "",
        now_text=f"{picture.now.astimezone(picture.zone):%H:%M}",
        rows=tuple(rows_of(picture)),
        slots=tuple(slots_of(picture)) if crosshair else (),
        off=tuple(off_of(picture)) if stripes else (),
        band_count=len(picture.bands),
    )


# --- the frame -----------------------------------------------------------------------------------


def span_of(now: datetime, length: timedelta, zone: ZoneInfo, hours: int) -> Span:
    """Return what is shown: local days for long slots, a count of slots for short ones."""
    now = now.astimezone(UTC)
    if length < SHORT_SLOT:
        slots = 2 * hours
        start = floor_to(now, length) - (slots // 4 if hours > 24 else 4) * length
        return Span(start, start + slots * length)
    if hours <= 24:
        start = floor_to(now - timedelta(hours=2), length)
        return Span(start, start + timedelta(hours=hours))
    today = now.astimezone(zone).date()
    return Span(midnight(today, zone), midnight(today + timedelta(days=hours // 24), zone))


def midnight(day: object, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)  # type: ignore[arg-type]


def floor_to(moment: datetime, length: timedelta) -> datetime:
    seconds = int(length.total_seconds()) or 1
    return datetime.fromtimestamp(int(moment.timestamp()) // seconds * seconds, tz=UTC)


def scale_of(periods: Sequence[HasPrice], height: int, bands: Sequence[HasLimits]) -> Scale:
    prices = [float(period.price_p_per_kwh) for period in periods] or [0.0]
    limits = [float(band.ceiling_p_per_kwh) for band in bands if band.ceiling_p_per_kwh is not None]
    top = max(*prices, *(limit + MONEY_STEP for limit in limits), 10.0) if limits else max(*prices, 10.0)
    low = min(0.0, *prices)
    if bands:
        low = min(low, -0.1)
    high = ceil(top * 1.06 / MONEY_STEP) * MONEY_STEP
    return Scale(floor(low / MONEY_STEP) * MONEY_STEP, high, PLOT_TOP, height - PLOT_FOOT)


# --- what lies in it -----------------------------------------------------------------------------


def bars_of(picture: Picture) -> Iterable[Bar]:
    zero = picture.scale.y(0)
    for period in picture.periods:
        start, end = period.starts_at, period.ends_at
        gap = picture.span.at(end) - picture.span.at(start)
        box = picture.span.box(start, end, inset=gap * 0.14)
        if box is None:
            continue
        value = period.price_p_per_kwh
        band = picture.band_of(value)
        position = band.position if band is not None else None
        reach = max(2.0, abs(picture.scale.y(float(value)) - zero))
        when = "past" if end <= picture.now else "is-now" if start <= picture.now else ""
        words = f", band {position}" if position else ""
        yield Bar(
            box=box,
            y=px(zero if value < 0 else zero - reach),
            height=px(reach),
            css=f"{picture.css_of(position)} {when}".strip(),
            title=f"{picture.clock(start)}–{picture.clock(end)}  {price(value)}{words}",
        )


def segments_of(picture: Picture) -> Iterable[Segment]:
    for segment in picture.plan:
        box = picture.span.box(segment.starts_at, segment.ends_at, inset=0.1)
        if box is None:
            continue
        kind = {"off": "seg-off", "champion": "seg-champion"}.get(segment.kind, "")
        when = "past" if segment.ends_at <= picture.now else "seg-now" if segment.starts_at <= picture.now else ""
        room = float(box.width.rstrip("%")) / 100 * picture.width_px - 10
        yield Segment(
            box=box,
            css=" ".join(part for part in (kind, when) if part),
            label=fitting(segment.label, room),
            title=f"{picture.clock(segment.starts_at)}–{picture.clock(segment.ends_at)} {segment.label}",
        )


def fitting(label: str, room_px: float) -> str:
    """Return as much of a label as fits: all of it, its first part, or nothing."""
    for text in (label.replace(" · ", " "), label.split(" · ", maxsplit=1)[0], label.split(" ", maxsplit=1)[0]):
        if len(text) * LETTER_PX <= room_px:
            return text
    return ""


def unknown_of(picture: Picture) -> Iterable[Box]:
    """Return the stretches without a price."""
    reached = picture.span.start
    for period in picture.periods:
        if period.starts_at > reached and (box := picture.span.box(reached, period.starts_at)):
            yield box
        reached = max(reached, period.ends_at)
    if reached < picture.span.end and (box := picture.span.box(reached, picture.span.end)):
        yield box


def off_of(picture: Picture) -> Iterable[Box]:
    """Return the stretches in which everything is off."""
    for segment in picture.plan:
        box = picture.span.box(segment.starts_at, segment.ends_at) if segment.kind == "off" else None
        if box is not None:
            yield box


def stripes_of(picture: Picture) -> Iterable[Stripe]:
    scale = picture.scale
    period = next((row for row in picture.periods if row.starts_at <= picture.now < row.ends_at), None)
    current = picture.band_of(period.price_p_per_kwh) if period is not None else None
    for band in picture.bands:
        low = max(scale.low, float(band.floor_p_per_kwh)) if band.floor_p_per_kwh is not None else scale.low
        top = band.ceiling_p_per_kwh
        high = min(scale.high, float(top)) if top is not None else scale.high
        if high <= low:
            continue
        middle = (scale.y(low) + scale.y(high)) / 2
        yield Stripe(
            css=picture.css_of(band.position),
            y=px(scale.y(high)),
            height=px(scale.y(low) - scale.y(high)),
            limit_y=px(scale.y(high)) if top is not None else "",
            limit_css=picture.css_of(min(band.position + 1, len(picture.bands))),
            number=band.position,
            label=picture.labels.get(band.position, ""),
            box_y=px(middle - 8),
            text_y=px(middle + 4),
            now=current is not None and current.position == band.position,
        )


# --- words ---------------------------------------------------------------------------------------


def grid_of(scale: Scale) -> Iterable[Mark]:
    for value in scale.lines():
        place = scale.y(value)
        yield Mark(px(place), str(value).replace("-", "–"), px(place + 4), "zero" if value == 0 else "grid")


def hours_of(picture: Picture, now_x: float) -> Iterable[Mark]:
    """Return the words of the time axis, leaving room for the one of now and for the days' ends."""
    wide = picture.width_px > 400
    step = picture.length * (12 if wide else 16) if picture.length < SHORT_SLOT else timedelta(hours=3 if wide else 6)
    moment = floor_to(picture.span.start, timedelta(hours=1) if picture.length >= SHORT_SLOT else step)
    room = 4.0 if wide else 11.0
    while moment < picture.span.end:
        local, place = moment.astimezone(picture.zone), picture.span.at(moment)
        fits = room / 2 <= place <= 100 - room / 2 and abs(place - now_x) > room + (1 if wide else 3)
        on_step = picture.length < SHORT_SLOT or local.hour % int(step / timedelta(hours=1)) == 0
        if fits and on_step and not (local.hour == 0 and local.minute == 0):
            yield Mark(pct(place), f"{local:%H:%M}")
        moment += step if picture.length < SHORT_SLOT else timedelta(hours=1)


def days_of(picture: Picture) -> Iterable[Mark]:
    day = picture.span.start.astimezone(picture.zone).date()
    while (moment := midnight(day, picture.zone)) < picture.span.end:
        place = picture.span.at(moment)
        if 0 <= place <= 88:
            yield Mark(pct(place), f"{day:%a} {day.day} {day:%b}", css="" if place == 0 else "line")
        day += timedelta(days=1)
