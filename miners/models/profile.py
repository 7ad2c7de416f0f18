"""Tuning profiles: a clock, a core voltage and a fan that belong together, kept under a name."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from miners.drivers.base import Preset


class Fan(models.TextChoices):
    """What a profile does about the fan."""

    LEAVE = "", "Leave it as it is"
    AUTO = "auto", "The device's own control"
    FIXED = "fixed", "A fixed duty"


class TuningProfile(models.Model):
    """One setting for devices of a family with one chip. Each device's own board has the last word on limits."""

    name = models.CharField(max_length=60)
    kind = models.CharField("family", max_length=20)
    asic_model = models.CharField("chip", max_length=40, blank=True)  # empty: a family without clocks to set
    board_model = models.CharField("board", max_length=60, blank=True)  # of shipped profiles
    mode = models.CharField(max_length=20, blank=True)
    frequency_mhz = models.PositiveSmallIntegerField("clock, MHz", null=True, blank=True)
    core_voltage_mv = models.PositiveSmallIntegerField("core voltage, mV", null=True, blank=True)
    fan = models.CharField(max_length=5, choices=Fan.choices, blank=True, default=Fan.LEAVE)
    fan_percent = models.PositiveSmallIntegerField(
        "fan, %", null=True, blank=True, validators=[MinValueValidator(0), MaxValueValidator(100)]
    )
    shipped = models.BooleanField(default=False)
    position = models.PositiveSmallIntegerField(default=0)  # of shipped ones: eco, standard, turbo
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["kind", "asic_model", "-shipped", "board_model", "position", "name"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "asic_model", "name"], name="one_profile_of_a_name_for_a_chip"),
            models.CheckConstraint(
                condition=Q(frequency_mhz__isnull=True, core_voltage_mv__isnull=True)
                | Q(frequency_mhz__isnull=False, core_voltage_mv__isnull=False),
                name="a_profile_has_clock_and_core",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def preset(self) -> Preset | None:
        if self.frequency_mhz is None or self.core_voltage_mv is None:
            return None
        return Preset(self.frequency_mhz, self.core_voltage_mv)

    @property
    def made_for(self) -> str:
        """Return what it is listed under: its board and chip, or its chip where the board does not matter."""
        return " · ".join(dict.fromkeys(part for part in (self.board_model, self.asic_model) if part)) or self.kind

    @property
    def short_name(self) -> str:
        """Return its name below the board's."""
        return self.mode.capitalize() if self.shipped and self.mode else self.name

    @property
    def in_words(self) -> str:
        """Return what it sets."""
        parts = [f"{self.frequency_mhz} MHz at {self.core_voltage_mv} mV"] if self.preset else []
        parts += [f"mode {self.mode}"] if self.mode and not self.preset else []
        parts += [{"auto": "fan automatic", "fixed": f"fan {self.fan_percent} %"}[self.fan]] if self.fan else []
        return ", ".join(parts)
