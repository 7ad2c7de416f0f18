"""What the head of Home says: the price now, what runs and why, what comes next."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from energy.services.known import KnownPrice
from energy.services.refresh import FetchState, fetch_state
from hmm.dashboards.ground import Ground
from hmm.look.price_chart import price_bars
from hmm.look.price_shapes import PriceChart
from hmm.look.zones import local_zone
from pools.coins import target_label
from strategy import core
from strategy.models import StrategyState
from strategy.services.gathering import situation_from
from strategy.services.planning import PlanSegment, plan_from
from strategy.words import asked_modes


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One band of the ladder and what it runs."""

    position: int
    range_words: str
    what: str
    now: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """What runs now as a sentence: "Mining", "BCH · standard", "." The middle part stands out."""

    before: str
    what: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hero:
    """The head of Home. `ladder` is dear to cheap."""

    price: Decimal | None
    until: datetime | None
    next_price: Decimal | None
    next_band: int | None
    band_position: int | None
    band_count: int
    enabled: bool
    runs: str
    verdict: Verdict
    then_runs: str
    then_at: datetime | None
    explanation: str
    strategy_word: str
    tariff_name: str
    ladder: tuple[Step, ...]
    chart: PriceChart
    phone_chart: PriceChart
    prices: FetchState


def hero_context(ground: Ground) -> Hero:
    """Make the head of Home of what was read."""
    now, bands, state, known = ground.now, ground.bands, ground.state, ground.prices
    period, following, periods = known.current, known.following, known.periods
    segments = plan_from(situation_from(state, bands, known, shape=ground.shape))
    in_force = band_in_force(state, bands, period)
    prices = fetch_state(now, known)
    then = segments[1] if len(segments) > 1 else None
    return Hero(
        price=period.price_p_per_kwh if period is not None else None,
        until=period.ends_at if period is not None else None,
        next_price=following.price_p_per_kwh if following is not None else None,
        next_band=core.band_for(following.price_p_per_kwh, bands).position if following is not None else None,
        band_position=in_force,
        band_count=len(bands),
        enabled=state.enabled,
        runs=segments[0].label if segments else "",
        verdict=verdict(segments[0] if segments else None, bands, state.override_at(now)),
        then_runs=then.label if then is not None else "",
        then_at=then.starts_at if then is not None else None,
        explanation=str(state.told("explanation") or ""),
        strategy_word=strategy_word(state, now),
        tariff_name=prices.tariff.name if prices.tariff is not None else "",
        ladder=ladder(bands, in_force),
        chart=chart(periods, bands, segments, now, hours=48, height=284),
        phone_chart=chart(periods, bands, segments, now, hours=24, height=178),
        prices=prices,
    )


def band_in_force(state: StrategyState, bands: Sequence[core.Band], period: KnownPrice | None) -> int | None:
    """Return the band the strategy is in; while it is off, the one the price lies in."""
    if state.band_in_force is not None:
        return state.band_in_force
    return core.band_for(period.price_p_per_kwh, bands).position if period is not None else None


def verdict(segment: PlanSegment | None, bands: Sequence[core.Band], override: core.OverrideKind) -> Verdict:
    """Say what runs now, and in which mode."""
    if segment is None:
        return Verdict("", "Nothing", " is decided yet.")
    band = next((band for band in bands if band.position == segment.band_position), None)
    if segment.kind == "off" or band is None:
        if segment.label == "Off":
            return Verdict(
                "", "Off", " at this price." if override is core.OverrideKind.AUTO else ", whatever the price."
            )
        return Verdict("", "Everything stays", " as it is.")
    if segment.kind == "champion":
        return Verdict("", "The champion", f" mines {coin_of(band)} alone.")
    return Verdict("Mining ", " · ".join(part for part in (coin_of(band), mode_of(band)) if part), ".")


def coin_of(band: core.Band) -> str:
    return "at each miner's own pool" if band.target == core.KEEP else target_label(band.target)


def mode_of(band: core.Band) -> str:
    """Return the mode most families have in a band, by the order of the editor; empty where none is set."""
    counted = Counter(asked_modes(band))
    return counted.most_common(1)[0][0] if counted else ""


def ladder(bands: Sequence[core.Band], in_force: int | None) -> tuple[Step, ...]:
    return tuple(
        Step(
            position=band.position,
            range_words=range_short(band),
            what=what_runs(band),
            now=band.position == in_force,
        )
        for band in reversed(bands)
    )


def range_short(band: core.Band) -> str:
    """Return a band's range where there is little room: "30 + p"."""
    if band.ceiling_p_per_kwh is None and band.floor_p_per_kwh is not None:
        return f"{core.short(band.floor_p_per_kwh)} + p"
    return band.range_words


def what_runs(band: core.Band) -> str:
    """Return what a band runs in two words."""
    if not band.runs:
        return "Off"
    words = " · ".join(part for part in (target_label(band.target), mode_of(band)) if part)
    return f"{words}, champion" if band.champion_only else words


def strategy_word(state: StrategyState, now: datetime) -> str:
    """Return the strategy's state in a word."""
    if not state.enabled:
        return "Off"
    return {
        core.OverrideKind.AUTO: "Auto",
        core.OverrideKind.ON: "Forced on",
        core.OverrideKind.OFF: "Forced off",
    }[state.override_at(now)]


def chart(
    periods: Sequence[KnownPrice],
    bands: Sequence[core.Band],
    segments: Sequence[PlanSegment],
    now: datetime,
    *,
    hours: int,
    height: int,
) -> PriceChart:
    return price_bars(periods, bands, segments, now, zone=local_zone(), hours=hours, height=height, crosshair=False)
