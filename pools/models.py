"""Pools: where a miner's work goes, and for whom."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from hmm.fields import ScaledIntegerField
from hmm.secrets import EncryptedTextField
from pools.coins import TARGETS, Coin, RewardModel
from pools.failover import Standing

PORT_MAX = 65535


class CoinAmountField(ScaledIntegerField):
    """Coins, exact to a thousand-millionth."""

    places = 9
    unit = "coins"


class PoolQuerySet(models.QuerySet["Pool"]):
    """Reads of pools."""

    def usable(self) -> "PoolQuerySet":
        return self.filter(enabled=True)

    def for_target(self, target: str) -> "PoolQuerySet":
        """Return the enabled pools a band's target stands for, the preferred one first."""
        if target not in TARGETS:
            return self.none()
        coin, reward_model = TARGETS[target]
        return self.usable().filter(coin=coin, reward_model=reward_model).order_by("priority", "pk")


class Pool(models.Model):
    """One stratum pool with the household's account on it."""

    name = models.CharField(max_length=80, unique=True)
    coin = models.CharField(max_length=4, choices=Coin.choices)
    reward_model = models.CharField("reward", max_length=6, choices=RewardModel.choices, default=RewardModel.SOLO)
    host = models.CharField("stratum host", max_length=253)
    port = models.PositiveIntegerField("stratum port", validators=[MinValueValidator(1), MaxValueValidator(PORT_MAX)])
    wallet = models.CharField("wallet or user", max_length=200)
    password = EncryptedTextField("password", blank=True, default="")
    priority = models.PositiveSmallIntegerField(
        default=1, help_text="The lowest number is used first among the pools of a coin."
    )
    enabled = models.BooleanField(default=True)
    backend = models.CharField("statistics", max_length=20, default="stratum")
    stats_url = models.CharField("statistics address", max_length=300, blank=True, default="")
    token = EncryptedTextField("access token", blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = PoolQuerySet.as_manager()

    class Meta:
        ordering = ["coin", "priority", "name"]
        constraints = [
            models.CheckConstraint(condition=Q(port__gte=1) & Q(port__lte=PORT_MAX), name="pool_port_is_a_port"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def target(self) -> str:
        """Return the band target this pool can serve."""
        pair = (Coin(self.coin), RewardModel(self.reward_model))
        return next((target for target, wanted in TARGETS.items() if wanted == pair), self.coin)

    def user_for(self, worker_name: str) -> str:
        """Return the stratum user of one miner: the account, a dot, and the worker's own name."""
        return f"{self.wallet}.{worker_name}" if worker_name else self.wallet


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

    class Meta:
        verbose_name_plural = "pool health"

    def __str__(self) -> str:
        return f"{self.pool_id}: {self.state}"

    def standing(self) -> Standing:
        return Standing(
            id=self.pool_id, priority=self.pool.priority, bad_since=self.bad_since, good_since=self.good_since
        )


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
    blocks_found = models.BigIntegerField(null=True)
    warning = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        ordering = ["-fetched_at"]
        indexes = [models.Index(fields=["pool", "fetched_at"])]

    def __str__(self) -> str:
        return f"{self.pool_id} at {self.fetched_at:%Y-%m-%d %H:%M}"


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
