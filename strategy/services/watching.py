"""Open and close the incidents a decision can tell of."""

from datetime import datetime

from notifications.models import Severity
from notifications.services import open_incident
from pools.coins import target_label
from strategy import core
from strategy.champion import ChampionState
from strategy.services.gathering import Scene


def watch(scene: Scene, decision: core.Decision, champion: ChampionState, *, now: datetime) -> None:
    """Open and close the incidents a decision can tell of."""
    if decision.reason is core.Reason.NO_PRICE_FAIL_SAFE and scene.state.enabled:
        open_incident(
            kind="fail_safe",
            subject="strategy",
            label="Strategy",
            severity=Severity.CRITICAL,
            title="runs its fail-safe",
            detail=decision.explanation,
            now=now,
        )
    else:
        scene.faults.close("fail_safe", now=now)
    missing = decision.power is core.Power.ON and decision.target not in {core.KEEP, *scene.pools}
    if missing:
        open_incident(
            kind="no_pool",
            subject="strategy",
            label=target_label(decision.target),
            severity=Severity.WARNING,
            title="has no usable pool",
            detail="Power and modes are controlled; each miner keeps the pool it has. Add a pool for this coin.",
            now=now,
        )
    else:
        scene.faults.close("no_pool", now=now)
    if champion.exhausted:
        open_incident(
            kind="champion_exhausted",
            subject="strategy",
            label="Champion",
            severity=Severity.DANGER,
            title="no miner is left to be champion",
            detail="Every candidate failed three times in a row; all stay off until the band is left.",
            now=now,
        )
    else:
        scene.faults.close("champion_exhausted", now=now)
