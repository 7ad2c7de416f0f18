"""Blocks of our wallets."""

from django.db import models

from pools.models.amounts import CoinAmountField
from pools.models.pool import Pool


class BlockState(models.TextChoices):
    """How far a found block has come."""

    CANDIDATE = "candidate", "candidate"
    IMMATURE = "immature", "immature"
    CONFIRMED = "confirmed", "confirmed"
    ORPHANED = "orphaned", "orphaned"


class FoundBlock(models.Model):
    """A block of our wallet in a pool's own list; `reward` in coins, None where the pool's amount makes no sense."""

    pool = models.ForeignKey(Pool, on_delete=models.CASCADE, related_name="blocks")
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
        constraints = [models.UniqueConstraint(fields=["pool", "hash"], name="a_block_is_found_once")]

    def __str__(self) -> str:
        return f"block {self.height}"
