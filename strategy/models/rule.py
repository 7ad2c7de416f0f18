"""Automation rules of the household, and what each remembers of its crossings."""

from datetime import timedelta

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from hmm.fields import MicroPenceField
from miners.models import Miner
from pools.models import Pool
from strategy.rule_parts import Action, ActionKind, Crossing, Rule, Scope, ScopeKind, Trigger, TriggerKind
from strategy.windows import EVERY_DAY, Window

TRIGGERS = [
    (TriggerKind.PRICE_BELOW.value, "price below"),
    (TriggerKind.PRICE_ABOVE.value, "price above"),
    (TriggerKind.PRICE_BETWEEN.value, "price between"),
    (TriggerKind.TIME.value, "time of day"),
    (TriggerKind.OFFLINE.value, "miner does not answer"),
    (TriggerKind.OVERHEAT.value, "miner is too hot"),
    (TriggerKind.POOL_DOWN.value, "pool is down"),
]
ACTIONS = [
    (ActionKind.OFF.value, "turn off"),
    (ActionKind.MODE.value, "set a mode"),
    (ActionKind.PLUG_OFF.value, "switch the plug off"),
    (ActionKind.PLUG_ON.value, "switch the plug on"),
    (ActionKind.POOL.value, "set a pool"),
    (ActionKind.NOTIFY.value, "tell me"),
]
SCOPES = [
    (ScopeKind.ALL.value, "all miners"),
    (ScopeKind.FAMILY.value, "one family"),
    (ScopeKind.MINERS.value, "chosen miners"),
]
MINUTES_MAX, COOLDOWN_MAX, PRIORITY_MAX = 1440, 10080, 99


class AutomationRule(models.Model):
    """One automation rule: when it holds, what it does, and to which miners. It only ever does less."""

    name = models.CharField(max_length=80, unique=True)
    enabled = models.BooleanField("in use", default=True)
    dry_run = models.BooleanField("dry run", default=False)
    priority = models.PositiveSmallIntegerField(
        default=10, validators=[MinValueValidator(1), MaxValueValidator(PRIORITY_MAX)]
    )
    cooldown_minutes = models.PositiveIntegerField(
        "cooldown, min", default=0, validators=[MaxValueValidator(COOLDOWN_MAX)]
    )
    trigger = models.CharField(max_length=13, choices=TRIGGERS)
    low_p_per_kwh = MicroPenceField("from or above, p/kWh", null=True, blank=True)
    high_p_per_kwh = MicroPenceField("below, p/kWh", null=True, blank=True)
    starts = models.TimeField("from", null=True, blank=True)
    ends = models.TimeField("until", null=True, blank=True)
    days = models.JSONField(default=list, blank=True)  # weekdays it begins on, Monday is 0; empty means all
    minutes = models.PositiveSmallIntegerField(
        "for, min", null=True, blank=True, validators=[MaxValueValidator(MINUTES_MAX)]
    )
    watched_pool = models.ForeignKey(
        Pool, on_delete=models.PROTECT, null=True, blank=True, related_name="rules_watching"
    )
    action = models.CharField(max_length=8, choices=ACTIONS)
    mode = models.CharField(max_length=20, blank=True, default="")
    pool = models.ForeignKey(Pool, on_delete=models.PROTECT, null=True, blank=True, related_name="rules_setting")
    scope = models.CharField("applies to", max_length=6, choices=SCOPES, default=ScopeKind.ALL.value)
    family = models.CharField(max_length=20, blank=True, default="")
    miners = models.ManyToManyField(Miner, blank=True, related_name="rules")
    revision = models.PositiveIntegerField(default=0)  # one more with each edit that makes it another rule
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["priority", "pk"]
        verbose_name = "automation rule"
        constraints = [
            models.CheckConstraint(
                condition=~Q(trigger="price_between")
                | Q(low_p_per_kwh__isnull=False, high_p_per_kwh__isnull=False)
                & Q(low_p_per_kwh__lt=models.F("high_p_per_kwh")),
                name="a_rule_between_prices_has_both_in_order",
            ),
            models.CheckConstraint(
                condition=~Q(trigger="time") | Q(starts__isnull=False, ends__isnull=False),
                name="a_rule_by_time_has_a_window",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def as_core(self) -> Rule:
        """Return the rule as the judgement reads it; one that cannot be read says so, and means the least."""
        try:
            return self.read()
        except (ValueError, TypeError, AttributeError, LookupError, ArithmeticError) as error:
            is_known, acts = self.trigger in tuple(TriggerKind), self.action in tuple(ActionKind)
            return Rule(
                id=self.pk,
                name=self.name,
                trigger=Trigger(kind=TriggerKind(self.trigger) if is_known else TriggerKind.OVERHEAT),
                action=Action(kind=ActionKind(self.action) if acts else ActionKind.OFF),
                scope=self.core_scope() if self.scope in tuple(ScopeKind) else Scope(),
                priority=self.priority,
                dry_run=self.dry_run,
                fault=f"{type(error).__name__}: {error}",
            )

    def read(self) -> Rule:
        return Rule(
            id=self.pk,
            name=self.name,
            trigger=self.core_trigger(),
            action=Action(
                kind=ActionKind(self.action),
                mode=self.mode or None,
                pool=str(self.pool_id) if self.pool_id is not None else None,
            ),
            scope=self.core_scope(),
            priority=self.priority,
            cooldown=timedelta(minutes=self.cooldown_minutes),
            dry_run=self.dry_run,
        )

    def core_scope(self) -> Scope:
        kind = ScopeKind(self.scope)
        chosen = self.miners.all() if kind is ScopeKind.MINERS else ()
        return Scope(kind=kind, family=self.family, miners=frozenset(str(miner.pk) for miner in chosen))

    def core_trigger(self) -> Trigger:
        window = None
        if self.starts is not None and self.ends is not None:
            window = Window(self.starts, self.ends, frozenset(self.days) or EVERY_DAY)
        return Trigger(
            kind=TriggerKind(self.trigger),
            low_p_per_kwh=self.low_p_per_kwh,
            high_p_per_kwh=self.high_p_per_kwh,
            window=window,
            minutes=self.minutes or 0,
            pool=str(self.watched_pool_id) if self.watched_pool_id is not None else None,
        )


class RuleCrossing(models.Model):
    """What a rule remembers, for each miner where it holds for each on its own: whether it fired and when."""

    rule = models.ForeignKey(AutomationRule, on_delete=models.CASCADE, related_name="crossings")
    miner = models.ForeignKey(Miner, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    active = models.BooleanField(default=True)
    fired_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    audit_entry_id = models.BigIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["rule"], condition=Q(miner__isnull=True), name="one_crossing_of_a_rule_as_a_whole"
            ),
            models.UniqueConstraint(fields=["rule", "miner"], name="one_crossing_of_a_rule_and_a_miner"),
        ]

    def __str__(self) -> str:
        return f"{self.rule_id} {'fired' if self.active else 'ended'}"

    @property
    def key(self) -> tuple[int, str]:
        return self.rule_id, str(self.miner_id) if self.miner_id is not None else ""

    def as_core(self) -> Crossing:
        return Crossing(active=self.active, fired_at=self.fired_at)
