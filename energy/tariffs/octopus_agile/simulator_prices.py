"""Made prices that look like the published ones: a day's shape, a region's factor, the evening adder, VAT, the cap.

The formula is the one the supplier publishes: wholesale price times a factor, a fixed adder from 16:00 to
19:00 on the UK clock, VAT, then the cap. The wholesale side is drawn from a seed, the same for the same
slot each time it is asked.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import blake2b
from zoneinfo import ZoneInfo

UK = ZoneInfo("Europe/London")
HALF_HOUR = timedelta(minutes=30)
FACTOR, ADDER_P, CAP_P = 2.2, 12.5, 100.0
VAT_ENDS = datetime(2026, 9, 30, 23, tzinfo=UTC)  # zero-rated from then until the end of March
VAT_RETURNS = datetime(2027, 3, 31, 23, tzinfo=UTC)
REGION_SHIFT = 0.01  # each letter of a region makes it a little dearer


def draw(seed: int, *names: object) -> float:
    """Return a number in [0, 1) that depends on the seed and the names alone."""
    digest = blake2b("/".join(map(str, (seed, *names))).encode(), digest_size=8).digest()
    return int.from_bytes(digest) / 2**64


def wholesale_p(seed: int, label: datetime) -> float:
    """Return a day-ahead price in p/kWh: a calm or a windy day, two humps, a night that may go below zero."""
    day = label.date()
    wind = draw(seed, day, "wind")
    base = 7.2 - 4.6 * wind
    hour = label.hour + label.minute / 60
    morning = 3.1 * math.exp(-(((hour - 7.8) / 1.7) ** 2))
    evening = 4.4 * math.exp(-(((hour - 18.2) / 1.9) ** 2))
    night = -2.8 * math.exp(-(((hour - 3.4) / 2.6) ** 2)) - (1.9 if wind > 0.72 and 1 <= hour < 6 else 0)
    sun = -2.2 * draw(seed, day, "sun") * math.exp(-(((hour - 13) / 2.4) ** 2))
    noise = (draw(seed, day, label.hour, label.minute) - 0.5) * 1.3
    return base + morning + evening + night + sun + noise


def agile_price(seed: int, label: datetime, region: str) -> tuple[Decimal, Decimal]:
    """Return (without VAT, with VAT) for the half hour that starts at the UK clock's `label`."""
    wholesale = wholesale_p(seed, label)
    if draw(seed, label.date(), label.hour, label.minute, "zero") < 0.01:
        wholesale = 0.0
    adder = ADDER_P if 16 <= label.hour < 19 and wholesale else 0.0
    shift = 1 + REGION_SHIFT * (ord(region) - ord("A"))
    bare = round(min(CAP_P, wholesale * FACTOR * shift + adder), 2)
    without = Decimal(str(bare)) + 0  # no minus zero
    return without, without


def with_vat(without: Decimal, start: datetime) -> Decimal:
    rate = Decimal(1) if VAT_ENDS <= start < VAT_RETURNS else Decimal("1.05")
    return min(Decimal(100), (without * rate).quantize(Decimal("0.000001")).normalize() + 0)


@dataclass(slots=True)
class PriceBook:
    """Which slots there are and what they cost. From `turns_short_at` on, slots are `short` long and each
    stands for the next half hour of a day, so that a day passes in 48 of them."""

    seed: int = 7
    region: str = "J"
    turns_short_at: datetime | None = None
    short: timedelta = HALF_HOUR
    table: Mapping[datetime, Decimal] = field(default_factory=dict)  # from a file; used instead of the formula
    changed: dict[datetime, Decimal] = field(default_factory=dict)
    missing: set[datetime] = field(default_factory=set)

    def slot_at(self, moment: datetime) -> tuple[datetime, datetime]:
        """Return the start and end of the slot a moment lies in."""
        turn = self.turns_short_at
        if turn is None or moment < turn:
            start = datetime.fromtimestamp(moment.timestamp() // 1800 * 1800, tz=UTC)
            end = start + HALF_HOUR
            return start, min(end, turn) if turn is not None else end
        start = turn + (moment - turn) // self.short * self.short
        return start, start + self.short

    def label(self, start: datetime) -> datetime:
        """Return the half hour of the household's clock that a slot stands for."""
        turn = self.turns_short_at
        if turn is None or start < turn:
            return start.astimezone(UK)
        nominal = turn + (start - turn) // self.short * HALF_HOUR
        return nominal.astimezone(UK)

    def price(self, start: datetime, region: str) -> tuple[Decimal, Decimal] | None:
        """Return (without VAT, with VAT), None where the slot is missing."""
        if start in self.missing:
            return None
        if start in self.changed:
            return self.changed[start], self.changed[start]
        if self.table:
            told = self._from_table(start)
            return None if told is None else (told, told)
        without, _same = agile_price(self.seed, self.label(start), region)
        return without, with_vat(without, start)

    def _from_table(self, start: datetime) -> Decimal | None:
        """Look a slot up in the file; short slots walk through it half hour by half hour."""
        nominal = self.label(start).astimezone(UTC)
        if nominal in self.table:
            return self.table[nominal]
        starts = sorted(self.table)
        span = len(starts)
        offset = int((nominal - starts[0]) / HALF_HOUR) % span
        return self.table[starts[offset]]

    def slots(self, start: datetime, end: datetime, region: str) -> list[tuple[datetime, datetime, Decimal, Decimal]]:
        """Return the slots that touch [start, end), the first first."""
        rows = []
        moment, last = self.slot_at(start)
        while moment < end:
            price = self.price(moment, region)
            if price is not None:
                rows.append((moment, last, *price))
            moment, last = self.slot_at(last)
        return rows
