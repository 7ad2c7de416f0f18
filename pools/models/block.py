"""Blocks of our wallets."""

from django.db import models

from pools.coins import Coin
from pools.models.amounts import CoinAmountField
from pools.models.pool import Pool


class BlockState(models.TextChoices):
    """How far a found block has come."""

    CANDIDATE = "candidate", "candidate"
    IMMATURE = "immature", "immature"
    CONFIRMED = "confirmed", "confirmed"
    ORPHANED = "orphaned", "orphaned"


class FoundBlock(models.Model):
    """A block of our wallet in a pool's own list; `reward` in coins, None where the pool's amount makes no sense.

    Two pools may list the same block, one account added twice; it is one block of its coin. It outlives its pool.
    A candidate without a hash has `height:` and its height there until the pool tells it.
    """

    pool = models.ForeignKey(Pool, on_delete=models.SET_NULL, null=True, related_name="blocks")
    pool_label = models.CharField(max_length=80, default="")
    coin = models.CharField(max_length=4, choices=Coin.choices)
    hash = models.CharField(max_length=80)
    height = models.BigIntegerField(null=True)
    state = models.CharField(max_length=9, choices=BlockState.choices)
    worker = models.CharField(max_length=200, blank=True, default="")
    found_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField()
    share_difficulty = models.FloatField(null=True)
    difficulty = models.FloatField(null=True)
    reward = CoinAmountField(null=True)

    class Meta:
        ordering = ["-found_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["coin", "hash"], name="a_block_of_a_coin_is_found_once")]

    def __str__(self) -> str:
        return f"{self.coin} block {self.height}"

    @property
    def luck_percent(self) -> float | None:
        """Return how far the share went beyond what the block took, 100 and more; None where either is unknown."""
        if not self.share_difficulty or not self.difficulty:
            return None
        return self.share_difficulty / self.difficulty * 100
