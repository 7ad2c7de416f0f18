"""The wait for a block as a curve: the chance of at least one by then. Pure."""

import math
from dataclasses import dataclass

from hmm.look.charts import Scale, Stroke, pct, px, stroke

HEIGHT, AXIS_PX, TOP_PX = 168, 20, 6
PLOT = HEIGHT - AXIS_PX
WIDTH, STEPS = 1000.0, 80
BESIDE_PX, BELOW_PX = 16, 40
ROOM_ENDS_AT = 60.0  # percent
ENDS_AT = 3.2  # means; by then 96 of 100 have found one
SHARES = ((0.5, "half"), (1 - math.exp(-1), "average"), (0.9, "9 of 10"))


@dataclass(frozen=True, slots=True)
class Mark:
    """A place on the curve with its words: after this wait this share of all has found a block."""

    at: str
    y: str
    text_y: str
    anchor: str
    dx: int
    label: str
    wait_s: float


@dataclass(frozen=True, slots=True)
class Level:
    """A line across the chart."""

    y: str
    text_y: str
    text: str


@dataclass(frozen=True, slots=True)
class WaitChart:
    """All a template needs to draw the wait."""

    height: int
    plot: int
    curve: Stroke
    marks: tuple[Mark, ...]
    levels: tuple[Level, ...]
    mean_s: float


def wait_chart(mean_s: float) -> WaitChart | None:
    """Draw the wait of a hash rate whose average wait is this; nothing for one that never ends."""
    if not math.isfinite(mean_s) or mean_s <= 0:
        return None
    scale = Scale(0.0, 1.0, TOP_PX, PLOT)
    points = [(place / STEPS * WIDTH, scale.y(found_by(place / STEPS * ENDS_AT))) for place in range(STEPS + 1)]
    return WaitChart(
        height=HEIGHT,
        plot=PLOT,
        curve=stroke(points, PLOT),
        marks=tuple(mark(share, label, scale, mean_s) for share, label in SHARES),
        levels=tuple(
            Level(px(scale.y(share)), px(scale.y(share) + 4), f"{share * 100:.0f} %") for share in (0.0, 0.5, 1.0)
        ),
        mean_s=mean_s,
    )


def found_by(means: float) -> float:
    """Return the share of all that have found a block after so many average waits."""
    return -math.expm1(-means)


def mark(share: float, label: str, scale: Scale, mean_s: float) -> Mark:
    means = -math.log1p(-share)
    y = scale.y(share)
    place = means / ENDS_AT * 100
    before = place > ROOM_ENDS_AT  # at the right edge the words stand before the mark
    return Mark(
        at=pct(place),
        y=px(y),
        text_y=px(y + (BELOW_PX if before else BESIDE_PX)),
        anchor="end" if before else "start",
        dx=-8 if before else 8,
        label=label,
        wait_s=means * mean_s,
    )
