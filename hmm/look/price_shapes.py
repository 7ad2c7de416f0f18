"""What goes into a price chart, and the pieces a template draws."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from hmm.look.charts import Box


class HasPrice(Protocol):
    """A stretch of time with one price."""

    @property
    def starts_at(self) -> datetime: ...
    @property
    def ends_at(self) -> datetime: ...
    @property
    def price_p_per_kwh(self) -> Decimal: ...


class HasLimits(Protocol):
    """A price band."""

    @property
    def position(self) -> int: ...
    @property
    def floor_p_per_kwh(self) -> Decimal | None: ...
    @property
    def ceiling_p_per_kwh(self) -> Decimal | None: ...
    @property
    def range_words(self) -> str: ...


class HasPlan(Protocol):
    """What runs, or would run, for a while. `kind` is "run", "off" or "champion"."""

    @property
    def starts_at(self) -> datetime: ...
    @property
    def ends_at(self) -> datetime: ...
    @property
    def label(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def band_position(self) -> int | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    box: Box
    y: str
    height: str
    css: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    box: Box
    css: str
    label: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stripe:
    """A band behind the bars, and its number at the right edge."""

    css: str
    y: str
    height: str
    limit_y: str  # empty for the dearest band
    limit_css: str
    number: int
    label: str
    box_y: str
    text_y: str
    now: bool


@dataclass(frozen=True, slots=True)
class Mark:
    """A word on an axis."""

    at: str
    text: str
    text_at: str = ""
    css: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A line of the table that says the same as the chart."""

    start: str
    end: str
    band: int | None
    band_words: str
    runs: str
    price: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotRow:
    """One slot as the crosshair reads it; `at` is its middle in percent of the width."""

    at: str
    time: str
    price: str
    band: int | None
    band_words: str
    runs: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceChart:
    """All a template needs to draw one price chart."""

    height: int
    plot_height: int
    plot_bottom: int
    axis_y: int
    tag_y: int
    summary: str
    bars: tuple[Bar, ...]
    segments: tuple[Segment, ...]
    unknown: tuple[Box, ...]
    stripes: tuple[Stripe, ...]
    grid: tuple[Mark, ...]
    hours: tuple[Mark, ...]
    days: tuple[Mark, ...]
    now_x: str
    now_text: str
    rows: tuple[Row, ...]
    slots: tuple[SlotRow, ...]
    off: tuple[Box, ...]
    band_count: int
