"""What the strategy is told, and what it keeps between two ticks."""

from datetime import datetime
from typing import Any

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q

from strategy import core


class StrategyState(models.Model):
    """The one row of what the strategy is told and what it remembers."""

    enabled = models.BooleanField(default=False)
    override_kind = models.CharField(
        max_length=4, choices=[(kind.value, kind.value) for kind in core.OverrideKind], default="auto"
    )
    override_band = models.PositiveSmallIntegerField(null=True, blank=True)
    override_until = models.DateTimeField(null=True, blank=True)
    override_by = models.CharField(max_length=150, blank=True)
    override_since = models.DateTimeField(null=True, blank=True)
    grace_minutes = models.PositiveSmallIntegerField(default=30, validators=[MaxValueValidator(1440)])
    fail_safe = models.CharField(
        max_length=6, choices=[(kind.value, kind.value) for kind in core.FailSafe], default="off"
    )
    current_band = models.PositiveSmallIntegerField(null=True, blank=True)
    current_shape = models.BigIntegerField(null=True, blank=True)  # of the bands it is one of
    current_since = models.DateTimeField(null=True, blank=True)
    interrupted_since = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decision = models.JSONField(null=True, blank=True)
    champion_band = models.PositiveSmallIntegerField(null=True, blank=True)
    champion_id = models.BigIntegerField(null=True, blank=True)
    champion_failures = models.PositiveSmallIntegerField(default=0)
    champion_failed = models.JSONField(default=list, blank=True)
    champion_exhausted = models.BooleanField(default=False)
    champion_since = models.DateTimeField(null=True, blank=True)
    champion_judged_at = models.DateTimeField(null=True, blank=True)
    ticking_until = models.DateTimeField(null=True, blank=True)
    revision = models.PositiveBigIntegerField(default=0)  # one more with each tick; only its holder writes

    class Meta:
        verbose_name_plural = "strategy state"
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="there_is_one_strategy_state")]

    def __str__(self) -> str:
        return "on" if self.enabled else "off"

    def override_at(self, now: datetime) -> core.OverrideKind:
        return self.override.at(now)

    @property
    def override(self) -> core.Override:
        return core.Override(
            kind=core.OverrideKind(self.override_kind), band=self.override_band, until=self.override_until
        )

    def override_json(self, now: datetime) -> dict[str, Any]:
        """Return the override of now; one whose end has passed is none."""
        if self.override_at(now) is core.OverrideKind.AUTO:
            return {"kind": core.OverrideKind.AUTO.value, "band": None, "until": None}
        return {"kind": self.override_kind, "band": self.override_band, "until": self.override_until}

    @property
    def band_in_force(self) -> int | None:
        """Return the place of the band that runs: none while off, an override's, none in the fail-safe, else the
        one that is remembered."""
        if not self.enabled:
            return None
        is_other = self.told("reason") in {core.Reason.OVERRIDE_ON, core.Reason.NO_PRICE_FAIL_SAFE}
        return self.told("band") if is_other else self.current_band

    def told(self, name: str) -> Any:
        """Return a part of the newest decision, None before the first."""
        return (self.decision or {}).get(name)
