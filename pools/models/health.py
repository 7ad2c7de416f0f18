"""What is known of a pool now, by looks at its port."""

from django.db import models

from pools.failover import Standing
from pools.models.pool import Pool


class PoolState(models.TextChoices):
    """What the looks at the stratum port say."""

    UNKNOWN = "unknown", "not looked at yet"
    UP = "up", "answers"
    SHAKY = "shaky", "missed a look"
    DOWN = "down", "does not answer"


class PoolHealth(models.Model):
    """What is known of a pool now. The port decides; statistics that fail say nothing of the pool."""

    pool = models.OneToOneField(Pool, on_delete=models.CASCADE, related_name="health")
    due_at = models.DateTimeField(null=True)  # None: at once
    state = models.CharField(max_length=8, choices=PoolState.choices, default=PoolState.UNKNOWN)
    since = models.DateTimeField(null=True)
    bad_since = models.DateTimeField(null=True)
    good_since = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)
    outcome = models.CharField(max_length=20, blank=True, default="")
    connect_ms = models.FloatField(null=True)
    reply_ms = models.FloatField(null=True)
    checked_at = models.DateTimeField(null=True)
    stats_error = models.CharField(max_length=300, blank=True, default="")
    stats_failed_at = models.DateTimeField(null=True)
    stats_retry_at = models.DateTimeField(null=True)  # not to be asked before
    earnings_due_at = models.DateTimeField(null=True)  # None: at once
    earnings_error = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        verbose_name_plural = "pool health"

    def __str__(self) -> str:
        return f"{self.pool_id}: {self.state}"

    def standing(self) -> Standing:
        return Standing(
            id=self.pool_id, priority=self.pool.priority, bad_since=self.bad_since, good_since=self.good_since
        )
