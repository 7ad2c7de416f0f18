"""Thirty days of a farm that followed the price: made from the production decision and the simulators' physics."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from energy.costs import NANO_PENNY
from energy.models import LedgerEntry, SettlementPeriod
from hmm.demo.makers.base import Settled
from hmm.demo.makers.registry import MAKERS
from miners.models import FiveMinuteMean, HourlyMean, Miner, TelemetryReading
from miners.models.history import PeriodSums
from strategy import core

FIVE_MINUTES_FOR, RAW_FOR = timedelta(days=2), timedelta(minutes=70)
POLL = timedelta(seconds=30)
SWAY = 0.02


@dataclass(frozen=True, slots=True)
class Stretch:
    """What one miner did in one slot."""

    start: datetime
    end: datetime
    decision: core.Decision
    price: Decimal


def decided(periods: Sequence[SettlementPeriod], bands: tuple[core.Band, ...]) -> Iterator[Stretch]:
    """Walk the production decision over past slots."""
    slots = tuple(core.Period(item.starts_at, item.ends_at, item.price_p_per_kwh) for item in periods)
    current: int | None = None
    for place, slot in enumerate(slots):
        near = slots[max(0, place - 1) : place + 2]
        decision = core.decide(core.Situation(now=slot.start, bands=bands, periods=near, current_band=current))
        current = decision.band.position if decision.band is not None else None
        yield Stretch(slot.start, slot.end, decision, slot.price_p_per_kwh)


def sway(moment: datetime, seed: int) -> float:
    """Return a small factor around 1 that wanders over hours, the same each time."""
    at = moment.timestamp() / 1800
    return 1 + SWAY * math.sin(at * 0.7 + seed) + SWAY / 2 * math.sin(at * 2.3 + 2 * seed)


class MinerHistory:
    """Collect the rows of one miner."""

    def __init__(self, miner: Miner, device: Any, seed: int, now: datetime) -> None:
        self.miner, self.device, self.seed, self.now = miner, device, seed, now
        self.maker = MAKERS[miner.kind]
        self.hours: dict[datetime, HourlyMean] = {}
        self.fives: list[FiveMinuteMean] = []
        self.raw: list[TelemetryReading] = []
        self.ledger: list[LedgerEntry] = []

    def add(self, stretch: Stretch, *, champion: bool) -> None:
        """Add one slot."""
        decision = stretch.decision
        on = decision.power is core.Power.ON and (champion or not decision.champion_only)
        on = on or not self.miner.enrolled
        mode = self.maker.first_mode
        if decision.band is not None and self.miner.enrolled:
            asked = decision.band.modes.get(self.miner.kind, core.MANAGED_EXTERNALLY)
            wanted = asked if asked != core.MANAGED_EXTERNALLY else mode
            mode = self.maker.champion_mode if decision.champion_only else wanted
        shown = self.maker.settled(self.device, mode, self.miner.board, on)
        if shown is None:
            return
        moment = stretch.start
        while moment < min(stretch.end, self.now):
            self.five(moment, shown, on=on, mode=mode)
            moment += FiveMinuteMean.LENGTH
        self.book(stretch, shown, on=on, mode=mode if on else "")

    def five(self, start: datetime, shown: Settled, *, on: bool, mode: str) -> None:
        factor = sway(start, self.seed)
        samples = int(FiveMinuteMean.LENGTH / POLL)
        hour = start.replace(minute=0, second=0, microsecond=0)
        rows: list[PeriodSums] = [
            self.hours.setdefault(hour, HourlyMean(miner=self.miner, starts_at=hour, samples=0))
        ]
        if start > self.now - FIVE_MINUTES_FOR:
            aligned = datetime.fromtimestamp(start.timestamp() // 300 * 300, tz=start.tzinfo)
            row = FiveMinuteMean(miner=self.miner, starts_at=aligned, samples=0)
            self.fives.append(row)
            rows.append(row)
        for sums in rows:
            add_samples(sums, samples, shown, factor, on=on)
        if start > self.now - RAW_FOR:
            self.readings(start, samples, shown, factor, on=on, mode=mode)

    def readings(self, start: datetime, count: int, shown: Settled, factor: float, *, on: bool, mode: str) -> None:
        for place in range(count):
            at = start + place * POLL
            if at >= self.now:
                return
            self.raw.append(
                TelemetryReading(
                    miner=self.miner,
                    taken_at=at,
                    state="h" if on else "i",
                    hashrate_ths=shown.hashrate_ths * factor,
                    power_w=shown.power_w * factor if shown.power_w is not None else None,
                    chip_temp_c=shown.chip_temp_c * factor if shown.chip_temp_c is not None else None,
                    frequency_mhz=shown.frequency_mhz,
                    mode=mode,
                )
            )

    def book(self, stretch: Stretch, shown: Settled, *, on: bool, mode: str) -> None:
        end = min(stretch.end, self.now)
        seconds = int((end - stretch.start).total_seconds())
        if seconds <= 0:
            return
        energy = Decimal(round((shown.power_w or 0.0) * seconds / 3.6)) / 1_000_000
        band = stretch.decision.band
        self.ledger.append(
            LedgerEntry(
                miner=self.miner,
                miner_label=self.miner.name,
                starts_at=stretch.start,
                ends_at=stretch.end,
                price_p_per_kwh=stretch.price,
                energy_kwh=energy,
                cost_p=(energy * stretch.price).quantize(NANO_PENNY),
                known_s=seconds,
                hashing_s=seconds if on else 0,
                work_th=shown.hashrate_ths * seconds if on else 0,
                mode=mode,
                band_position=band.position if band is not None else None,
                coin=stretch.decision.target if on else "",
                is_final=True,
            )
        )

    def store(self) -> None:
        """Write everything; a period that two slots touch is written once."""
        HourlyMean.objects.bulk_create(self.hours.values(), batch_size=500, ignore_conflicts=True)
        FiveMinuteMean.objects.bulk_create(self.fives, batch_size=500, ignore_conflicts=True)
        TelemetryReading.objects.bulk_create(self.raw, batch_size=500, ignore_conflicts=True)
        LedgerEntry.objects.bulk_create(self.ledger, batch_size=500, ignore_conflicts=True)


def add_samples(row: PeriodSums, count: int, shown: Settled, factor: float, *, on: bool) -> None:
    """Add samples of one kind to a row of sums; what is unknown is not counted."""
    row.samples += count
    row.hashing_samples += count if on else 0
    for name in ("hashrate_ths", "power_w", "chip_temp_c", "frequency_mhz"):
        value = getattr(shown, name)
        if value is None:
            continue
        setattr(row, f"{name}_sum", getattr(row, f"{name}_sum") + value * factor * count)
        setattr(row, f"{name}_count", getattr(row, f"{name}_count") + count)
    if shown.chip_temp_c is not None:
        row.chip_temp_c_max = max(row.chip_temp_c_max or 0.0, shown.chip_temp_c * factor)
