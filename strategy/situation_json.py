"""Situations and decisions as JSON: how support asks, and how the activity stream keeps them. Pure."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import Any

from strategy.champion import ChampionState, next_state
from strategy.core import (
    BANDS_MAX,
    TARGETS,
    Band,
    Decision,
    FailSafe,
    Override,
    OverrideKind,
    Period,
    Settings,
    Situation,
    SituationError,
    decide,
    short,
)
from strategy.plugging import plan
from strategy.wanting import Efficiency, Fields, MinerView, Plug, Wanted

PREVIOUS = "previous"
PRICE_LIMIT = Decimal(100_000)  # p/kWh; further out is a slip of the unit, not a price
MODE_ALIASES = {"overclock": "oc", "medium": "med", "std": "standard"}


def answer(raw: Any, previous: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the answer to one situation, or its error in the same place."""
    try:
        mapping = _mapping(raw, "situation")
        situation = situation_from(mapping, previous)
        decision = decide(situation)
        result = decision_json(decision)
        if mapping.get("miners") is not None:
            result |= _miners_answer(mapping, decision)
        return result
    except SituationError as error:
        return {"error": {"field": error.field, "message": error.message}}


def answer_all(raw: Any) -> Any:
    """Return one answer, or a list of them; `"previous"` takes the band of the answer before."""
    if not isinstance(raw, list):
        return answer(raw)
    answers: list[dict[str, Any]] = []
    for element in raw:
        answers.append(answer(element, answers[-1] if answers else None))
    return answers


def has_error(answers: Any) -> bool:
    listed = answers if isinstance(answers, list) else [answers]
    return any("error" in item for item in listed)


# --- in ------------------------------------------------------------------------------------------


def situation_from(raw: Mapping[str, Any], previous: Mapping[str, Any] | None = None) -> Situation:
    """Build a situation. Raise SituationError naming the field that cannot be read."""
    for name in ("now", "bands", "prices"):
        if name not in raw:
            raise SituationError(name, f"{name} is missing.")
    bands = bands_from(raw["bands"])
    last = raw.get("last_price_at")
    return Situation(
        now=moment(raw["now"], "now"),
        bands=bands,
        periods=periods_from(raw["prices"]),
        current_band=_current_band(raw.get("current_band"), previous, len(bands)),
        last_price_at=moment(last, "last_price_at") if last is not None else None,
        enabled=_flag(raw.get("enabled", True), "enabled"),
        override=_override(raw.get("override"), len(bands)),
        settings=_settings(raw.get("settings")),
    )


def bands_from(raw: Any) -> tuple[Band, ...]:
    """Build the bands; limits must rise, and only the last may be open."""
    items = _list(raw, "bands")
    if not 1 <= len(items) <= BANDS_MAX:
        raise SituationError("bands", f"There must be 1 to {BANDS_MAX} bands, not {len(items)}.")
    bands: list[Band] = []
    floor: Decimal | None = None
    for place, item in enumerate(items):
        band = _band(item, place, floor, is_last=place == len(items) - 1)
        floor = band.ceiling_p_per_kwh
        bands.append(band)
    return tuple(bands)


def _band(raw: Any, place: int, floor: Decimal | None, *, is_last: bool) -> Band:
    name = f"bands[{place}]"
    item = _mapping(raw, name)
    limit = item.get("ceiling_p_per_kwh")
    ceiling = number(limit, f"{name}.ceiling_p_per_kwh") if limit is not None else None
    if ceiling is None and not is_last:
        raise SituationError(f"{name}.ceiling_p_per_kwh", "Only the last band may have no limit.")
    if ceiling is not None and floor is not None and ceiling <= floor:
        raise SituationError(
            f"{name}.ceiling_p_per_kwh", f"{ceiling} must be above the limit of the band before, {floor}."
        )
    target = item.get("target")
    if target not in TARGETS:
        raise SituationError(f"{name}.target", f"{target!r} is no target; choose one of {', '.join(TARGETS)}.")
    return Band(
        position=place + 1,
        ceiling_p_per_kwh=ceiling,
        floor_p_per_kwh=floor,
        target=str(target),
        modes=_modes(item.get("modes"), name),
        champion_only=_flag(item.get("champion_only", False), f"{name}.champion_only"),
    )


