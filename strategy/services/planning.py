"""What would run over the known slots: the production decision, walked forward."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from energy.usage import SlotTotal, slot_totals
from pools.coins import target_label
from strategy import core
from strategy.services.gathering import situation_of
from strategy.services.in_force import bands_in_force
from strategy.services.switches import strategy_state

PAST = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanSegment:
    """A stretch of time with one answer."""

    starts_at: datetime
    ends_at: datetime
    label: str
    kind: str  # run, off, champion
    band_position: int | None


def plan(now: datetime) -> list[PlanSegment]:
    """Return what would run from now on, slot by slot, neighbours with the same answer joined.

    An override counts until its end; a disabled strategy is planned as if it were on.
    """
    return plan_from(situation_of(strategy_state(), now))


def plan_from(situation: core.Situation) -> list[PlanSegment]:
    return planned(replace(situation, enabled=True))


def plan_with_past(now: datetime) -> list[PlanSegment]:
    """Return what ran over the last day, from the ledger, and what would run from now on."""
    return [*happened(now), *plan(now)]


def happened(now: datetime) -> list[PlanSegment]:
    """Return what the strategy ran slot by slot until now. A slot with two answers shows the longer one."""
    longest: dict[datetime, SlotTotal] = {}
    for slot in slot_totals(now - PAST, now, by_coin=True):
        kept = longest.get(slot.starts_at)
        if slot.band_position is not None and (kept is None or slot.possible_s > kept.possible_s):
            longest[slot.starts_at] = slot
    kept_pools = {band.position for band in bands_in_force().bands if band.target == core.KEEP}
    return joined([past_segment(slot, kept_pools, now) for _start, slot in sorted(longest.items())])


def past_segment(slot: SlotTotal, kept_pools: Collection[int], now: datetime) -> PlanSegment:
    """Return one slot that was. The ledger names no coin where all was off, nor where pools were kept."""
    named = slot.coin not in {"", core.OFF}
    runs = named or (slot.hashing_s > 0 and slot.band_position in kept_pools)
    return PlanSegment(
        starts_at=slot.starts_at,
        ends_at=min(slot.ends_at, now),
        label=target_label(slot.coin) if named else "Keep" if runs else "Off",
        kind="run" if runs else "off",
        band_position=slot.band_position,
    )


def planned(situation: core.Situation) -> list[PlanSegment]:
    return joined([segment_of(decision, start, end) for decision, start, end in walked(situation)])


def walked(situation: core.Situation) -> Iterator[tuple[core.Decision, datetime, datetime]]:
    """Yield what would be decided in each known slot from now on, with the slot's part that lies ahead."""
    current = situation.current_band
    for period in situation.periods:
        if period.end <= situation.now:
            continue
        at = max(period.start, situation.now)
        try:
            decision = core.decide(replace(situation, now=at, current_band=current))
        except core.SituationError:  # the override fits no band any more; set aside, as the tick does
            situation = replace(situation, override=core.Override())
            decision = core.decide(replace(situation, now=at, current_band=current))
        current = decision.band.position if decision.band is not None else None
        yield decision, at, period.end


def segment_of(decision: core.Decision, start: datetime, end: datetime) -> PlanSegment:
    kind = "champion" if decision.champion_only else "run" if decision.power is core.Power.ON else "off"
    return PlanSegment(
        starts_at=start,
        ends_at=end,
        label=words_of(decision),
        kind=kind,
        band_position=decision.band.position if decision.band is not None else None,
    )


def words_of(decision: core.Decision) -> str:
    if decision.power is not core.Power.ON:
        return "Off" if decision.power is core.Power.OFF else "Hold"
    return "Champion" if decision.champion_only else target_label(decision.target)


def joined(segments: Sequence[PlanSegment]) -> list[PlanSegment]:
    found: list[PlanSegment] = []
    for segment in segments:
        last = found[-1] if found else None
        same = last is not None and (last.label, last.kind, last.band_position, last.ends_at) == (
            segment.label,
            segment.kind,
            segment.band_position,
            segment.starts_at,
        )
        if same and last is not None:
            found[-1] = replace(last, ends_at=segment.ends_at)
        else:
            found.append(segment)
    return found
