"""What a stretch of readings used and cost. Pure, and exact to the milliwatt-hour and nano-penny."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal

HELD_FOR_POLLS = 3  # a reading's watts count until the next one, at most this many intervals
MILLIWATT_HOUR = Decimal("0.000001")  # kWh
NANO_PENNY = Decimal("0.000000001")
JOULES_PER_KWH = Decimal(3_600_000)


@dataclass(frozen=True, slots=True)
class Sample:
    """One reading as the ledger needs it."""

    at: datetime
    power_w: float | None
    hashrate_ths: float | None
    hashing: bool
    mode: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotUse:
    """What one miner did in one slot. `energy_kwh` and `cost_p` are rounded once, here."""

    starts_at: datetime
    ends_at: datetime
    energy_kwh: Decimal
    cost_p: Decimal | None
    known_s: int
    unknown_s: int
    hashing_s: int
    work_th: float
    mode: str


def use_in_slot(
    samples: Sequence[Sample],
    start: datetime,
    end: datetime,
    *,
    price_p_per_kwh: Decimal | None,
    interval_s: int,
    until: datetime | None = None,
) -> SlotUse:
    """Return a miner's use in [start, end). `samples` are sorted and reach back before the slot.

    Watts are held from a reading to the next one, at most three poll intervals; a longer stretch is a gap
    with no energy, counted as unknown. `until` ends a slot that is still running.
    """
    stop = min(end, until) if until is not None else end
    parts = list(held(samples, start, stop, interval_s))
    energy = energy_of(parts)
    known = round(sum(seconds for sample, seconds in parts if sample.power_w is not None))
    at_work = [(sample, seconds) for sample, seconds in parts if sample.hashing]  # counts without watts too
    return SlotUse(
        starts_at=start,
        ends_at=end,
        energy_kwh=energy,
        cost_p=cost_of(energy, price_p_per_kwh),
        known_s=known,
        unknown_s=max(0, round((stop - start).total_seconds()) - known),
        hashing_s=round(sum(seconds for _sample, seconds in at_work)),
        work_th=sum((sample.hashrate_ths or 0.0) * seconds for sample, seconds in at_work),
        mode=next((sample.mode for sample, _seconds in reversed(parts) if sample.mode), ""),
    )


def energy_of(parts: Iterable[tuple[Sample, float]]) -> Decimal:
    """Return watts times seconds in kWh, rounded once."""
    joules = sum(
        (
            Decimal(repr(sample.power_w)) * Decimal(repr(seconds))
            for sample, seconds in parts
            if sample.power_w is not None
        ),
        Decimal(0),
    )
    return (joules / JOULES_PER_KWH).quantize(MILLIWATT_HOUR, ROUND_HALF_EVEN)


def cost_of(energy_kwh: Decimal, price_p_per_kwh: Decimal | None) -> Decimal | None:
    """Return what energy costs, None where its price is not known."""
    if price_p_per_kwh is None:
        return None
    return (energy_kwh * price_p_per_kwh).quantize(NANO_PENNY, ROUND_HALF_EVEN)


def held(
    samples: Sequence[Sample], start: datetime, stop: datetime, interval_s: int
) -> Iterable[tuple[Sample, float]]:
    """Yield each sample with the seconds of [start, stop) it stands for."""
    longest = timedelta(seconds=HELD_FOR_POLLS * interval_s)
    first = max(0, bisect_right(samples, start, key=lambda sample: sample.at) - 1)  # the one that reaches in
    for place in range(first, len(samples)):
        sample = samples[place]
        if sample.at >= stop:
            return
        following = samples[place + 1].at if place + 1 < len(samples) else stop
        low, high = max(sample.at, start), min(following, sample.at + longest, stop)
        seconds = (high - low).total_seconds()
        if seconds > 0:
            yield sample, seconds
