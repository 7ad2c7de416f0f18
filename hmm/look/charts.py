"""Where everything of a chart lies, in percent of its width and in pixels of its height. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil, floor

SPARK_W, SPARK_H, SPARK_TOP = 100.0, 28.0, 3.0
STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
HALF_HOUR = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Box:
    """A stretch of a chart."""

    x: str
    width: str


@dataclass(frozen=True, slots=True)
class Stroke:
    """One unbroken piece of a line, and the area below it."""

    line: str
    area: str


@dataclass(frozen=True, slots=True)
class Spark:
    """A small line without an axis."""

    strokes: tuple[Stroke, ...]
    gaps: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class Scale:
    """Values to pixels; `top` and `bottom` are the pixels of `high` and `low`."""

    low: float
    high: float
    top: float
    bottom: float

    def y(self, value: float) -> float:
        return self.bottom - (value - self.low) / (self.high - self.low) * (self.bottom - self.top)

    def lines(self, most: int = 5) -> list[int]:
        """Return the values a hairline is drawn at: whole, evenly spaced, at most `most`."""
        step = next((step for step in STEPS if (self.high - self.low) / step <= most), STEPS[-1])
        return list(range(ceil(self.low / step) * step, floor(self.high / step) * step + 1, step))


@dataclass(frozen=True, slots=True)
class Span:
    """The stretch of time a chart shows, in UTC."""

    start: datetime
    end: datetime

    def at(self, moment: datetime) -> float:
        """Return where a moment lies, in percent; moments outside lie outside 0 to 100."""
        return (moment - self.start) / (self.end - self.start) * 100

    def box(self, start: datetime, end: datetime, *, inset: float = 0.0) -> Box | None:
        """Return the visible part of [start, end), None when it lies outside."""
        left, right = max(0.0, self.at(start)), min(100.0, self.at(end))
        if right <= left:
            return None
        inset = min(inset, (right - left) / 4)
        return Box(pct(left + inset), pct(right - left - 2 * inset))


def pct(value: float) -> str:
    return f"{value:.2f}%"


def px(value: float) -> str:
    return f"{value:.1f}"


def usual_length(lengths: Sequence[timedelta]) -> timedelta:
    """Return the length most slots have; a day of 46 or 50 slots does not change it."""
    return Counter(lengths).most_common(1)[0][0] if lengths else HALF_HOUR


def runs(values: Sequence[float | None]) -> list[tuple[int, int, bool]]:
    """Cut a row of values into (first, past the last, known) stretches."""
    found: list[tuple[int, int, bool]] = []
    for place, value in enumerate(values):
        known = value is not None
        if found and found[-1][2] == known:
            found[-1] = (found[-1][0], place + 1, known)
        else:
            found.append((place, place + 1, known))
    return found


def stroke(points: Sequence[tuple[float, float]], floor_y: float) -> Stroke:
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return Stroke(line, f"{points[0][0]:.1f},{floor_y:.1f} {line} {points[-1][0]:.1f},{floor_y:.1f}")


def draw_spark(values: Sequence[float | None]) -> Spark | None:
    """Draw evenly spaced means on their own scale from zero; None is a gap. Nothing known, nothing drawn."""
    known = [value for value in values if value is not None]
    if not known:
        return None
    step = SPARK_W / len(values)
    scale = Scale(0.0, max(*known, 1e-12), SPARK_TOP, SPARK_H)
    strokes: list[Stroke] = []
    gaps: list[Box] = []
    for first, end, is_known in runs(values):
        if not is_known:
            gaps.append(Box(px(first * step), px((end - first) * step)))
            continue
        points = [((place + 0.5) * step, scale.y(values[place] or 0.0)) for place in range(first, end)]
        if len(points) == 1:
            points = [(first * step, points[0][1]), ((first + 1) * step, points[0][1])]
        strokes.append(stroke(points, SPARK_H))
    return Spark(tuple(strokes), tuple(gaps))
