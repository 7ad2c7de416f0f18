"""What is wrong with each miner, from which figures on, and which firmware it has had."""

from dataclasses import fields, replace

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from miners.drivers.thresholds import Thresholds
from miners.models.miner import Miner


class HealthReason(models.Model):
    """One thing that is wrong with a miner; it counts once it has lasted, and goes when it has been gone."""

    miner = models.ForeignKey(Miner, on_delete=models.CASCADE, related_name="health_reasons")
    code = models.CharField(max_length=12)
    severity = models.CharField(max_length=8)
    title = models.CharField(max_length=80)
    words = models.TextField()
    since = models.DateTimeField()
    gone_since = models.DateTimeField(null=True)
    counts = models.BooleanField(default=False)

    class Meta:
        ordering = ["since", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["miner", "code"], name="one_health_reason_of_a_kind_for_a_miner"),
        ]

    def __str__(self) -> str:
        return f"{self.miner_id} {self.code}"


def limit(label: str, low: int, high: int) -> "models.FloatField[float | None, float | None]":
    """Return a limit's column; empty takes the family's own."""
    return models.FloatField(
        label, null=True, blank=True, validators=[MinValueValidator(low), MaxValueValidator(high)]
    )


class HealthLimits(models.Model):
    """A household's own limits of health for one family."""

    kind = models.CharField("family", max_length=20, unique=True)
    chip_warn_c = limit("chip hot from, °C", 20, 150)
    chip_critical_c = limit("chip much too hot from, °C", 20, 150)
    vr_warn_c = limit("regulator hot from, °C", 20, 150)
    vr_critical_c = limit("regulator much too hot from, °C", 20, 150)
    reject_percent = limit("shares rejected, more than %", 0, 100)
    low_hashrate_percent = limit("hash rate low below, % of expected", 0, 100)
    weak_wifi_dbm = limit("Wi-Fi weak below, dBm", -120, 0)

    class Meta:
        verbose_name_plural = "health limits"

    def __str__(self) -> str:
        return self.kind

    def over(self, defaults: Thresholds) -> Thresholds:
        """Return a family's limits with those that were typed in over them."""
        typed = {field.name: getattr(self, field.name) for field in fields(Thresholds)}
        return replace(defaults, **{name: value for name, value in typed.items() if value is not None})


class FirmwareVersion(models.Model):
    """A firmware a miner was seen with, from then on; one row for each change."""

    miner = models.ForeignKey(Miner, on_delete=models.CASCADE, related_name="firmware_versions")
    firmware = models.CharField(max_length=60)
    web_firmware = models.CharField(max_length=60, blank=True)
    seen_at = models.DateTimeField()

    class Meta:
        ordering = ["-seen_at", "-pk"]
        indexes = [models.Index(fields=["miner", "-seen_at"], name="firmware_of_miner")]

    def __str__(self) -> str:
        return f"{self.miner_id} {self.firmware}"

    @property
    def is_mixed(self) -> bool:
        """Tell whether the web files are of another version than the firmware."""
        return bool(self.web_firmware) and self.web_firmware != self.firmware
