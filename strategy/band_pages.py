"""What the band editor shows: a row for each band, what waits, and what an edit would change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from energy.services.prices import price_at
from energy.usage import BandUse, use_by_band
from miners.drivers.registry import FAMILY_LABELS, FAMILY_MODES
from strategy import core
from strategy.band_rows import BandError, news_in
from strategy.models import BandVersion, StrategyState, VersionStatus
from strategy.services.bands import edited_version, has_places_of_now, moved_words, rows_of
from strategy.services.gathering import situation_of
from strategy.services.in_force import bands_in_force
from strategy.services.planning import planned
from strategy.services.switches import strategy_state
from strategy.services.undoing import version_before
from strategy.words import Choice, mode_words, target_words

USE_OVER = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeSelect:
    """The modes of one hardware family in one band."""

    family: str
    label: str
    choices: tuple[Choice, ...]
    chosen: str
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EditedBand:
    """One band as the table edits it. `ceiling` is None for the dearest."""

    position: int
    count: int
    version: int  # of the bands it is one of
    range_words: str
    ceiling: str | None
    limits: str  # what the limit may be, before it is broken
    runs: bool
    champion_only: bool
    now: bool
    waits: bool  # differs from the band in force
    next_at: datetime | None
    use: BandUse | None
    target: str
    targets: tuple[Choice, ...]
    modes: tuple[ModeSelect, ...]
    errors: Mapping[str, str] = field(default_factory=dict)


def bands_context(
    now: datetime,
    *,
    errors: Mapping[str, str] | None = None,
    sent: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the bands as they are edited; a refused edit keeps what was typed, with its sentences."""
    errors, sent, at_fault = errors or {}, sent or {}, position_of(sent or {})
    version = edited_version()
    is_pending = version.status == VersionStatus.PENDING
    count = len(version.bands.all())
    return {
        "bands": edited_bands(version, now, errors=errors, sent=sent, at_fault=at_fault),
        "families": list(FAMILY_LABELS.values()),
        "pending_from": version.effective_from if is_pending else None,
        "saved_at": version.created_at if is_pending else None,
        "saved_by": version.created_by,
        "may_undo": version_before(now) is not None,
        "band_errors": [words for words in errors.values() if not at_fault] or unplaced(errors),
        "may_add": count < core.BANDS_MAX,
        "may_remove": count > core.BANDS_MIN,
    }


def edited_bands(
    version: BandVersion, now: datetime, *, errors: Mapping[str, str], sent: Mapping[str, Any], at_fault: int
) -> list[EditedBand]:
    """Return a row for each band of the edited version."""
    is_pending, state = version.status == VersionStatus.PENDING, strategy_state()
    edited, in_force = version.as_core(), bands_in_force().bands
    following = next_moments(state, edited if is_pending else None, now)
    highlighted = counterpart(edited, in_force, position_now(state, in_force, now), now)
    use = use_by_band(now - USE_OVER, now)
    return [
        band_row(
            edited,
            band,
            version=version.pk,
            now=band.position == highlighted,
            waits=is_pending and (len(edited) != len(in_force) or band != in_force[band.position - 1]),
            next_at=following.get(band.position),
            use=use.get(band.position),
            errors=errors if band.position == at_fault else {},
            sent=sent if band.position == at_fault else {},
        )
        for band in edited
    ]


def unplaced(errors: Mapping[str, str]) -> list[str]:
    """Return the sentences no field of a row stands for."""
    placed = {"ceiling_p_per_kwh", "target", *(f"{family}_mode" for family in FAMILY_MODES)}
    return [words for name, words in errors.items() if name not in placed]


def position_of(sent: Mapping[str, Any]) -> int:
    text = str(sent.get("position", ""))
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 4 else 0


def position_now(state: StrategyState, bands: Sequence[core.Band], now: datetime) -> int | None:
    """Return the band in force; while the strategy is off, the one the price lies in."""
    if state.band_in_force is not None:
        return state.band_in_force
    period = price_at(now)
    return core.band_for(period.price_p_per_kwh, bands).position if period is not None else None


