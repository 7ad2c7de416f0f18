"""What a pool's statistics said, look by look."""

from django.db import models

from pools.models.amounts import CoinAmountField
from pools.models.pool import Pool


class PoolSnapshot(models.Model):
    """What a pool's statistics said of our account at one moment; None is what they do not say."""

    pool = models.ForeignKey(Pool, on_delete=models.CASCADE, related_name="snapshots")
    fetched_at = models.DateTimeField()
    account_known = models.BooleanField(null=True)
    hashrate_ths = models.FloatField(null=True)
    hashrate_average_ths = models.FloatField(null=True)
    pool_hashrate_ths = models.FloatField(null=True)
    network_hashrate_ths = models.FloatField(null=True)
    network_difficulty = models.FloatField(null=True)
    workers_online = models.BigIntegerField(null=True)
    workers_offline = models.BigIntegerField(null=True)
    last_share_at = models.DateTimeField(null=True)
    best_share = models.FloatField(null=True)
    effort_percent = models.FloatField(null=True)
    immature = CoinAmountField(null=True)
    unpaid = CoinAmountField(null=True)
    paid = CoinAmountField(null=True)
    earned = CoinAmountField(null=True)
    earned_today = CoinAmountField(null=True)
    expected_today = CoinAmountField(null=True)
    blocks_found = models.BigIntegerField(null=True)
    warning = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        ordering = ["-fetched_at"]
        indexes = [models.Index(fields=["pool", "fetched_at"])]

    def __str__(self) -> str:
        return f"{self.pool_id} at {self.fetched_at:%Y-%m-%d %H:%M}"
