"""What pools that share rewards credited day by day, and what they paid."""

from django.db import models

from pools.models.amounts import CoinAmountField
from pools.models.pool import Pool


class PoolReward(models.Model):
    """What a pool credited us for one UTC day, in coins, as it told last."""

    pool = models.ForeignKey(Pool, on_delete=models.CASCADE, related_name="rewards")
    day = models.DateField()
    total = CoinAmountField()
    mining = CoinAmountField(null=True)
    shares = models.BigIntegerField(null=True)

    class Meta:
        ordering = ["-day"]
        constraints = [models.UniqueConstraint(fields=["pool", "day"], name="a_day_at_a_pool_is_rewarded_once")]

    def __str__(self) -> str:
        return f"{self.pool_id} on {self.day}"


class PoolPayout(models.Model):
    """One payment of a pool to us, in coins. Where it went is not kept."""

    pool = models.ForeignKey(Pool, on_delete=models.CASCADE, related_name="payouts")
    way = models.CharField(max_length=9)
    status = models.CharField(max_length=9)
    amount = CoinAmountField()
    fee = CoinAmountField(null=True)
    requested_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)
    transaction = models.CharField(max_length=80, blank=True, default="")

    class Meta:
        ordering = ["-requested_at"]
        constraints = [
            models.UniqueConstraint(fields=["pool", "way", "requested_at", "amount"], name="a_payout_is_kept_once")
        ]

    def __str__(self) -> str:
        return f"{self.amount} by {self.pool_id}"