def counterpart(
    edited: Sequence[core.Band], in_force: Sequence[core.Band], current: int | None, now: datetime
) -> int | None:
    """Return the edited band that stands for the one in force: its place, or where the price of now lies."""
    if current is None or len(edited) == len(in_force):
        return current
    period = price_at(now)
    return core.band_for(period.price_p_per_kwh, edited).position if period is not None else None


def next_moments(state: StrategyState, waiting: tuple[core.Band, ...] | None, now: datetime) -> dict[int, datetime]:
    """Return when each band would come next, by the bands as they are edited."""
    situation = replace(situation_of(state, now), enabled=True)
    if waiting is not None:
        situation = replace(situation, bands=waiting, current_band=None, override=core.Override())
    found: dict[int, datetime] = {}
    for segment in planned(situation):
        if segment.band_position is not None:
            found.setdefault(segment.band_position, segment.starts_at)
    return found


def band_row(
    bands: Sequence[core.Band],
    band: core.Band,
    *,
    version: int,
    now: bool,
    waits: bool,
    next_at: datetime | None,
    use: BandUse | None,
    errors: Mapping[str, str],
    sent: Mapping[str, Any],
) -> EditedBand:
    ceiling = limit_text(band.ceiling_p_per_kwh)
    target = str(sent.get("target", band.target))[:20]
    return EditedBand(
        position=band.position,
        count=len(bands),
        version=version_in(sent) or version,  # what was typed is still compared with what was seen
        range_words=band.range_words,
        ceiling=str(sent.get("ceiling_p_per_kwh", ceiling))[:40] if ceiling is not None else None,
        limits=limits_words(bands, band),
        runs=band.runs,
        champion_only=band.champion_only,
        now=now,
        waits=waits,
        next_at=next_at,
        use=use,
        target=target_words(band.target),
        targets=tuple(Choice(value=name, label=target_words(name), chosen=name == target) for name in core.TARGETS),
        modes=tuple(
            mode_select(
                family,
                str(sent.get(f"{family}_mode", band.modes.get(family, core.MANAGED_EXTERNALLY))),
                errors.get(f"{family}_mode", ""),
            )
            for family in FAMILY_MODES
        ),
        errors=errors,
    )


def limit_text(limit: Decimal | None) -> str | None:
    """Return a limit with two places, and with all it has where that is more."""
    if limit is None:
        return None
    return f"{limit:.2f}" if limit == round(limit, 2) else core.short(limit)


def limits_words(bands: Sequence[core.Band], band: core.Band) -> str:
    """Say between which prices a band may end."""
    above = bands[band.position].ceiling_p_per_kwh if band.position < len(bands) else None
    parts = [
        f"above {core.short(band.floor_p_per_kwh)} p" if band.floor_p_per_kwh is not None else "",
        f"below {core.short(above)} p" if above is not None else "",
    ]
    return " and ".join(filter(None, parts))


def mode_select(family: str, chosen: str, error: str) -> ModeSelect:
    options = (*FAMILY_MODES[family], core.MANAGED_EXTERNALLY)
    return ModeSelect(
        family=family,
        label=FAMILY_LABELS[family],
        choices=tuple(Choice(value=mode, label=mode_words(mode), chosen=mode == chosen) for mode in options),
        chosen=mode_words(chosen),
        error=error,
    )


def refuse_if_changed(sent: Mapping[str, Any]) -> None:
    """Raise BandError when bands were added, removed or replaced since the page was made."""
    if "version" not in sent:
        return
    seen = seen_version(sent)
    if seen is None or not has_places_of_now(seen):
        raise BandError({"bands": f"{moved_words()} Look again."})


def edited_fields(position: int, changes: Mapping[str, Any], sent: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what a person changed of a row; a page sends it whole, and it may be older than another's edit."""
    seen = seen_version(sent)
    rows = rows_of(seen) if seen is not None else []
    return news_in(changes, rows[position - 1]) if 1 <= position <= len(rows) else changes


def seen_version(sent: Mapping[str, Any]) -> BandVersion | None:
    """Return the version a page showed when it was made."""
    return BandVersion.objects.filter(pk=version_in(sent)).first()


def version_in(sent: Mapping[str, Any]) -> int:
    text = str(sent.get("version", ""))
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0
