"""Switch the strategy on and off, and override it."""

from datetime import datetime
from typing import Any

from django.db import transaction

from energy.services.prices import price_at
from hmm.audit.services import record
from hmm.jobs.asks import ABOUT_STRATEGY, ask
from hmm.live.services import push_event
from strategy import core
from strategy.models import StrategyState
from strategy.services.in_force import bands_in_force

STRATEGY_DECIDED = "strategy-decided"
GRACE_MAX = 1440  # minutes


def announce() -> None:
    push_event(STRATEGY_DECIDED)


def look_now(*, actor: str) -> None:
    """Ask for a tick at once: a row, so that it comes also when a tick is under way or its process is killed."""
    ask(ABOUT_STRATEGY, by=actor)


def strategy_state() -> StrategyState:
    """Return the one row of the strategy, made when it is missing."""
    return StrategyState.objects.get_or_create(pk=1)[0]


def set_enabled(enabled: bool, *, actor: str, reason: str = "") -> StrategyState:
    """Switch the strategy on or off. Off commands nothing; what is off stays off until somebody turns it on."""
    state = strategy_state()
    if state.enabled == enabled:
        return state
    with transaction.atomic():
        StrategyState.objects.filter(pk=1).update(enabled=enabled)
        look_now(actor=actor)
        record(
            actor=actor,
            action="strategy.enable" if enabled else "strategy.disable",
            reason=reason,
            before={"enabled": state.enabled},
            after={"enabled": enabled},
        )
        transaction.on_commit(announce)
    state.enabled = enabled
    return state


def set_override(
    kind: str, *, actor: str, now: datetime, band: int | None = None, until: datetime | None = None, reason: str = ""
) -> StrategyState:
    """Override the prices, or go back to them. Raise SituationError naming the field that cannot be."""
    if kind not in tuple(core.OverrideKind):
        raise core.SituationError("kind", "Choose auto, on or off.")
    if until is not None and until <= now:
        raise core.SituationError("until", "The end must lie ahead.")
    if kind == core.OverrideKind.ON:
        period = price_at(now)
        core.override_band(bands_in_force().bands, band, period.price_p_per_kwh if period else None)
    state = strategy_state()
    before = state.override_json(now)
    values: dict[str, Any] = {
        "override_kind": kind,
        "override_band": band if kind == core.OverrideKind.ON else None,
        "override_until": until if kind != core.OverrideKind.AUTO else None,
        "override_by": actor if kind != core.OverrideKind.AUTO else "",
        "override_since": now,
    }
    with transaction.atomic():
        StrategyState.objects.filter(pk=1).update(**values)
        look_now(actor=actor)
        state.refresh_from_db()
        after = state.override_json(now)
        record(actor=actor, action="strategy.override", reason=reason, before=before, after=after, at=now)
        transaction.on_commit(announce)
    return state


def set_safety(*, grace_minutes: int, fail_safe: str, actor: str, now: datetime) -> StrategyState:
    """Say how long an unknown price is waited out, minutes, and what then. Raise SituationError by field."""
    if not 0 <= grace_minutes <= GRACE_MAX:
        raise core.SituationError("grace_minutes", f"Choose 0 to {GRACE_MAX} minutes.")
    if fail_safe not in tuple(core.FailSafe):
        raise core.SituationError("fail_safe", "Choose off, lowest or hold.")
    state = strategy_state()
    before = {"grace_minutes": state.grace_minutes, "fail_safe": state.fail_safe}
    after = {"grace_minutes": grace_minutes, "fail_safe": fail_safe}
    if before == after:
        return state
    with transaction.atomic():
        StrategyState.objects.filter(pk=1).update(**after)
        look_now(actor=actor)
        state.refresh_from_db()
        record(actor=actor, action="strategy.settings", before=before, after=after, at=now)
        transaction.on_commit(announce)
    return state
