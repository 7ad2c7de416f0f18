"""Choose the champion of a champion band, and say so."""

from dataclasses import replace
from datetime import datetime, timedelta

from django.db import transaction

from hmm.audit.services import record
from strategy import core
from strategy.champion import ChampionEvent, ChampionState, next_state
from strategy.services.gathering import Scene, champion_state
from strategy.services.remembering import ACTOR, remember
from strategy.services.seeing import efficiencies
from strategy.wanting import FIELDS, MinerView

JUDGED_EVERY = timedelta(seconds=45)


def choose_champion(scene: Scene, decision: core.Decision, *, fresh: bool, now: datetime) -> ChampionState:
    """Return the champion of a champion band. What is stored and its row in the activity are written together.

    `fresh` tells that the band has just changed, which ended what persons held until then.
    """
    stored = champion_state(scene.state)
    band = decision.band if decision.band is not None and decision.band.champion_only else None
    if band is not None and decision.power is core.Power.HOLD:
        return stored  # the band is not left while a price is waited for
    position = band.position if band is not None and decision.champion_only else None
    new, event = next_state(stored, candidates(scene, now, fresh=fresh) if position is not None else (), position)
    if new == stored:
        return new
    judged = new.failures > stored.failures or event is not ChampionEvent.NONE
    with transaction.atomic():
        remember(
            scene,
            champion_band=new.band,
            champion_id=int(new.champion) if new.champion is not None else None,
            champion_failures=new.failures,
            champion_failed=list(new.failed),
            champion_exhausted=new.exhausted,
            champion_since=now if new.champion != stored.champion else scene.state.champion_since,
            champion_judged_at=now if judged else scene.state.champion_judged_at,
        )
        if event is not ChampionEvent.NONE:
            tell_champion(scene, decision, stored, new, event, now=now)
    return new


def candidates(scene: Scene, now: datetime, *, fresh: bool) -> tuple[MinerView, ...]:
    """Return the miners with what they showed. A failure counts once a minute, however often the strategy looks."""
    figures = efficiencies(scene.miners, now)
    judged_at = scene.state.champion_judged_at
    too_soon = judged_at is not None and timedelta(0) <= now - judged_at < JUDGED_EVERY
    return tuple(
        replace(
            view,
            efficiency=figures[view.id],
            failing=view.failing and not too_soon,
            starting=view.starting or (view.failing and too_soon),
            holds={name: by for name, by in view.holds.items() if not (fresh and name in FIELDS)},
        )
        for view in scene.views
    )


def tell_champion(
    scene: Scene,
    decision: core.Decision,
    stored: ChampionState,
    new: ChampionState,
    event: ChampionEvent,
    *,
    now: datetime,
) -> None:
    record(
        actor=ACTOR,
        action=f"champion.{event.value}",
        target=scene.miners.get(new.champion or ""),
        reason=decision.explanation,
        before={"champion": stored.champion, "failed": list(stored.failed)},
        after={"champion": new.champion, "failed": list(new.failed)},
        at=now,
    )
