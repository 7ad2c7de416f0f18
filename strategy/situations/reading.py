"""Build a situation from JSON. Pure."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from strategy.core import (
    BANDS_MAX,
    TARGETS,
    Band,
    FailSafe,
    Override,
    OverrideKind,
    Period,
    Settings,
    Situation,
    SituationError,
)
from strategy.situations.elements import flag, listing, mapping, moment, number, position, shown, words

PREVIOUS = "previous"
MODE_ALIASES = {"overclock": "oc", "medium": "med", "std": "standard"}


def situation_from(raw: Mapping[str, Any], previous: Mapping[str, Any] | None = None) -> Situation:
    """Build a situation. Raise SituationError naming the field that cannot be read."""
    for name in ("now", "bands", "prices"):
        if raw.get(name) is None:
            raise SituationError(name, f"{name} is missing.")
    now = moment(raw["now"], "now")
    bands = bands_from(raw["bands"])
    told = raw.get("last_price_at")
    last = moment(told, "last_price_at") if told is not None else None
    return Situation(
        now=now,
        bands=bands,
        periods=periods_from(raw["prices"]),
        current_band=current_band(raw.get("current_band"), previous, len(bands)),
        last_price_at=last if last is not None and last <= now else None,  # the end of a slot that has ended
        enabled=flag(raw.get("enabled"), "enabled", default=True),
        override=override_from(raw.get("override"), len(bands)),
        settings=settings_from(raw.get("settings")),
    )


def bands_from(raw: Any) -> tuple[Band, ...]:
    """Build the bands; limits must rise, and only the last may be open."""
    items = listing(raw, "bands")
    if not 1 <= len(items) <= BANDS_MAX:
        raise SituationError("bands", f"There must be 1 to {BANDS_MAX} bands, not {len(items)}.")
    bands: list[Band] = []
    floor: Decimal | None = None
    for place, item in enumerate(items):
        band = band_from(item, place, floor, is_last=place == len(items) - 1)
        floor = band.ceiling_p_per_kwh
        bands.append(band)
    return tuple(bands)


def band_from(raw: Any, place: int, floor: Decimal | None, *, is_last: bool) -> Band:
    name = f"bands[{place}]"
    if raw is None:
        raise SituationError(name, f"{name} must be an object, not null.")
    item = mapping(raw, name)
    target = item.get("target")
    if target not in TARGETS:
        raise SituationError(f"{name}.target", f"{shown(target)} is no target; choose one of {', '.join(TARGETS)}.")
    return Band(
        position=place + 1,
        ceiling_p_per_kwh=ceiling_from(item.get("ceiling_p_per_kwh"), name, floor, is_last=is_last),
        floor_p_per_kwh=floor,
        target=str(target),
        modes=modes_from(item.get("modes"), f"{name}.modes"),
        champion_only=flag(item.get("champion_only"), f"{name}.champion_only", default=False),
    )


def ceiling_from(raw: Any, name: str, floor: Decimal | None, *, is_last: bool) -> Decimal | None:
    field = f"{name}.ceiling_p_per_kwh"
    if raw is None:
        if is_last:
            return None
        raise SituationError(field, "Only the last band may have no limit.")
    ceiling = number(raw, field)
    if floor is not None and ceiling <= floor:
        raise SituationError(field, f"{ceiling} must be above the limit of the band before, {floor}.")
    return ceiling


def modes_from(raw: Any, name: str) -> dict[str, str]:
    modes: dict[str, str] = {}
    for family, mode in mapping(raw, name).items():
        if not isinstance(mode, str):
            raise SituationError(f"{name}.{family}"[:200], "A mode is a word.")
        modes[family] = mode_of(words(mode, f"{name}.{family}"[:200]))
    return modes


def mode_of(mode: str) -> str:
    return MODE_ALIASES.get(mode, mode)


def periods_from(raw: Any) -> tuple[Period, ...]:
    """Build the slots, sorted by start; they may have gaps and must not overlap."""
    placed = [(period_from(item, f"prices[{place}]"), place) for place, item in enumerate(listing(raw, "prices"))]
    placed.sort(key=lambda pair: pair[0].start)
    for (before, _first), (after, place) in pairwise(placed):
        if after.start < before.end:
            raise SituationError(
                f"prices[{place}].start",
                f"The slot that starts at {after.start.isoformat()} overlaps the one that starts at"
                f" {before.start.isoformat()}.",
            )
    return tuple(period for period, _place in placed)


def period_from(raw: Any, name: str) -> Period:
    if raw is None:
        raise SituationError(name, f"{name} must be an object, not null.")
    item = mapping(raw, name)
    for key in ("start", "end", "price_p_per_kwh"):
        if item.get(key) is None:
            raise SituationError(f"{name}.{key}", f"{key} is missing.")
    start, end = moment(item["start"], f"{name}.start"), moment(item["end"], f"{name}.end")
    if end <= start:
        raise SituationError(f"{name}.end", "A slot must end after it starts.")
    return Period(start, end, number(item["price_p_per_kwh"], f"{name}.price_p_per_kwh"))


def current_band(raw: Any, previous: Mapping[str, Any] | None, count: int) -> int | None:
    if raw == PREVIOUS:
        band = previous.get("band") if previous is not None else None
        return band if isinstance(band, int) and band <= count else None
    return position(raw, "current_band", count)


def override_from(raw: Any, count: int) -> Override:
    item = mapping(raw, "override")
    kind = item.get("kind", OverrideKind.AUTO)
    if kind not in tuple(OverrideKind):
        raise SituationError("override.kind", f"{shown(kind)} is none of auto, on, off.")
    until = item.get("until")
    return Override(
        kind=OverrideKind(kind),
        band=position(item.get("band"), "override.band", count),
        until=moment(until, "override.until") if until is not None else None,
    )


def settings_from(raw: Any) -> Settings:
    item = mapping(raw, "settings")
    minutes = item.get("grace_minutes")
    grace = number(minutes if minutes is not None else 30, "settings.grace_minutes")
    if not 0 <= grace <= 7 * 24 * 60:
        raise SituationError("settings.grace_minutes", "The grace time is 0 to 10080 minutes.")
    fail_safe = item.get("fail_safe")
    if fail_safe is None:
        fail_safe = FailSafe.OFF
    if fail_safe not in tuple(FailSafe):
        raise SituationError("settings.fail_safe", f"{shown(fail_safe)} is none of off, lowest, hold.")
    return Settings(grace=timedelta(minutes=float(grace)), fail_safe=FailSafe(fail_safe))
