"""Write situations, decisions and wishes as JSON. Pure."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from strategy.core import Band, Decision, Period, Situation, short
from strategy.wanting import FIELDS, Cap, Fields, MinerView, Wanted


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


def wanted_json(wish: Wanted) -> dict[str, Any]:
    pool = wish.pool
    return {
        "on": wish.on,
        "mode": wish.mode,
        "pool": dict(pool) if isinstance(pool, tuple) else pool,
        "why": " ".join(part for part in (wish.why, wish.note) if part),
    }


def situation_json(situation: Situation) -> dict[str, Any]:
    """Return a situation in the form `manage.py decide` reads; deciding on it gives the same answer."""
    kept = replace(situation, periods=near(situation))
    return {
        "now": kept.now.isoformat(),
        "bands": [band_json(band) for band in kept.bands],
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


def near(situation: Situation) -> tuple[Period, ...]:
    """Return the slots a decision can depend on: the newest past one, this one and the next two."""
    past = [period for period in situation.periods if period.start <= situation.now]
    ahead = [period for period in situation.periods if period.start > situation.now]
    return (*past[-2:], *ahead[:2])


def band_json(band: Band) -> dict[str, Any]:
    ceiling = band.ceiling_p_per_kwh
    return {
        "ceiling_p_per_kwh": f"{ceiling:f}" if ceiling is not None else None,
        "target": band.target,
        "modes": dict(band.modes),
        "champion_only": band.champion_only,
    }


def miner_json(view: MinerView) -> dict[str, Any]:
    """Return one miner in the form `manage.py decide` reads, so far as what is wanted of it depends on it."""
    plug = view.plug
    return {
        "id": view.id,
        "family": view.family,
        "enrolled": view.enrolled,
        "reachable": view.reachable,
        "observed": fields_json(view.observed),
        "confirmed": fields_json(view.confirmed),
        "modes": list(view.modes),
        "holds": {name: by for name, by in view.holds.items() if name in FIELDS},
        "overheated": view.overheated,
        "can_turn_off": view.can_turn_off,
        "pause_fails": view.pause_fails,
        "failing": view.failing,
        "pools": {target: pool_json(pool) for target, pool in (view.pools or {}).items()},
        "plug": None
        if plug is None
        else {
            "entity": plug.entity,
            "state": plug.state,
            "locked": plug.locked,
            "shared_with": list(plug.shared_with),
        },
    }


def fields_json(fields: Fields) -> dict[str, Any]:
    return {
        "power": fields.power,
        "mode": fields.mode,
        "pool": pool_json(fields.pool),
        "uptime_s": fields.uptime_s,
    }


def pool_json(pool: Any) -> Any:
    return dict(zip(("host", "port", "user"), pool, strict=True)) if isinstance(pool, tuple) else pool


def cap_json(cap: Cap) -> dict[str, Any]:
    return {**({"off": True} if cap.off else {"mode": cap.mode}), "why": cap.why}
