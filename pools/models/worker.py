"""The workers of our accounts, as the pools know them now."""

from django.db import models

from pools.models.pool import Pool

NAME_MAX = 200


class PoolWorker(models.Model):
    """One worker of our account at one pool, replaced by each look; None is what the pool does not say.

    `best_told` is the best share the leaderboard has taken in, None as long as it has taken in none.
    """

    pool = models.ForeignKey(Pool, on_delete=models.CASCADE, related_name="workers")
    name = models.CharField(max_length=NAME_MAX)
    hashrate_ths = models.FloatField(null=True)
    online = models.BooleanField(null=True)
    last_share_at = models.DateTimeField(null=True)
    best_share = models.FloatField(null=True)
    best_told = models.FloatField(null=True)
    seen_at = models.DateTimeField()
    seen_before = models.DateTimeField(null=True)  # the look before that one

    class Meta:
        ordering = ["pool", "name"]
        constraints = [models.UniqueConstraint(fields=["pool", "name"], name="a_worker_of_a_pool_once")]

    def __str__(self) -> str:
        return self.name or "without a name"
