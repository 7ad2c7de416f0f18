"""What the strategy page shows: its contexts, made from the one decision, the plan and the bands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from energy.outlook import outlook
from energy.services.prices import known_until, periods_between
from hmm.audit.contexts import recent
from hmm.look.addresses import address
from hmm.look.price_chart import price_bars
from hmm.look.price_shapes import PriceChart
from hmm.look.zones import local_zone
from miners.models import Miner
from pools.coins import target_label
from strategy import core
from strategy.band_pages import bands_context, position_now
from strategy.forms import OverrideForm, SafetyForm
from strategy.models import AutomationRule, RuleCrossing, StrategyState
from strategy.preview import preview_context
from strategy.services.gathering import gather
from strategy.services.in_force import bands_in_force
from strategy.services.planning import PlanSegment, happened, plan_from, plan_with_past
from strategy.services.switches import strategy_state
from strategy.why_pages import why_strategy
from strategy.words import Choice, band_words

BEFORE, AHEAD = timedelta(days=2), timedelta(days=3)
ACTIVITY_ROWS = 8
WITHOUT_BAND = {core.Power.LOWEST.value: "Lowest modes", core.Power.HOLD.value: "Everything stays as it is"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What is in force and why."""

    enabled: bool
    override: str
    override_until: datetime | None
    override_by: str
    override_since: datetime | None
    band_position: int | None
    band_count: int
    headline: str
    since: datetime | None
    explanation: str
    flips_at: Decimal | None
    running_bands: tuple[Choice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """One miner and whether it follows."""

    pk: int
    name: str
    url: str
    enrolled: bool
    note: str


def strategy_page(now: datetime) -> dict[str, Any]:
    """Return everything the page shows."""
    scene = gather(now)
    segments = [*happened(now), *plan_from(scene.situation)]
    return {
        **status_context(now),
        **chart_context(now, segments),
        **bands_context(now),
        **preview_context(now, scene=scene),
        "why": why_strategy(now, scene),
        "enrolment": enrolment(),
        "rule_counts": rule_counts(),
        "safety_form": safety_form(),
        **activity_context(),
    }


def safety_form() -> SafetyForm:
    state = strategy_state()
    return SafetyForm(initial={"grace_minutes": state.grace_minutes, "fail_safe": state.fail_safe})


def activity_context() -> dict[str, Any]:
    """Return the newest rows of what the strategy did and of who changed it."""
    return {"activity": recent(("strategy.", "band.", "champion.", "rule."), ACTIVITY_ROWS)}


def rule_counts() -> dict[str, int]:
    """Return how many rules there are, and how many of them hold now."""
    held = RuleCrossing.objects.filter(active=True, rule__enabled=True).values("rule").distinct()
    return {"used": AutomationRule.objects.filter(enabled=True).count(), "held": held.count()}


# --- status --------------------------------------------------------------------------------------


def status_context(now: datetime) -> dict[str, Any]:
    """Return what is in force and why."""
    state, bands = strategy_state(), bands_in_force().bands
    flips = state.told("flips_at_p_per_kwh")
    position = position_now(state, bands, now)
    is_overridden = state.override_at(now) is not core.OverrideKind.AUTO
    return {
        "override_form": OverrideForm(initial={"kind": "on", "band": state.override_band}),
        "status": Status(
            enabled=state.enabled,
            override=state.override_at(now).value,
            override_until=state.override_until if is_overridden else None,
            override_by=state.override_by if is_overridden else "",
            override_since=state.override_since if is_overridden else None,
            band_position=position,
            band_count=len(bands),
            headline=headline(state, core.at_position(bands, position)),
            since=state.current_since if state.enabled else None,
            explanation=str(state.told("explanation") or "The first decision comes within a minute."),
            flips_at=Decimal(str(flips)) if flips is not None else None,
            running_bands=tuple(
                Choice(
                    value=str(band.position),
                    label=f"{band.position}: {band_words(band)}",
                    chosen=band.position == state.override_band,
                )
                for band in bands
                if band.runs
            ),
        ),
    }


def headline(state: StrategyState, band: core.Band | None) -> str:
    if not state.enabled:
        return "The strategy is off"
    if state.told("power") == core.Power.OFF.value:
        return "Off" if band is None or band.runs else f"Band {band.position}: off"
    if band is None:
        return WITHOUT_BAND.get(str(state.told("power")), "No band is in force")
    return f"Band {band.position}: {band_words(band)}"


# --- chart ---------------------------------------------------------------------------------------


def chart_context(now: datetime, segments: Sequence[PlanSegment] | None = None) -> dict[str, Any]:
    """Return the prices with the plan, wide and for a phone."""
    segments = plan_with_past(now) if segments is None else segments
    bands, periods = bands_in_force().bands, periods_between(now - BEFORE, now + AHEAD)
    labels = {band.position: side_label(band) for band in bands}

    def drawn(hours: int, height: int) -> PriceChart:
        return price_bars(
            periods, bands, segments, now, zone=local_zone(), hours=hours, height=height, stripes=True, labels=labels
        )

    return {"chart": drawn(48, 288), "phone_chart": drawn(24, 228), "known_until": known_until(now)}


def side_label(band: core.Band) -> str:
    if not band.runs:
        return "Off"
    return "Champion only" if band.champion_only else target_label(band.target)


# --- enrolment -----------------------------------------------------------------------------------


def enrolment() -> list[Enrolment]:
    """Return every miner, those that follow first."""
    rows = Miner.objects.for_tiles().order_by("-enrolled", "name", "pk")
    return [
        Enrolment(
            pk=miner.pk,
            name=miner.name,
            url=address("miner", miner.pk),
            enrolled=miner.enrolled,
            note=enrolment_note(miner),
        )
        for miner in rows
    ]


def enrolment_note(miner: Miner) -> str:
    if not miner.may_be_written:
        return "only read; HMM does not command this kind yet"
    if not miner.enrolled:
        return "left alone by the strategy"
    if miner.unreachable_since is not None:
        return "will be set when it answers"
    target = getattr(miner, "target", None)
    return str(target.waiting or target.why) if target is not None else "waiting for the first decision"


def core_bands() -> tuple[core.Band, ...]:
    return bands_in_force().bands


# The energy page lies a layer below and may not ask for these; they are handed to it with the addresses.
outlook.bands = core_bands
outlook.plan = plan_with_past
