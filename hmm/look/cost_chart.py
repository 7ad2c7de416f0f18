"""Bars of cost or work, stacked by band, beside what running all the time would have cost. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from hmm.look.charts import STEPS, Box, Scale, pct, px
from hmm.look.formats import band_class, money
from hmm.look.price_shapes import Mark

TOP_PX, FOOT_PX = 10, 24
LEAST_P = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CostBar:
    """One bar as it is handed in: pence by band, what always-on would cost, None where nothing is counted."""

    label: str
    tick: str
    by_band: Mapping[int | None, float]
    reference_p: float | None
    is_known: bool
    is_now: bool = False

    @property
    def total_p(self) -> float:
        return sum(self.by_band.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One rectangle."""

    box: Box
    y: str
    height: str
    css: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CostChart:
    """All a template draws."""

    height: int
    axis_y: int
    plot_top: int
    plot_height: int
    pieces: tuple[Piece, ...]
    references: tuple[Piece, ...]
    gaps: tuple[Box, ...]
    hovers: tuple[tuple[Box, str], ...]
    grid: tuple[Mark, ...]
    ticks: tuple[Mark, ...]
    summary: str


def cost_bars(
    bars: Sequence[CostBar],
    *,
    band_count: int,
    height: int = 176,
    what: str = "Cost",
    say: Callable[[float], str] = money,
    axis: Callable[[int], str] | None = None,
) -> CostChart:
    """Place everything. What is below zero hangs; a bar without any reading is hatched.

    `say` writes an amount, `axis` one at the axis; both are of money when they are not given.
    """
    scale = scale_of(bars, height)
    width = 100 / max(1, len(bars))
    slots = [Box(pct(width * (place + 0.12)), pct(width * 0.76)) for place in range(len(bars))]
    pieces = [piece for bar, box in zip(bars, slots, strict=True) for piece in stack(bar, box, scale, band_count)]
    references = [
        piece_between(box, scale, 0.0, bar.reference_p, "cost-ref")
        for bar, box in zip(bars, slots, strict=True)
        if bar.reference_p
    ]
    return CostChart(
        height=height,
        axis_y=height - 7,
        plot_top=TOP_PX,
        plot_height=height - TOP_PX - FOOT_PX,
        pieces=tuple(pieces),
        references=tuple(references),
        gaps=tuple(box for bar, box in zip(bars, slots, strict=True) if not bar.is_known),
        hovers=tuple((box, words(bar, say)) for bar, box in zip(bars, slots, strict=True)),
        grid=tuple(grid_of(scale, axis or axis_money)),
        ticks=tuple(
            Mark(pct(width * (place + 0.5)), bar.tick, css="t-strong" if bar.is_now else "")
            for place, bar in enumerate(bars)
            if bar.tick or bar.is_now
        ),
        summary=summary_of(bars, what, say),
    )


def scale_of(bars: Sequence[CostBar], height: int) -> Scale:
    tops = [sum(max(0.0, part) for part in bar.by_band.values()) for bar in bars]
    feet = [sum(min(0.0, part) for part in bar.by_band.values()) for bar in bars]
    references = [bar.reference_p for bar in bars if bar.reference_p is not None]
    high = max([*tops, *references, LEAST_P])
    low = min([*feet, *references, 0.0])
    return Scale(low * 1.08, high * 1.08, TOP_PX, height - FOOT_PX)


def stack(bar: CostBar, box: Box, scale: Scale, band_count: int) -> list[Piece]:
    """Pile the bands up, cheap ones nearest to zero; what was paid for using hangs below."""
    pieces, above, below = [], 0.0, 0.0
    for position, part in sorted(bar.by_band.items(), key=lambda item: item[0] or 0):
        if not part:
            continue
        css = f"cost-part {band_class(position, band_count)}" if position else "cost-part cost-none"
        if part > 0:
            pieces.append(piece_between(box, scale, above, above + part, css))
            above += part
        else:
            pieces.append(piece_between(box, scale, below + part, below, css))
            below += part
    return pieces


def piece_between(box: Box, scale: Scale, low: float, high: float, css: str) -> Piece:
    top, bottom = scale.y(max(low, high)), scale.y(min(low, high))
    return Piece(box=box, y=px(top), height=px(max(0.8, bottom - top)), css=css)


def grid_of(scale: Scale, axis: Callable[[int], str]) -> list[Mark]:
    step = next((step for step in (*STEPS, 2000, 5000, 10_000) if (scale.high - scale.low) / step <= 4), 20_000)
    first = int(scale.low // step) * step
    values = [value for value in range(first, int(scale.high) + step, step) if scale.low <= value <= scale.high]
    return [
        Mark(px(scale.y(value)), axis(value), px(scale.y(value) + 4), "zero" if value == 0 else "grid")
        for value in values
    ]


def axis_money(value_p: int) -> str:
    """Return round amounts without decimals: "50 p", "£1", "£2.50"."""
    if abs(value_p) < 100:
        return f"{'–' if value_p < 0 else ''}{abs(value_p)} p"
    return money(value_p).removesuffix(".00")


def words(bar: CostBar, say: Callable[[float], str]) -> str:
    if not bar.is_known:
        return f"{bar.label}: nothing counted"
    more = f", always on {say(bar.reference_p)}" if bar.reference_p is not None else ""
    return f"{bar.label}: {say(bar.total_p)}{more}"


def summary_of(bars: Sequence[CostBar], what: str, say: Callable[[float], str]) -> str:
    known = [bar for bar in bars if bar.is_known]
    if not known:
        return "Nothing is counted yet."
    dearest = max(known, key=lambda bar: bar.total_p)
    total = say(sum(bar.total_p for bar in known))
    return f"{what} by band, {total} in all; most at {dearest.label} with {say(dearest.total_p)}."
