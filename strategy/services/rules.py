"""Make, change, switch and remove automation rules; each with its row in the activity."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction

from hmm.audit.services import lasted, record
from miners.models import Miner
from pools.models import Pool
from strategy.core import short
from strategy.models import AutomationRule, RuleCrossing
from strategy.services.ruling import announce
from strategy.services.switches import look_now
from strategy.triggers import days_words

PLAIN = ("name", "enabled", "dry_run", "priority", "cooldown_minutes")
IDENTITY = (
    "dry_run",
    "trigger",
    "low_p_per_kwh",
    "high_p_per_kwh",
    "starts",
    "ends",
    "days",
    "minutes",
    "watched_pool",
    "action",
    "mode",
    "pool",
    "scope",
    "family",
    "miners",
)  # what makes it another rule: one that holds may fire again


def description(rule: AutomationRule, miners: Iterable[Miner]) -> dict[str, Any]:
    """Return what the activity keeps of a rule, in words."""
    times = {name: f"{at:%H:%M}" if (at := getattr(rule, name)) is not None else None for name in ("starts", "ends")}
    return {
        **{name: getattr(rule, name) for name in PLAIN},
        "trigger": rule.get_trigger_display(),
        "low_p_per_kwh": amount(rule.low_p_per_kwh),
        "high_p_per_kwh": amount(rule.high_p_per_kwh),
        **times,
        "days": days_words(frozenset(rule.days)) or "every day",
        "minutes": rule.minutes,
        "watched_pool": str(rule.watched_pool) if rule.watched_pool is not None else None,
        "action": rule.get_action_display(),
        "mode": rule.mode or None,
        "pool": str(rule.pool) if rule.pool is not None else None,
        "scope": rule.get_scope_display(),
        "family": rule.family or None,
        "miners": ", ".join(sorted(miner.name for miner in miners)) or None,
    }


def amount(price: Any) -> str | None:
    """Return a price in words that are the same however many noughts it was typed with."""
    return short(price) or None


def save_rule(rule: AutomationRule, miners: Iterable[Miner], *, actor: str, now: datetime) -> AutomationRule:
    """Store a rule that was made or changed. What makes it another rule lets it fire anew."""
    chosen = list(miners)
    with transaction.atomic():
        before = None
        if not rule._state.adding:
            stored = AutomationRule.objects.select_for_update().get(pk=rule.pk)
            before = description(stored, stored.miners.all())
            rule.revision = stored.revision + 1
        else:
            rule.created_at = now
        after = description(rule, chosen)
        if before == after:
            return rule
        rule.save()
        rule.miners.set(chosen)
        if before is not None and any(before[name] != after[name] for name in (*IDENTITY, "enabled")):
            forget(rule, now=now)
        record(
            actor=actor,
            action="rule.add" if before is None else "rule.edit",
            target=rule,
            before=before,
            after=after,
            at=now,
        )
        look_now(actor=actor)
        transaction.on_commit(announce)
    return rule


def forget(rule: AutomationRule, *, now: datetime) -> None:
    """End what a rule holds, and let it fire anew."""
    entries = RuleCrossing.objects.filter(rule=rule, active=True, audit_entry_id__isnull=False)
    ids = entries.values_list("audit_entry_id", flat=True)
    lasted([pk for pk in ids if pk is not None], until=now)
    RuleCrossing.objects.filter(rule=rule).delete()


def set_rule_enabled(rule: AutomationRule, enabled: bool, *, actor: str, now: datetime) -> bool:
    """Switch a rule on or off; False when it was so already. Off ends what it holds."""
    with transaction.atomic():
        stored = AutomationRule.objects.select_for_update().get(pk=rule.pk)
        if stored.enabled == enabled:
            return False
        AutomationRule.objects.filter(pk=rule.pk).update(enabled=enabled, revision=stored.revision + 1)
        forget(rule, now=now)
        record(
            actor=actor,
            action="rule.enable" if enabled else "rule.disable",
            target=rule,
            before={"enabled": not enabled},
            after={"enabled": enabled},
            at=now,
        )
        look_now(actor=actor)
        transaction.on_commit(announce)
    return True


def remove_rule(rule: AutomationRule, *, actor: str, now: datetime) -> None:
    """Forget a rule; what it held goes back to the strategy."""
    with transaction.atomic():
        before = description(rule, rule.miners.all())
        forget(rule, now=now)
        record(actor=actor, action="rule.remove", target=rule, before=before, at=now)
        rule.delete()
        look_now(actor=actor)
        transaction.on_commit(announce)


def rules_naming(pool: Pool) -> list[str]:
    """Return the rules that watch or set a pool, so that it is not removed under them."""
    found = AutomationRule.objects.filter(watched_pool=pool) | AutomationRule.objects.filter(pool=pool)
    return [f"the rule {rule.name}" for rule in found.distinct()]