def _modes(raw: Any, name: str) -> dict[str, str]:
    modes = _mapping(raw if raw is not None else {}, f"{name}.modes")
    for family, mode in modes.items():
        if not isinstance(mode, str):
            raise SituationError(f"{name}.modes.{family}", "A mode is a word.")
    return {str(family): MODE_ALIASES.get(mode, mode) for family, mode in modes.items()}


def periods_from(raw: Any) -> tuple[Period, ...]:
    """Build the slots, sorted by start; they may have gaps and must not overlap."""
    periods = [_period(item, f"prices[{place}]") for place, item in enumerate(_list(raw, "prices"))]
    periods.sort(key=lambda period: period.start)
    for before, after in pairwise(periods):
        if after.start < before.end:
            raise SituationError("prices", f"The slots that start at {before.start} and {after.start} overlap.")
    return tuple(periods)


def _period(raw: Any, name: str) -> Period:
    item = _mapping(raw, name)
    for key in ("start", "end", "price_p_per_kwh"):
        if key not in item:
            raise SituationError(f"{name}.{key}", f"{key} is missing.")
    start, end = moment(item["start"], f"{name}.start"), moment(item["end"], f"{name}.end")
    if end <= start:
        raise SituationError(f"{name}.end", "A slot must end after it starts.")
    return Period(start, end, number(item["price_p_per_kwh"], f"{name}.price_p_per_kwh"))


def _current_band(raw: Any, previous: Mapping[str, Any] | None, count: int) -> int | None:
    if raw == PREVIOUS:
        band = previous.get("band") if previous is not None else None
        return band if isinstance(band, int) and band <= count else None
    return _position(raw, "current_band", count)


def _position(raw: Any, name: str, count: int) -> int | None:
    if raw is None:
        return None
    if isinstance(raw, bool) or not isinstance(raw, int) or not 1 <= raw <= count:
        raise SituationError(name, f"{raw!r} is no band; there are bands 1 to {count}.")
    return raw


def _override(raw: Any, count: int) -> Override:
    if raw is None:
        return Override()
    item = _mapping(raw, "override")
    kind = item.get("kind", OverrideKind.AUTO)
    if kind not in tuple(OverrideKind):
        raise SituationError("override.kind", f"{kind!r} is none of auto, on, off.")
    until = item.get("until")
    return Override(
        kind=OverrideKind(kind),
        band=_position(item.get("band"), "override.band", count),
        until=moment(until, "override.until") if until is not None else None,
    )


def _settings(raw: Any) -> Settings:
    item = _mapping(raw if raw is not None else {}, "settings")
    grace = number(item.get("grace_minutes", 30), "settings.grace_minutes")
    if not 0 <= grace <= 7 * 24 * 60:
        raise SituationError("settings.grace_minutes", "The grace time is 0 to 10080 minutes.")
    fail_safe = item.get("fail_safe", FailSafe.OFF)
    if fail_safe not in tuple(FailSafe):
        raise SituationError("settings.fail_safe", f"{fail_safe!r} is none of off, lowest, hold.")
    return Settings(grace=timedelta(minutes=float(grace)), fail_safe=FailSafe(fail_safe))


def moment(raw: Any, name: str) -> datetime:
    """Read an instant; one without a zone is refused, since an hour would be guessed."""
    if isinstance(raw, datetime):
        value = raw
    else:
        try:
            value = datetime.fromisoformat(raw)
        except (TypeError, ValueError) as error:
            raise SituationError(name, f"{raw!r} is no ISO 8601 time, such as 2026-11-24T12:30:00Z.") from error
    if value.tzinfo is None or value.utcoffset() is None:
        raise SituationError(name, f"{raw!r} has no time zone; write Z or an offset behind it.")
    return value


