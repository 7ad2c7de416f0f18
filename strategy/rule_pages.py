"""How automation rules stand, for the list, for one rule and for the API. The same queries for any fleet."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from hmm.audit.contexts import Day, by_day
from hmm.audit.models import AuditEntry
from hmm.look.formats import local_time
from hmm.look.zones import local_zone
from miners.drivers.registry import FAMILY_LABELS
from strategy.models import AutomationRule
from strategy.rule_parts import LOWEST, ActionKind, Effect, Outcome, Rule, ScopeKind
from strategy.rules import conflicts, rehearsed
from strategy.services.gathering import gather
from strategy.services.isolating import RULE, told_faults
from strategy.services.rule_scene import RuleScene, judge
from strategy.triggers import trigger_words
from strategy.why import listed as named
from strategy.why_pages import decision_of

HISTORY_ROWS = 30
OFF, HOLDS, OVERRULED, COOLING, UNKNOWN, WAITS, FAULT = (
    "off",
    "holds",
    "overruled",
    "cooling",
    "unknown",
    "waits",
    "fault",
)
LABELS = {
    OFF: "off",
    HOLDS: "holds",
    OVERRULED: "overruled",
    COOLING: "cooling down",
    UNKNOWN: "unknown",
    WAITS: "waits",
    FAULT: "cannot be judged",
}
TONES = {HOLDS: "good", OVERRULED: "warning", COOLING: "info", FAULT: "critical"}
ORDER = (FAULT, HOLDS, OVERRULED, COOLING, WAITS, UNKNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One rule as a row shows it."""

    rule: AutomationRule
    sentence: str
    state: str
    words: str
    since: datetime | None = None
    cooling_until: datetime | None = None
    conflicts: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        if self.state == HOLDS and self.since is None:
            return "begins"
        if self.state == HOLDS:
            return "would hold" if self.rule.dry_run else "holds"
        return LABELS[self.state]

    @property
    def tone(self) -> str:
        return TONES.get(self.state, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What a rule would do to one miner."""

    miner_id: int | None
    name: str
    does: str
    overruled: str


def all_rules(now: datetime) -> tuple[list[AutomationRule], RuleScene]:
    """Return every rule, and how those in use stand."""
    rows = list(AutomationRule.objects.prefetch_related("miners"))
    scene = gather(now)
    return rows, judge(scene, decision_of(scene), [row for row in rows if row.enabled], now)


def standings(now: datetime) -> list[Standing]:
    """Return every rule and how it stands, the one that comes first at the head."""
    rows, judged = all_rules(now)
    return listed(rows, judged, now)


def listed(rows: Sequence[AutomationRule], judged: RuleScene, now: datetime) -> list[Standing]:
    clashes = clashes_of(judged)
    by_rule: dict[int, list[Outcome]] = {}
    for outcome in judged.outcomes:
        by_rule.setdefault(outcome.rule.id, []).append(outcome)
    told = told_faults(RULE)
    found = [stands(row, by_rule.get(row.pk, []), judged, clashes, now) for row in rows]
    return [with_fault(standing, told.get(f"rule:{standing.rule.pk}", "")) for standing in found]


def with_fault(standing: Standing, told: str) -> Standing:
    """Return a rule with what went wrong as it was carried out, where its judgement does not say so itself."""
    if not told or standing.state in {FAULT, OFF}:
        return standing
    return replace(standing, state=FAULT, words=told)


def standing_of(pk: int, now: datetime) -> Standing:
    return next(standing for standing in standings(now) if standing.rule.pk == pk)


def clashes_of(judged: RuleScene) -> Mapping[int, tuple[str, ...]]:
    """Return, for each rule, the sentences on what it could contradict."""
    after: dict[int, list[str]] = defaultdict(list)
    before: dict[int, list[str]] = defaultdict(list)
    for item in conflicts(judged.rules, judged.surroundings):
        after[item.first.id].append(f"“{item.second.name}”")
        before[item.second.id].append(f"“{item.first.name}”")
    found: dict[int, tuple[str, ...]] = {}
    for rule in judged.rules:
        told = [f"Contradicted by {named(before[rule.id])}, which decides first where both hold."] * bool(
            before[rule.id]
        )
        told += [f"Contradicts {named(after[rule.id])} and decides first where both hold."] * bool(after[rule.id])
        found[rule.id] = tuple(told)
    return found


# --- one rule ------------------------------------------------------------------------------------


def stands(
    row: AutomationRule,
    outcomes: Sequence[Outcome],
    judged: RuleScene,
    clashes: Mapping[int, tuple[str, ...]],
    now: datetime,
) -> Standing:
    """Return how a rule stands: of what it holds for each on its own, the strongest."""
    sentence = rule_sentence(row, judged)
    if not row.enabled:
        return Standing(rule=row, sentence=sentence, state=OFF, words="It is switched off.")
    states = {state_of(outcome): outcome for outcome in reversed(outcomes)}
    state = next((name for name in ORDER if name in states), WAITS)
    chosen = [outcome for outcome in outcomes if state_of(outcome) == state]
    return Standing(
        rule=row,
        sentence=sentence,
        state=state,
        words=state_words(state, chosen, row, judged, now),
        since=min((item.since for item in chosen if item.since is not None and not item.fires), default=None),
        cooling_until=max((item.cooling_until for item in outcomes if item.cooling_until), default=None),
        conflicts=clashes.get(row.pk, ()),
    )


def state_of(outcome: Outcome) -> str:
    if outcome.fault:
        return FAULT
    if outcome.overruled:
        return OVERRULED
    if outcome.active:
        return HOLDS
    if outcome.holds is None:
        return UNKNOWN
    return COOLING if outcome.holds and outcome.cooling_until is not None else WAITS


def state_words(
    state: str, outcomes: Sequence[Outcome], row: AutomationRule, judged: RuleScene, now: datetime
) -> str:
    """Say in a sentence how a rule stands."""

    def clock(moment: datetime | None) -> str:
        return local_time(moment, local_zone(), now) if moment is not None else "now"

    names = [judged.miners[item.subject].name for item in outcomes if item.subject]
    at = f" at {', '.join(names[:4])}" if names else ""
    if state == HOLDS:
        since = min((item.since for item in outcomes if item.since is not None and not item.fires), default=None)
        verb = "It would hold since" if row.dry_run else "It holds since"
        return f"It begins with the next look{at}." if since is None else f"{verb} {clock(since)}{at}."
    if state == OVERRULED:
        return outcomes[0].overruled
    if state == FAULT:
        held = "What it held stays held, and it begins nothing" if outcomes[0].active else "It begins nothing"
        return f"{outcomes[0].fault}. {held}. Save it again, or switch it off."
    if state == COOLING:
        return f"Its trigger holds{at}; it fires again from {clock(outcomes[0].cooling_until)} on."
    if state == UNKNOWN:
        return "Whether its trigger holds is not known now; it stays as it was."
    return "No miner is in its scope." if nobody(row, judged) else "Its trigger does not hold."


def nobody(row: AutomationRule, judged: RuleScene) -> bool:
    if row.action == ActionKind.NOTIFY and not row.as_core().trigger.each_miner:
        return False
    families = {device.family for device in judged.surroundings.devices}
    if row.scope == ScopeKind.FAMILY:
        return row.family not in families
    return not (row.miners.all() if row.scope == ScopeKind.MINERS else families)


def rule_sentence(row: AutomationRule, judged: RuleScene) -> str:
    """Say a rule as a person would: when, then, for whom."""
    rule = row.as_core()
    if rule.fault:
        return "What is stored of it cannot be read."
    pools = judged.surroundings.pools
    when = trigger_words(rule.trigger, pool=pools.get(rule.trigger.pool or "", ""))
    return f"When {when}: {action_words(rule, pools)}, {scope_words(row)}."


def action_words(rule: Rule, pools: Mapping[str, str]) -> str:
    action = rule.action
    mode = "the lowest mode" if action.mode == LOWEST else f"mode {action.mode}"
    return {
        ActionKind.OFF: "turn off",
        ActionKind.MODE: mode,
        ActionKind.PLUG_OFF: "plug off",
        ActionKind.PLUG_ON: "plug on",
        ActionKind.POOL: f"pool {pools.get(action.pool or '', 'that is switched off')}",
        ActionKind.NOTIFY: "tell me",
    }[action.kind]


def scope_words(row: AutomationRule) -> str:
    if row.scope == ScopeKind.FAMILY:
        return f"every {FAMILY_LABELS.get(row.family, row.family)}"
    if row.scope == ScopeKind.MINERS:
        names = [miner.name for miner in row.miners.all()]
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        return ", ".join(names[:3]) + more if names else "no miner"
    return "all miners"


def rehearsal_of(pk: int, now: datetime) -> dict[str, Any]:
    """Return what a rule would do if it began to hold now."""
    rows = list(AutomationRule.objects.prefetch_related("miners"))
    scene = gather(now)
    judged = judge(scene, decision_of(scene), [row for row in rows if row.enabled or row.pk == pk], now)
    return rehearsal(pk, judged, now)


def rehearsal(pk: int, judged: RuleScene, now: datetime) -> dict[str, Any]:
    rule = next(item for item in judged.rules if item.id == pk)
    effects = rehearsed(rule, judged.rules, judged.surroundings, judged.facts.memory, now)
    held = [outcome.holds for outcome in judged.outcomes if outcome.rule.id == pk]
    return {
        "holds": True if any(held) else None if None in held else False,
        "effects": [line_of(effect, judged) for effect in effects],
    }


def line_of(effect: Effect, judged: RuleScene) -> Line:
    miner = judged.miners.get(effect.miner)
    return Line(
        miner_id=miner.pk if miner is not None else None,
        name=miner.name if miner is not None else "",
        does=effect.words,
        overruled=effect.overruled,
    )


# --- pages ---------------------------------------------------------------------------------------


def rules_context(now: datetime) -> dict[str, Any]:
    return {"standings": standings(now)}


def rule_context(pk: int, now: datetime) -> dict[str, Any]:
    """Return one rule with what it would do now and what it did."""
    rows = list(AutomationRule.objects.prefetch_related("miners"))
    scene = gather(now)
    judged = judge(scene, decision_of(scene), [row for row in rows if row.enabled or row.pk == pk], now)
    standing = next(item for item in listed(rows, judged, now) if item.rule.pk == pk)
    return {"standing": standing, "rehearsal": rehearsal(pk, judged, now), "history": history_of(standing.rule)}


def history_of(rule: AutomationRule) -> list[Day]:
    entries = AuditEntry.objects.about(rule).order_by("-created_at", "-pk")[:HISTORY_ROWS]
    return by_day(entries)
