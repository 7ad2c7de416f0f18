"""What rules leave of a decision at another time or price: the production judgement, walked forward. No writes.

Rules by price and by the hour are judged for that moment. What depends on a reading (heat, silence, a pool that is
down) is not known ahead and taken as it stands now.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from hmm.look.zones import local_zone
from strategy import core
from strategy.rule_parts import PLANNED, Outcome
from strategy.rules import Memory, caps, evaluate, remembered
from strategy.services.gathering import Scene
from strategy.services.rule_scene import RuleFacts, judge, rules_in_use, surroundings_of
from strategy.wanting import Cap


@dataclass(slots=True, kw_only=True)
class Forecast:
    """The rules of a household as they stand now, and their memory as time is walked on."""

    scene: Scene
    facts: RuleFacts
    memory: Memory
    known: Mapping[tuple[int, str], bool | None] = field(default_factory=dict)  # of rules that need a reading

    def at(self, decision: core.Decision, moment: datetime) -> tuple[Outcome, ...]:
        """Return how rules stand at a moment, and remember what fires and ends. Moments are asked in order."""
        situation = replace(self.scene.situation, now=moment)
        surroundings = surroundings_of(
            replace(self.scene, situation=situation), decision, self.facts, moment, known=self.known
        )
        outcomes = evaluate(self.facts.rules, surroundings, self.memory, moment)
        self.memory = remembered(self.memory, outcomes, moment)
        return outcomes

    def stretches(
        self, decision: core.Decision, begins: datetime, ends: datetime
    ) -> Iterator[tuple[Mapping[str, Cap], datetime, datetime]]:
        """Yield what rules leave of one decision, anew wherever a window opens or closes or a cooldown ends."""
        at = begins
        while at < ends:
            outcomes = self.at(decision, at)
            until = min(moment for moment in (ends, *self.edges(outcomes, at)) if moment > at)
            yield caps(outcomes), at, until
            at = until

    def edges(self, outcomes: tuple[Outcome, ...], at: datetime) -> Iterator[datetime]:
        """Yield when something may change though the decision does not."""
        zone = local_zone()
        for outcome in outcomes:
            if outcome.cooling_until is not None:
                yield outcome.cooling_until
        for rule in self.facts.rules:
            if rule.trigger.window is not None:
                for opens, closes in rule.trigger.window.near(at, zone):
                    yield opens
                    yield closes


def forecast(scene: Scene, decision: core.Decision, now: datetime) -> Forecast | None:
    """Return the rules as they stand now, to be walked on from; None where there are none."""
    rows = rules_in_use()
    if not rows:
        return None
    judged = judge(scene, decision, rows, now)
    live = [outcome for outcome in judged.outcomes if outcome.rule.trigger.kind not in PLANNED]
    return Forecast(
        scene=scene,
        facts=judged.facts,
        memory=remembered(judged.facts.memory, judged.outcomes, now),
        known={(outcome.rule.id, outcome.subject): outcome.holds for outcome in live},
    )