def number(raw: Any, name: str) -> Decimal:
    """Read an exact number from a JSON number or a string."""
    if isinstance(raw, bool) or not isinstance(raw, int | str | Decimal | float):
        raise SituationError(name, f"{raw!r} is no number.")
    try:
        value = Decimal(str(raw).strip() if isinstance(raw, str | float) else raw)
    except InvalidOperation as error:
        raise SituationError(name, f"{raw!r} is no number.") from error
    if not value.is_finite() or abs(value) > PRICE_LIMIT:
        raise SituationError(name, f"{raw} is not between -{PRICE_LIMIT} and {PRICE_LIMIT}.")
    return value


def _flag(raw: Any, name: str) -> bool:
    if not isinstance(raw, bool):
        raise SituationError(name, f"{raw!r} is neither true nor false.")
    return raw


def _mapping(raw: Any, name: str) -> Mapping[str, Any]:
    if not isinstance(raw, Mapping):
        raise SituationError(name, f"{name} must be an object.")
    return raw


def _list(raw: Any, name: str) -> Sequence[Any]:
    if not isinstance(raw, list | tuple):
        raise SituationError(name, f"{name} must be a list.")
    return raw


# --- miners --------------------------------------------------------------------------------------


def _miners_answer(raw: Mapping[str, Any], decision: Decision) -> dict[str, Any]:
    views = [miner_from(item, f"miners[{place}]") for place, item in enumerate(_list(raw["miners"], "miners"))]
    names = [view.id for view in views]
    if len(set(names)) != len(names):
        raise SituationError("miners", "Two miners have the same id.")
    band = decision.band.position if decision.champion_only and decision.band is not None else None
    stored = raw.get("champion")
    state = ChampionState(band=band, champion=str(stored) if stored is not None else None)
    state, _event = next_state(state, views, band)
    wishes, plans = plan(views, decision, champion=state.champion)
    plugs = {"plugs": {entity: {"on": found.on} for entity, found in plans.items()}} if plans else {}
    return {
        "wanted": {name: _wanted_json(wish) for name, wish in wishes.items()},
        "champion": state.champion,
        **plugs,
    }


def _wanted_json(state_wanted: Wanted) -> dict[str, Any]:
    pool = state_wanted.pool
    return {
        "on": state_wanted.on,
        "mode": state_wanted.mode,
        "pool": dict(pool) if isinstance(pool, tuple) else pool,
        "why": " ".join(part for part in (state_wanted.why, state_wanted.note) if part),
    }


def miner_from(raw: Any, name: str) -> MinerView:
    """Build one miner's view."""
    item = _mapping(raw, name)
    for key in ("id", "family"):
        if item.get(key) is None:
            raise SituationError(f"{name}.{key}", f"{key} is missing.")
    modes = _list(item.get("modes") or [], f"{name}.modes")
    plug = _plug(item.get("plug"), f"{name}.plug")
    holds, held = _holds(item.get("holds"), f"{name}.holds")
    return MinerView(
        id=str(item["id"]),
        family=str(item["family"]),
        enrolled=_flag(item.get("enrolled", True), f"{name}.enrolled"),
        reachable=_flag(item.get("reachable", True), f"{name}.reachable"),
        observed=_fields(item.get("observed"), f"{name}.observed"),
        confirmed=_fields(item.get("confirmed"), f"{name}.confirmed"),
        modes=tuple(MODE_ALIASES.get(str(mode), str(mode)) for mode in modes),
        holds=holds,
        held_values=held,
        efficiency=_efficiency(item.get("efficiency"), f"{name}.efficiency"),
        plug=plug,
        can_turn_off=_flag(item.get("can_turn_off", True), f"{name}.can_turn_off"),
        failing=_flag(item.get("failing", False), f"{name}.failing"),
        pools={key: _hashable(value) for key, value in _mapping(item.get("pools") or {}, f"{name}.pools").items()},
    )


def _holds(raw: Any, name: str) -> tuple[dict[str, str], dict[str, Any]]:
    if raw is None:
        return {}, {}
    if isinstance(raw, list | tuple):
        return {str(field): "a person" for field in raw}, {}
    item = _mapping(raw, name)
    by = {
        str(field): str(value.get("by", "a person")) if isinstance(value, Mapping) else str(value)
        for field, value in item.items()
    }
    values = {
        str(field): _hashable(value.get("value")) for field, value in item.items() if isinstance(value, Mapping)
    }
    return by, values


