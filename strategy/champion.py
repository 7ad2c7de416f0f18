"""The champion of a band: the most efficient miner, alone, until the band is left. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from strategy.wanting import Efficiency, MinerView

FAILURES_TO_PROMOTE = 3
SAMPLES_MIN = 10


class ChampionEvent(StrEnum):
    """What happened to the champion in one tick; each is audited and notified."""

    NONE = ""
    SELECTED = "selected"
    PROMOTED = "promoted"
    EXHAUSTED = "exhausted"


class EfficiencySource(StrEnum):
    """Where an efficiency comes from; shown beside it."""

    MEASURED = "measured"
    FEW = "few readings"
    EXPECTED = "expected"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChampionState:
    """What is stored between ticks; it belongs to one stay in one band."""

    band: int | None = None
    champion: str | None = None
    failures: int = 0
    failed: tuple[str, ...] = ()  # not chosen again in the same stay
    exhausted: bool = False  # said once a stay


def next_state(
    state: ChampionState, miners: Sequence[MinerView], band: int | None
) -> tuple[ChampionState, ChampionEvent]:
    """Return the champion after this tick. `band` is the champion band in force, None outside one."""
    if band is None:
        return ChampionState(), ChampionEvent.NONE
    if state.band != band:
        state = ChampionState(band=band)
    by_id = {miner.id: miner for miner in miners}
    current = by_id.get(state.champion) if state.champion is not None else None
    if current is not None and current.enrolled and not is_kept_off(current):
        if not current.failing:
            return (state if current.starting else replace(state, failures=0)), ChampionEvent.NONE
        if state.failures + 1 < FAILURES_TO_PROMOTE:
            return replace(state, failures=state.failures + 1), ChampionEvent.NONE
        state = replace(state, failed=(*state.failed, current.id), failures=0)
    return _choose(state, miners)


def _choose(state: ChampionState, miners: Sequence[MinerView]) -> tuple[ChampionState, ChampionEvent]:
    had_one = state.champion is not None or bool(state.failed)
    ranking = [miner for miner in ranked(miners) if miner.id not in state.failed]
    if ranking:
        event = ChampionEvent.PROMOTED if had_one else ChampionEvent.SELECTED
        return replace(state, champion=ranking[0].id, failures=0, exhausted=False), event
    event = ChampionEvent.EXHAUSTED if state.failed and not state.exhausted else ChampionEvent.NONE
    return replace(state, champion=None, failures=0, exhausted=bool(state.failed)), event


def ranked(miners: Iterable[MinerView]) -> list[MinerView]:
    """Return the candidates, the most efficient first; ties by id."""
    return sorted((miner for miner in miners if is_candidate(miner)), key=_rank)


def is_candidate(miner: MinerView) -> bool:
    """Tell whether a miner could be champion: enrolled, free of holds and rules, there or turned off by us."""
    at_plug = miner.plug is not None and miner.plug.state is False
    off_by_us = miner.confirmed.power is False and (miner.can_turn_off or at_plug)
    return miner.enrolled and not miner.holds and not is_kept_off(miner) and (miner.reachable or off_by_us)


def is_kept_off(miner: MinerView) -> bool:
    """Tell whether a rule keeps a miner off, so that it cannot run for all the others."""
    return miner.cap is not None and miner.cap.off


def _rank(miner: MinerView) -> tuple[bool, float, tuple[int, str]]:
    figure, _source = joules_per_terahash(miner.efficiency)
    number = int(miner.id) if miner.id.isdigit() else 0
    return figure is None, figure or 0.0, (number, miner.id)


def joules_per_terahash(efficiency: Efficiency) -> tuple[float | None, EfficiencySource]:
    """Return J/TH and where it comes from: enough readings, few of them, or the preset's expectation."""
    if efficiency.power_w and efficiency.hashrate_ths:
        measured = efficiency.power_w / efficiency.hashrate_ths
        enough = efficiency.samples >= SAMPLES_MIN
        return measured, EfficiencySource.MEASURED if enough else EfficiencySource.FEW
    if efficiency.expected_j_per_th:
        return efficiency.expected_j_per_th, EfficiencySource.EXPECTED
    return None, EfficiencySource.UNKNOWN
