"""Write what the strategy keeps between two ticks; only the tick that has the claim may."""

from datetime import datetime
from typing import Any

from django.db import transaction

from hmm.audit.services import record
from miners.services.targets import release_holds
from strategy import core
from strategy.models import StrategyState
from strategy.services.gathering import Scene
from strategy.services.isolating import OvertakenError
from strategy.services.switches import announce
from strategy.situation_json import decision_json, situation_json

ACTOR = "strategy"


def remember(scene: Scene, **changes: Any) -> None:
    """Write to the one row of the strategy. Raise OvertakenError when another tick has it by now."""
    if not StrategyState.objects.filter(pk=1, revision=scene.state.revision).update(**changes):
        raise OvertakenError


def refuse_if_overtaken(scene: Scene) -> None:
    """Raise OvertakenError when another tick has begun, before something is written elsewhere."""
    if not StrategyState.objects.filter(pk=1, revision=scene.state.revision).exists():
        raise OvertakenError


def remember_band(scene: Scene, decision: core.Decision, *, now: datetime) -> bool:
    """Store the band in force and leave one row in the activity for a change; return whether holds end with it."""
    state = scene.state
    told = state.decision or {}
    outside = decision.reason in {
        core.Reason.DISABLED,
        core.Reason.OVERRIDE_ON,
        core.Reason.OVERRIDE_OFF,
        core.Reason.NO_PRICE_GRACE,
        core.Reason.NO_PRICE_FAIL_SAFE,
    }
    answer = decision_json(decision)
    new_band, shape = (state.current_band, state.current_shape) if outside else (answer["band"], scene.shape)
    changed = (told.get("band"), told.get("target")) != (answer["band"], answer["target"])
    ends_holds = not is_a_gap(told, answer)
    with transaction.atomic():
        remember(
            scene,
            current_band=new_band,
            current_shape=shape,
            current_since=now if changed else state.current_since,
            interrupted_since=(state.interrupted_since or now) if outside else None,
        )
        if not changed:
            return False
        if ends_holds:
            release_holds()
        record(
            actor=ACTOR,
            action="strategy.transition",
            reason=decision.explanation,
            before={"band": told.get("band"), "target": told.get("target")},
            after={"band": answer["band"], "target": answer["target"]},
            detail={"situation": situation_json(scene.situation), "answer": answer},
            at=now,
        )
        # The change is remembered with its row, so that a crash right after leaves neither twice.
        remember(scene, decision=shown(decision, state), decided_at=now)
        transaction.on_commit(announce)
    return ends_holds


def is_a_gap(told: dict[str, Any], answer: dict[str, Any]) -> bool:
    """Tell whether a price is only waited for, or has come back, in the same band: no person's hold ends by that."""
    waits = core.Reason.NO_PRICE_GRACE in {told.get("reason"), answer["reason"]}
    return waits and told.get("band") is not None and told.get("band") == answer["band"]


def shown(decision: core.Decision, state: StrategyState) -> dict[str, Any]:
    """Return what pages show of a decision."""
    price = decision.price_p_per_kwh
    del state
    return {
        **decision_json(decision),
        "power": decision.power.value,
        "price_p_per_kwh": f"{price:f}" if price is not None else None,
    }


def keep(scene: Scene, decision: core.Decision, *, now: datetime) -> None:
    remember(scene, decided_at=now, decision=shown(decision, scene.state))
    if (scene.state.decision or {}).get("explanation") != decision.explanation:
        announce()
