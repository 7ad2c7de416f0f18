"""What is known of coins: who is asked, what each said last, and what was believed hour by hour."""

from datetime import timedelta
from typing import Any

from django.db import models
from django.db.models import Q

from hmm.fields import ScaledIntegerField
from hmm.secrets import EncryptedTextField
from pools.coins import Coin

HOUR = timedelta(hours=1)


class CoinPriceField(ScaledIntegerField):
    """A price in £ a coin, exact to a ten-thousand-millionth: a DigiByte is worth a part of a penny."""

    places = 10
    unit = "a price in £"


class CoinSourceQuerySet(models.QuerySet["CoinSource"]):
    """Reads of sources."""

    def due(self, now: Any, too_far: Any) -> "CoinSourceQuerySet":
        """Return the sources to ask now; a due time far ahead is of a clock that was set back."""
        late = Q(due_at__isnull=True) | Q(due_at__lte=now) | Q(due_at__gt=too_far)
        return self.filter(late, enabled=True)


class CoinSource(models.Model):
    """One service that tells prices or difficulties, with when it is asked next and what went wrong."""

    kind = models.CharField(max_length=20, unique=True)
    enabled = models.BooleanField(default=True)
    rank = models.PositiveSmallIntegerField("order", default=1, help_text="The lowest number is believed first.")
    base_url = models.CharField("address", max_length=300, blank=True, default="")
    key = EncryptedTextField("access key", blank=True, default="")
    due_at = models.DateTimeField(null=True)  # None: at once
    asked_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)  # in a row
    failed_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=300, blank=True, default="")

    objects = CoinSourceQuerySet.as_manager()

    class Meta:
        ordering = ["rank", "pk"]

    def __str__(self) -> str:
        return self.kind


class CoinWord(models.Model):
    """What one source last said of one coin. Each figure has the time it is of; None is what it never said."""

    source = models.ForeignKey(CoinSource, on_delete=models.CASCADE, related_name="words")
    coin = models.CharField(max_length=4, choices=Coin.choices)
    price_gbp = CoinPriceField(null=True)
    price_at = models.DateTimeField(null=True)
    difficulty = models.FloatField(null=True)
    difficulty_at = models.DateTimeField(null=True)
    height = models.BigIntegerField(null=True)
    height_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["coin", "source"]
        constraints = [models.UniqueConstraint(fields=["source", "coin"], name="a_source_has_one_word_for_each_coin")]

    def __str__(self) -> str:
        return f"{self.coin} by {self.source_id}"


class CoinObservation(models.Model):
    """What was believed of a coin in one hour: the last word in it. None: nobody said anything in that hour."""

    coin = models.CharField(max_length=4, choices=Coin.choices)
    hour = models.DateTimeField()
    price_gbp = CoinPriceField(null=True)
    price_source = models.CharField(max_length=20, blank=True, default="")
    difficulty = models.FloatField(null=True)
    difficulty_source = models.CharField(max_length=20, blank=True, default="")
    height = models.BigIntegerField(null=True)

    class Meta:
        ordering = ["hour"]
        constraints = [models.UniqueConstraint(fields=["coin", "hour"], name="an_hour_of_a_coin_is_kept_once")]
        indexes = [models.Index(fields=["hour"], name="coin_observation_by_hour")]

    def __str__(self) -> str:
        return f"{self.coin} {self.hour:%Y-%m-%d %H:00}"
