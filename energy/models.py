"""Tariffs, their prices, and the ledger of what mining cost."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce

from energy.tariffs.registry import tariff_choices
from hmm.fields import MicroPenceField, MilliwattHourField, NanoPenceField
from miners.models import Miner


class Tariff(models.Model):
    """A supplier's tariff with its configuration. One is active; the others keep their prices."""

    kind = models.CharField(max_length=40, choices=tariff_choices)
    name = models.CharField(max_length=120)
    config = models.JSONField(default=dict, blank=True)
    active = models.BooleanField(default=False)
    fetched_at = models.DateTimeField(null=True, blank=True)
    fetch_due_at = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0)
    last_error = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    follows_price_at = models.DateTimeField(null=True, editable=False)  # until when the one before told a price

    class Meta:
        ordering = ["-active", "name"]
        constraints = [
            models.UniqueConstraint(fields=["active"], condition=Q(active=True), name="one_tariff_is_active"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def region(self) -> str | None:
        region = self.config.get("region")
        return str(region) if region else None


class SettlementPeriodQuerySet(models.QuerySet["SettlementPeriod"]):
    """Reads of prices. All go through the active tariff, so that there is one price at any instant."""

    def active(self) -> "SettlementPeriodQuerySet":
        return self.filter(tariff__active=True)

    def touching(self, start: datetime, end: datetime) -> "SettlementPeriodQuerySet":
        """Return the periods that lie in [start, end) at least in part."""
        return self.filter(ends_at__gt=start, starts_at__lt=end).order_by("starts_at")


class SettlementPeriod(models.Model):
    """A stretch of time with one price, half-open; p/kWh, with VAT and without."""

    tariff = models.ForeignKey(Tariff, on_delete=models.CASCADE, related_name="periods")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    price_p_per_kwh = MicroPenceField()
    price_ex_vat_p_per_kwh = MicroPenceField(null=True, blank=True)
    fetched_at = models.DateTimeField()

    objects = SettlementPeriodQuerySet.as_manager()

    class Meta:
        ordering = ["starts_at"]
        constraints = [
            models.UniqueConstraint(fields=["tariff", "starts_at"], name="one_price_for_each_start"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="period_ends_after_it_starts"),
        ]
        indexes = [models.Index(fields=["tariff", "ends_at"], name="period_by_end")]

    def __str__(self) -> str:
        return f"{self.starts_at:%Y-%m-%d %H:%M} {self.price_p_per_kwh} p/kWh"

    def covers(self, moment: datetime) -> bool:
        return bool(self.starts_at <= moment < self.ends_at)


class StandingCharge(models.Model):
    """What a day of supply costs from a day on, in p/day with VAT; null where it is not known."""

    from_day = models.DateField(unique=True)
    p_per_day = MicroPenceField(null=True, blank=True)
    tariff_label = models.CharField(max_length=120)

    class Meta:
        ordering = ["from_day"]

    def __str__(self) -> str:
        return f"{self.from_day} {self.p_per_day} p/day"


class LedgerEntry(models.Model):
    """What one miner used, did and cost in one slot. It never changes once the slot is over and counted."""

    miner = models.ForeignKey(Miner, on_delete=models.SET_NULL, null=True, related_name="ledger")
    miner_label = models.CharField(max_length=80)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    price_p_per_kwh = MicroPenceField(null=True, blank=True)
    energy_kwh = MilliwattHourField(default=0)
    cost_p = NanoPenceField(null=True, blank=True)
    known_s = models.PositiveIntegerField(default=0)
    unknown_s = models.PositiveIntegerField(default=0)
    hashing_s = models.PositiveIntegerField(default=0)
    work_th = models.FloatField(default=0)
    mode = models.CharField(max_length=20, blank=True)
    band_position = models.PositiveSmallIntegerField(null=True, blank=True)
    coin = models.CharField(max_length=12, blank=True)
    reason = models.CharField(max_length=200, blank=True)
    is_final = models.BooleanField(default=False)

    class Meta:
        ordering = ["starts_at"]
        verbose_name_plural = "ledger entries"
        constraints = [
            models.UniqueConstraint(fields=["miner", "starts_at"], name="one_ledger_entry_for_each_slot"),
        ]
        indexes = [models.Index(fields=["starts_at"], name="ledger_by_start")]

    def __str__(self) -> str:
        return f"{self.miner_label} {self.starts_at:%Y-%m-%d %H:%M}"


MINER_NAME = Coalesce(
    "miner__name", "miner_label"
)  # of a ledger entry: as it is called now, or was while it was here
