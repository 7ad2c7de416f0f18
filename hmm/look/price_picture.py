"""What a price chart draws, gathered: prices, bands, plan, and where time and pence lie. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from hmm.look.charts import Scale, Span
from hmm.look.formats import band_class, local_time
from hmm.look.price_shapes import HasLimits, HasPlan, HasPrice


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What is drawn, and how large."""

    periods: Sequence[HasPrice]
    bands: Sequence[HasLimits]
    plan: Sequence[HasPlan]
    now: datetime
    zone: ZoneInfo
    span: Span
    scale: Scale
    length: timedelta
    width_px: int
    labels: dict[int, str] = field(default_factory=dict)

    def band_of(self, value: Decimal) -> HasLimits | None:
        for band in self.bands:
            if band.ceiling_p_per_kwh is None or value < band.ceiling_p_per_kwh:
                return band
        return self.bands[-1] if self.bands else None

    def css_of(self, position: int | None) -> str:
        return band_class(position, len(self.bands))

    def clock(self, moment: datetime) -> str:
        return local_time(moment, self.zone, self.now)
