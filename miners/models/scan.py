"""Networks that are looked through for miners, now and then."""

from datetime import datetime, timedelta

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

EVERY_MIN_H, EVERY_MAX_H, EVERY_DEFAULT_H = 1, 168, 24


class ScanNetworkQuerySet(models.QuerySet["ScanNetwork"]):
    """Reads and claims of networks."""

    def due(self, now: datetime) -> "ScanNetworkQuerySet":
        """Return networks to look through now; one due later than two of the longest waits had its clock set back."""
        furthest = now + 2 * timedelta(hours=EVERY_MAX_H)
        return self.filter(enabled=True).filter(Q(due_at__lte=now) | Q(due_at__gt=furthest))


class ScanNetwork(models.Model):
    """One network with its rhythm. `auto_add` takes in what is found without asking."""

    cidr = models.CharField("network", max_length=50, unique=True)
    ports = models.CharField(max_length=60, blank=True)  # empty: where the families are at home
    large = models.BooleanField(default=False)  # a person confirmed that it has more addresses than a /20
    enabled = models.BooleanField("looked through regularly", default=True)
    every_h = models.PositiveSmallIntegerField(
        "every, hours",
        default=EVERY_DEFAULT_H,
        validators=[MinValueValidator(EVERY_MIN_H), MaxValueValidator(EVERY_MAX_H)],
    )
    auto_add = models.BooleanField("add what is found", default=False)
    due_at = models.DateTimeField(db_index=True)
    scanned_at = models.DateTimeField(null=True, blank=True)

    objects = ScanNetworkQuerySet.as_manager()

    class Meta:
        ordering = ["cidr"]
        constraints = [
            models.CheckConstraint(
                condition=Q(every_h__gte=EVERY_MIN_H) & Q(every_h__lte=EVERY_MAX_H), name="scan_every_1_to_168_h"
            ),
        ]

    def __str__(self) -> str:
        return self.cidr