def _fields(raw: Any, name: str) -> Fields:
    item = _mapping(raw if raw is not None else {}, name)
    power = item.get("power")
    if isinstance(power, str):
        power = {"on": True, "off": False}.get(power.lower(), power)
    if power is not None and not isinstance(power, bool):
        raise SituationError(f"{name}.power", f"{power!r} is neither on nor off.")
    mode = item.get("mode")
    uptime = item.get("uptime_s")
    return Fields(
        power=power,
        mode=MODE_ALIASES.get(str(mode), str(mode)) if mode is not None else None,
        pool=_hashable(item.get("pool")),
        uptime_s=int(number(uptime, f"{name}.uptime_s")) if uptime is not None else None,
    )


def _hashable(raw: Any) -> Any:
    """Return a pool as a value that compares: an object becomes sorted pairs."""
    return tuple(sorted(raw.items())) if isinstance(raw, Mapping) else raw


def _efficiency(raw: Any, name: str) -> Efficiency:
    item = _mapping(raw if raw is not None else {}, name)

    def figure(key: str) -> float | None:
        value = item.get(key)
        if value is None:
            return None
        result = float(number(value, f"{name}.{key}"))
        return result if math.isfinite(result) and result > 0 else None

    return Efficiency(
        power_w=figure("power_w"),
        hashrate_ths=figure("hashrate_ths"),
        samples=int(number(item.get("samples", 0), f"{name}.samples")),
        expected_j_per_th=figure("expected_j_per_th"),
    )


def _plug(raw: Any, name: str) -> Plug | None:
    if raw is None:
        return None
    item = _mapping(raw, name)
    return Plug(
        entity=str(item.get("entity", "")),
        state={"on": True, "off": False}.get(str(item.get("state")).lower()),
        locked=_flag(item.get("locked", False), f"{name}.locked"),
        shared_with=tuple(str(other) for other in item.get("shared_with") or ()),
    )


# --- out -----------------------------------------------------------------------------------------


def decision_json(decision: Decision) -> dict[str, Any]:
    """Return a decision in the form of `manage.py decide`."""
    flips = decision.flips_at_p_per_kwh
    return {
        "band": decision.band.position if decision.band is not None else None,
        "target": decision.target,
        "champion_only": decision.champion_only,
        "reason": decision.reason.value,
        "explanation": decision.explanation,
        "flips_at_p_per_kwh": short(flips) if flips is not None else None,
        "until": decision.until.isoformat() if decision.until is not None else None,
    }


def situation_json(situation: Situation) -> dict[str, Any]:
    """Return a situation in the form `manage.py decide` reads; deciding on it gives the same answer."""
    kept = replace(situation, periods=_near(situation))
    return {
        "now": kept.now.isoformat(),
        "bands": [_band_json(band) for band in kept.bands],
        "prices": [
            {
                "start": period.start.isoformat(),
                "end": period.end.isoformat(),
                "price_p_per_kwh": f"{period.price_p_per_kwh:f}",
            }
            for period in kept.periods
        ],
        "current_band": kept.current_band,
        "last_price_at": kept.last_price_at.isoformat() if kept.last_price_at is not None else None,
        "enabled": kept.enabled,
        "override": {
            "kind": kept.override.kind.value,
            "band": kept.override.band,
            "until": kept.override.until.isoformat() if kept.override.until is not None else None,
        },
        "settings": {
            "grace_minutes": str(kept.settings.grace / timedelta(minutes=1)),
            "fail_safe": kept.settings.fail_safe.value,
        },
    }


def _near(situation: Situation) -> tuple[Period, ...]:
    """Return the slots a decision can depend on: the newest past one, this one and the next two."""
    past = [period for period in situation.periods if period.start <= situation.now]
    ahead = [period for period in situation.periods if period.start > situation.now]
    return (*past[-2:], *ahead[:2])


def _band_json(band: Band) -> dict[str, Any]:
    ceiling = band.ceiling_p_per_kwh
    return {
        "ceiling_p_per_kwh": f"{ceiling:f}" if ceiling is not None else None,
        "target": band.target,
        "modes": dict(band.modes),
        "champion_only": band.champion_only,
    }
