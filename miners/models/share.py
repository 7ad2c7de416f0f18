"""High shares of our miners, what they worked for each pool, and whose a found block is."""

from django.db import models
from django.db.models import Q

from miners.models.miner import Miner
from pools.coins import Coin
from pools.models import FoundBlock, Pool


class ShareSource(models.TextChoices):
    """Who told of a share."""

    MINER = "miner", "the miner"
    POOL = "pool", "the pool"


class HighShare(models.Model):
    """One share of high difficulty, counted once whoever tells of it. Its labels outlive miner and pool.

    `not_before` is None for a share a miner had when it was first seen: found nobody knows when, nor for which coin.
    """

    miner = models.ForeignKey(Miner, on_delete=models.SET_NULL, null=True, related_name="high_shares")
    miner_label = models.CharField(max_length=200)
    mac = models.CharField(max_length=12, blank=True, default="")
    coin = models.CharField(max_length=4, choices=Coin.choices, blank=True, default="")
    pool = models.ForeignKey(Pool, on_delete=models.SET_NULL, null=True, related_name="high_shares")
    pool_label = models.CharField(max_length=80, blank=True, default="")
    difficulty = models.FloatField()
    network_difficulty = models.FloatField(null=True)
    source = models.CharField(max_length=5, choices=ShareSource.choices)
    seen_at = models.DateTimeField()
    not_before = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-difficulty", "pk"]
        constraints = [models.CheckConstraint(condition=Q(difficulty__gt=0), name="a_share_is_more_than_nought")]
        indexes = [
            models.Index(fields=["coin", "-difficulty"], name="share_of_a_coin"),
            models.Index(fields=["miner", "-difficulty"], name="share_of_a_miner"),
            models.Index(fields=["seen_at"], name="share_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.difficulty:.3g} by {self.miner_label}"

    @property
    def block_percent(self) -> float | None:
        """Return what the share reached of a block then, in percent; None where the difficulty was not known."""
        return self.difficulty / self.network_difficulty * 100 if self.network_difficulty else None


class PoolWork(models.Model):
    """What one miner did for one pool in an hour, or in a day once that is past: shares by its counters, and work.

    Without a pool it worked for one that is not known here.
    """

    miner = models.ForeignKey(Miner, on_delete=models.CASCADE, related_name="pool_work", db_index=False)
    pool = models.ForeignKey(Pool, on_delete=models.SET_NULL, null=True, related_name="work")
    coin = models.CharField(max_length=4, choices=Coin.choices, blank=True, default="")
    starts_at = models.DateTimeField()
    is_day = models.BooleanField(default=False)
    accepted = models.BigIntegerField(default=0)
    rejected = models.BigIntegerField(default=0)
    work_th = models.FloatField(default=0)

    class Meta:
        ordering = ["starts_at"]
        verbose_name_plural = "pool work"
        constraints = [
            models.UniqueConstraint(
                fields=["miner", "pool", "starts_at", "is_day"],
                condition=Q(pool__isnull=False),
                name="one_row_of_work_for_a_pool_at_a_time",
            ),
        ]
        indexes = [
            models.Index(fields=["starts_at", "pool"], name="work_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.miner_id} for {self.pool_id} {self.starts_at:%Y-%m-%d %H:%M}"


class BlockCredit(models.Model):
    """Whose a found block is, by the worker's name when it was found."""

    block = models.OneToOneField(FoundBlock, on_delete=models.CASCADE, related_name="credit")
    miner = models.ForeignKey(Miner, on_delete=models.SET_NULL, null=True, related_name="block_credits")
    miner_label = models.CharField(max_length=60)

    def __str__(self) -> str:
        return f"{self.block_id} by {self.miner_label}"
