"""Pools: where a miner's work goes, and for whom."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from hmm.secrets import EncryptedTextField
from pools.coins import TARGETS, Coin, RewardModel

PORT_MAX = 65535
SECRETS = ("password", "token")


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
    tls = models.BooleanField("encrypted connection", default=False)
    verify_tls = models.BooleanField(
        "check the certificate", default=True, help_text="Only an encrypted pool of your own may go without."
    )
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
    def address(self) -> str:
        """Return the stratum address with its scheme."""
        return f"{'stratum+ssl' if self.tls else 'stratum+tcp'}://{self.host}:{self.port}"

    @property
    def target(self) -> str:
        """Return the band target this pool can serve."""
        pair = (Coin(self.coin), RewardModel(self.reward_model))
        return next((target for target, wanted in TARGETS.items() if wanted == pair), self.coin)

    def user_for(self, worker_name: str) -> str:
        """Return the stratum user of one miner: the account, a dot, and the worker's own name."""
        return f"{self.wallet}.{worker_name}" if worker_name else self.wallet
