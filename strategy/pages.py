"""What the strategy page shows: its contexts, made from the one decision, the plan and the bands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.urls import reverse

from energy.outlook import outlook
from energy.services.prices import known_until, periods_between, price_at
from hmm.audit.contexts import recent
from hmm.look.price_chart import price_bars
from hmm.look.price_shapes import PriceChart
from hmm.look.zones import local_zone
from miners.drivers.registry import FAMILY_LABELS, FAMILY_MODES
from miners.models import Miner
from pools.coins import target_label
from strategy import core
from strategy.models import StrategyState
from strategy.services.bands import active_version, edited_version, pending_version
from strategy.services.planning import PlanSegment, plan
from strategy.services.switches import strategy_state

BEFORE, AHEAD = timedelta(days=2), timedelta(days=3)
PREVIEW_ROWS, ACTIVITY_ROWS = 6, 8
MODE_LABELS = {core.MANAGED_EXTERNALLY: "leave as is"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One option of a select."""

    value: str
    label: str
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeSelect:
    """The modes of one hardware family in one band."""

    family: str
    label: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BandRow:
    """One band as the table edits it. `ceiling` is None for the dearest."""

    position: int
    count: int
    range_words: str
    ceiling: str | None
    runs: bool
    champion_only: bool
    now: bool
    next_at: datetime | None
    summary: str
    targets: tuple[Choice, ...]
    modes: tuple[ModeSelect, ...]
    errors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What is in force and why."""

    enabled: bool
    override: str
    override_until: datetime | None
    override_by: str
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
    segments = plan(now)
    return {
        **status_context(now),
        **chart_context(now, segments),
        **bands_context(now, segments=segments),
        "preview": segments[:PREVIEW_ROWS],
        "enrolment": enrolment(),
        **activity_context(),
    }


def activity_context() -> dict[str, Any]:
    """Return the newest rows of what the strategy did and of who changed it."""
    return {"activity": recent(("strategy.", "band.", "champion."), ACTIVITY_ROWS)}


# --- status --------------------------------------------------------------------------------------


def status_context(now: datetime) -> dict[str, Any]:
    """Return what is in force and why."""
    state, bands = strategy_state(), active_version().as_core()
    flips = state.told("flips_at_p_per_kwh")
    position = position_now(state, bands, now)
    return {
        "status": Status(
            enabled=state.enabled,
            override=state.override_at(now).value,
            override_until=state.override_until,
            override_by=state.override_by,
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
        )
    }


def position_now(state: StrategyState, bands: Sequence[core.Band], now: datetime) -> int | None:
    """Return the band in force; while the strategy is off, the one the price lies in."""
    if state.enabled and state.current_band is not None:
        return state.current_band
    period = price_at(now)
    return core.band_for(period.price_p_per_kwh, bands).position if period is not None else None


def headline(state: StrategyState, band: core.Band | None) -> str:
    if not state.enabled:
        return "The strategy is off"
    if state.told("power") == core.Power.OFF.value:
        return "Off" if band is None or band.runs else f"Band {band.position}: off"
    if band is None:
        return "No band is in force"
    return f"Band {band.position}: {band_words(band)}"


def band_words(band: core.Band) -> str:
    """Return what a band runs: coin, and its modes where it sets any."""
    if not band.runs:
        return "everything off"
    modes = [mode for mode in band.modes.values() if mode not in {core.MANAGED_EXTERNALLY, "fixed"}]
    words = " · ".join(part for part in (target_label(band.target), " / ".join(dict.fromkeys(modes))) if part)
    return f"{words}, on the champion alone" if band.champion_only else words


# --- chart ---------------------------------------------------------------------------------------


def chart_context(now: datetime, segments: Sequence[PlanSegment] | None = None) -> dict[str, Any]:
    """Return the prices with the plan, wide and for a phone."""
    segments = plan(now) if segments is None else segments
    bands, periods = active_version().as_core(), periods_between(now - BEFORE, now + AHEAD)
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


# --- bands ---------------------------------------------------------------------------------------


def bands_context(
    now: datetime,
    *,
    errors: Mapping[str, str] | None = None,
    sent: Mapping[str, Any] | None = None,
    saved: bool = False,
    segments: Sequence[PlanSegment] | None = None,
) -> dict[str, Any]:
    """Return the bands as they are edited; a refused edit keeps what was typed, with its sentences."""
    edited, pending = edited_version().as_core(), pending_version()
    count = len(edited)
    segments = plan(now) if segments is None else segments
    following: dict[int, datetime] = {}
    for segment in segments:
        if segment.band_position is not None:
            following.setdefault(segment.band_position, segment.starts_at)
    current = position_now(strategy_state(), active_version().as_core(), now) if pending is None else None
    position = str((sent or {}).get("position", ""))
    at_fault = int(position) if position.isdecimal() else 0
    return {
        "bands": [
            band_row(
                band,
                count,
                now=band.position == current,
                next_at=following.get(band.position) if pending is None else None,
                errors=(errors or {}) if band.position == at_fault else {},
                sent=(sent or {}) if band.position == at_fault else {},
            )
            for band in edited
        ],
        "families": list(FAMILY_LABELS.values()),
        "pending_from": pending.effective_from if pending is not None else None,
        "band_errors": list((errors or {}).values()),
        "saved": saved,
        "may_add": count < core.BANDS_MAX,
        "may_remove": count > core.BANDS_MIN,
    }


def band_row(
    band: core.Band,
    count: int,
    *,
    now: bool,
    next_at: datetime | None,
    errors: Mapping[str, str],
    sent: Mapping[str, Any],
) -> BandRow:
    ceiling = f"{band.ceiling_p_per_kwh:.2f}" if band.ceiling_p_per_kwh is not None else None
    target = str(sent.get("target", band.target))
    return BandRow(
        position=band.position,
        count=count,
        range_words=band.range_words,
        ceiling=str(sent.get("ceiling_p_per_kwh", ceiling)) if ceiling is not None else None,
        runs=band.runs,
        champion_only=band.champion_only,
        now=now,
        next_at=next_at,
        summary=band_words(band),
        targets=tuple(Choice(value=name, label=target_words(name), chosen=name == target) for name in core.TARGETS),
        modes=tuple(
            mode_select(family, str(sent.get(f"{family}_mode", band.modes.get(family, core.MANAGED_EXTERNALLY))))
            for family in FAMILY_MODES
        ),
        errors=errors,
    )


def target_words(name: str) -> str:
    return {core.OFF: "OFF", core.KEEP: "Keep"}.get(name, target_label(name))


def mode_select(family: str, chosen: str) -> ModeSelect:
    options = (*FAMILY_MODES[family], core.MANAGED_EXTERNALLY)
    return ModeSelect(
        family=family,
        label=FAMILY_LABELS[family],
        choices=tuple(
            Choice(value=mode, label=MODE_LABELS.get(mode, mode), chosen=mode == chosen) for mode in options
        ),
    )


# --- enrolment -----------------------------------------------------------------------------------


def enrolment() -> list[Enrolment]:
    """Return every miner, those that follow first."""
    rows = Miner.objects.with_latest().order_by("-enrolled", "name", "pk")
    return [
        Enrolment(
            pk=miner.pk,
            name=miner.name,
            url=reverse("miner", args=[miner.pk]),
            enrolled=miner.enrolled,
            note=enrolment_note(miner),
        )
        for miner in rows
    ]


def enrolment_note(miner: Miner) -> str:
    if not miner.may_be_written:
        return "only read; HMM does not command this kind yet"
    if not miner.enrolled:
        return "never touched"
    if miner.unreachable_since is not None:
        return "will be set when it answers"
    target = getattr(miner, "target", None)
    return str(target.waiting or target.why) if target is not None else "waiting for the first decision"


def bands_in_force() -> tuple[core.Band, ...]:
    return active_version().as_core()


# The energy page lies a layer below and may not ask for these; they are handed to it with the addresses.
outlook.bands = bands_in_force
outlook.plan = plan
