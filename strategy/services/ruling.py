"""The rules' part of a tick: judge them, fire once per crossing, and cap what follows the strategy."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Max, Q, QuerySet

from hmm.audit.models import Outcome as Ended
from hmm.audit.services import lasted, record
from hmm.live.services import push_event
from miners.models import CommandStatus, PlugCommand, PowerSwitch
from miners.services.allowing import CommandRefusedError
from miners.services.plug_commands import request_plug
from miners.services.settling import RULES
from notifications.services.collecting import tell
from strategy import core
from strategy.models import AutomationRule, RuleCrossing
from strategy.rule_parts import ActionKind, Outcome
from strategy.rules import caps
from strategy.services.gathering import Scene
from strategy.services.isolating import RULE
from strategy.services.remembering import refuse_if_overtaken
from strategy.services.rule_orders import give
from strategy.services.rule_scene import RuleScene, judge, rules_in_use
from strategy.situation_json import firing_json
from strategy.triggers import trigger_words
from strategy.wanting import Cap, MinerView
from strategy.why import listed

RULES_CHANGED = "rules-changed"
SAME_TIME_ON = timedelta(minutes=2)
SHOWN_MAX = 12  # miners named in one row


def announce() -> None:
    push_event(RULES_CHANGED)


def with_caps(scene: Scene, decision: core.Decision, *, now: datetime) -> Scene:
    """Return the scene with what rules allow each miner at most. Queries only; for pages."""
    rows = rules_in_use()
    return capped(scene, judge(scene, decision, rows, now)) if rows else scene


def under_rules(scene: Scene, decision: core.Decision, *, now: datetime) -> Scene:
    """Fire what begins to hold, end what no longer does, and return the scene with its caps."""
    rows = rules_in_use()
    with scene.faults.at(RULE, "rule:", "Automation rules"):
        take_back(scene, decision, now=now)
    if not rows:
        return scene
    judged = judge(scene, decision, rows, now)
    if any(outcome.fires or outcome.ends for outcome in judged.outcomes):
        refuse_if_overtaken(scene)
    with scene.faults.at(RULE, "rule:", "Automation rules"):
        end([outcome for outcome in judged.outcomes if outcome.ends], judged, now=now)
    for outcome in judged.outcomes:
        if outcome.fires:
            with scene.faults.at(RULE, f"rule:{outcome.rule.id}", outcome.rule.name):
                fire(scene, judged, outcome, now=now)
    return capped(scene, judged)


def capped(scene: Scene, judged: RuleScene) -> Scene:
    return under_caps(scene, caps(judged.outcomes))


def under_caps(scene: Scene, found: Mapping[str, Cap]) -> Scene:
    return replace(scene, views=tuple(with_cap(view, found.get(view.id)) for view in scene.views))


def with_cap(view: MinerView, cap: Cap | None) -> MinerView:
    return view if view.cap is cap else replace(view, cap=cap)


# --- once per crossing ---------------------------------------------------------------------------


def fire(scene: Scene, judged: RuleScene, outcome: Outcome, *, now: datetime) -> None:
    """Write a firing with all that follows from it at once: a crash leaves all of it or nothing."""
    row = judged.facts.rows[outcome.rule.id]
    try:
        with transaction.atomic():
            if not claim(row, outcome, now=now):
                return
            entry_id = carry_out(scene, judged, outcome, now=now)
            of_subject(outcome).update(audit_entry_id=entry_id)
            transaction.on_commit(announce)
    except IntegrityError:
        return  # another tick was quicker by an instant, or the rule has just been removed


def of_subject(outcome: Outcome) -> QuerySet[RuleCrossing]:
    about = Q(miner_id=int(outcome.subject)) if outcome.subject else Q(miner__isnull=True)
    return RuleCrossing.objects.filter(about, rule_id=outcome.rule.id)


def claim(row: AutomationRule, outcome: Outcome, *, now: datetime) -> bool:
    """Take this crossing; False when it is taken, or the rule is another one by now."""
    same = AutomationRule.objects.select_for_update().filter(pk=row.pk, revision=row.revision, enabled=True)
    if not same.exists():
        return False
    stored = of_subject(outcome)
    if stored.exists():
        return bool(stored.filter(active=False).update(active=True, fired_at=now, ended_at=None))
    miner = int(outcome.subject) if outcome.subject else None
    RuleCrossing.objects.create(rule=row, miner_id=miner, fired_at=now)
    return True


def carry_out(scene: Scene, judged: RuleScene, outcome: Outcome, *, now: datetime) -> int:
    """Give the orders, tell what is to be told, and leave the one row in the activity. Return its id."""
    row, rule = judged.facts.rows[outcome.rule.id], outcome.rule
    cause = cause_of(judged, outcome)
    done: dict[str, list[str]] = defaultdict(list)
    errors = []
    for effect in outcome.effects:
        name = judged.miners[effect.miner].name if effect.miner else ""
        refused = ""
        if effect.order is not None and not rule.dry_run:
            refused = give(judged, effect, reason=f"Rule “{rule.name}”: {cause}.", now=now)
        if refused:
            errors.append(f"{name}: {refused}")
        elif effect.counts and name:
            done[effect.words].append(name)
    if rule.action.kind is ActionKind.NOTIFY and not rule.dry_run:
        tell_person(judged, outcome, cause, now=now)
    entry = record(
        actor=RULES,
        action="rule.rehearse" if rule.dry_run else "rule.fire",
        target=row,
        reason=sentence(judged, outcome, cause, done),
        outcome=Ended.REFUSED if errors and not done else Ended.DONE,
        error=" ".join(errors[:SHOWN_MAX]),
        detail=firing_json(scene.situation, capped(scene, judged).views, affected(outcome)),
        at=now,
    )
    return entry.pk


def affected(outcome: Outcome) -> set[str]:
    return {effect.miner for effect in outcome.effects if effect.cap is not None and not outcome.rule.dry_run}


def cause_of(judged: RuleScene, outcome: Outcome) -> str:
    trigger = outcome.rule.trigger
    who = judged.miners[outcome.subject].name if outcome.subject else "a miner"
    return trigger_words(trigger, pool=judged.surroundings.pools.get(trigger.pool or "", ""), who=who)


def sentence(judged: RuleScene, outcome: Outcome, cause: str, done: Mapping[str, Sequence[str]]) -> str:
    """Say why it fired, what it did to whom, and whom it did not reach and why."""
    words = [f"{cause[:1].upper()}{cause[1:]}."]
    words += [f"{does[:1].upper()}{does[1:]}: {listed(names, SHOWN_MAX)}." for does, names in done.items()]
    if outcome.rule.dry_run:
        words.append("Dry run: nothing is sent.")
    elif outcome.rule.action.kind is ActionKind.NOTIFY:
        words.append("You are told.")
    overruled = [effect for effect in outcome.effects if effect.overruled]
    words += [f"Not {judged.miners[effect.miner].name}: {effect.overruled}" for effect in overruled[:SHOWN_MAX]]
    return " ".join(words)


def tell_person(judged: RuleScene, outcome: Outcome, cause: str, *, now: datetime) -> None:
    price = judged.surroundings.price_p_per_kwh
    tell(
        "rule_fired",
        key=f"{outcome.rule.id}:{outcome.subject}:{now.isoformat()}",
        subject=f"miner:{outcome.subject}" if outcome.subject else f"rule:{outcome.rule.id}",
        label=outcome.rule.name,
        title=cause,
        detail=f"The price is {core.exact(price)} p/kWh." if price is not None else "",
        now=now,
    )


def end(outcomes: Iterable[Outcome], judged: RuleScene, *, now: datetime) -> None:
    """Note that rules no longer hold; two writes for any number of them."""
    rows = [judged.facts.crossings[(outcome.rule.id, outcome.subject)] for outcome in outcomes]
    if not rows:
        return
    with transaction.atomic():
        RuleCrossing.objects.filter(pk__in=[row.pk for row in rows]).update(active=False, ended_at=now)
        lasted([row.audit_entry_id for row in rows if row.audit_entry_id is not None], until=now)
        transaction.on_commit(announce)


# --- what a rule switched on ---------------------------------------------------------------------


def take_back(scene: Scene, decision: core.Decision, *, now: datetime) -> None:
    """Switch off the plugs that a rule switched on, once no miner may run: no rule makes one run at a price
    that the household excluded, or against a person's "force off"."""
    if decision.power is not core.Power.OFF and scene.situation.override.at(now) is not core.OverrideKind.OFF:
        return
    found = [switch for switch in scene.plugs.switches.values() if is_theirs(scene, switch, now)]
    if not found:
        return
    newest = PlugCommand.objects.filter(switch__in=found, status=CommandStatus.APPLIED).order_by()
    last = newest.values("switch").annotate(last=Max("pk")).values("last")
    by_rules = PlugCommand.objects.filter(pk__in=last, actor=RULES, on=True)
    for command in by_rules.select_related("switch"):
        switch, ended = command.switch, command.finished_at
        if switch.on_at is not None and ended is not None and switch.on_at > ended + SAME_TIME_ON:
            continue  # somebody switched it on since
        put_out(switch, decision, now=now)


def is_theirs(scene: Scene, switch: PowerSwitch, now: datetime) -> bool:
    """Tell whether a plug that is on feeds only miners the strategy leaves alone, and may be told now."""
    members = scene.plugs.members.get(switch.pk, ())
    if switch.pk in scene.plugs.commands or switch.is_on(now) is not True or not switch.may_retry(now):
        return False
    return bool(members) and not any(miner.enrolled for miner in members)


def put_out(switch: PowerSwitch, decision: core.Decision, *, now: datetime) -> None:
    reason = f"A rule had switched it on. {decision.explanation}"
    try:
        request_plug(switch, on=False, actor=RULES, reason=reason, now=now)
    except CommandRefusedError:
        return  # it is locked, or cannot be switched now; the next tick looks again
