"""What is wanted of each miner, what was last confirmed, and what a person holds."""

from datetime import datetime, timedelta
from typing import Any

from django.db import models

from miners.models.miner import Miner

RETRY_FIRST, RETRY_MAX = timedelta(minutes=1), timedelta(minutes=60)
RETRY_OFF_MAX = timedelta(minutes=4)  # what should be off and runs costs money: it is told again soon


class MinerField(models.TextChoices):
    """The three things the strategy decides for a miner."""

    POWER = "power", "Power"
    MODE = "mode", "Mode"
    POOL = "pool", "Pool"


class FieldState(models.Model):
    """One field of one miner: what HMM last confirmed, whether a person holds it, when to try again."""

    miner = models.ForeignKey(Miner, on_delete=models.CASCADE, related_name="field_states")
    field = models.CharField(max_length=5, choices=MinerField.choices)
    confirmed = models.JSONField(null=True, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    confirmed_uptime_s = models.BigIntegerField(null=True, blank=True)
    held_by = models.CharField(max_length=150, blank=True)
    held_value = models.JSONField(null=True, blank=True)
    held_since = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0)
    failed_value = models.JSONField(null=True, blank=True)  # what failed; another value may be tried at once
    retry_at = models.DateTimeField(null=True, blank=True)
    restart_owed = models.JSONField(null=True, blank=True)  # a pool that was written and counts after a restart

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["miner", "field"], name="one_state_for_each_field_of_a_miner"),
        ]

    def __str__(self) -> str:
        return f"{self.miner_id} {self.field}"

    def owes_restart_for(self, value: Any) -> bool:
        """Tell whether this very pool was written and the device has not restarted since."""
        owed = self.restart_owed
        return (
            isinstance(owed, dict)
            and isinstance(value, dict)
            and all(owed.get(name) == value[name] for name in value)
        )

    def may_retry(self, now: datetime, value: Any) -> bool:
        """Tell whether a command may be given: a value that failed waits its time, another one does not.

        A time too far ahead is a clock set back.
        """
        if self.retry_at is None or value != self.failed_value:
            return True
        return now >= self.retry_at or self.retry_at > now + 2 * RETRY_MAX


class MinerTarget(models.Model):
    """What the strategy wants of a miner now, and why; written by the strategy, shown by every page."""

    miner = models.OneToOneField(Miner, on_delete=models.CASCADE, primary_key=True, related_name="target")
    on = models.BooleanField(null=True)
    mode = models.CharField(max_length=20, blank=True)
    pool_label = models.CharField(max_length=80, blank=True)
    why = models.TextField(blank=True)
    note = models.TextField(blank=True)
    band_position = models.PositiveSmallIntegerField(null=True)
    champion = models.BooleanField(default=False)
    waiting = models.CharField(max_length=200, blank=True)  # what keeps a difference from being sent
    decided_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.miner_id}: {'on' if self.on else 'off' if self.on is False else 'left alone'}"
