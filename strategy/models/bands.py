"""Price bands in versions."""

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from hmm.fields import MicroPenceField
from strategy import core

TARGET_CHOICES = [(target, core.OFF.capitalize() if target == core.OFF else target) for target in core.TARGETS]


class VersionStatus(models.TextChoices):
    """One version is active, at most one waits for its time."""

    ACTIVE = "active", "Active"
    PENDING = "pending", "Pending"
    RETIRED = "retired", "Retired"


class BandVersion(models.Model):
    """All bands as they stand together; an edit makes the next version."""

    status = models.CharField(max_length=8, choices=VersionStatus.choices)
    effective_from = models.DateTimeField()
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=150)
    replaces = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    shape = models.BigIntegerField(null=True, blank=True)  # the version since which limits, targets and count are so

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["status"], condition=Q(status="active"), name="one_band_version_is_active"
            ),
            models.UniqueConstraint(
                fields=["status"], condition=Q(status="pending"), name="at_most_one_band_version_is_pending"
            ),
        ]

    def __str__(self) -> str:
        return f"bands of {self.effective_from:%Y-%m-%d %H:%M}"

    def as_core(self) -> tuple[core.Band, ...]:
        """Return the bands as the decision reads them."""
        return core_bands(
            BandCells(
                row.position,
                row.ceiling_p_per_kwh,
                row.target,
                row.champion_only,
                {item.family: item.mode for item in row.modes.all()},
            )
            for row in self.bands.all()
        )


class BandCells(NamedTuple):
    """What is stored of one band."""

    position: int
    ceiling_p_per_kwh: Decimal | None
    target: str
    champion_only: bool
    modes: dict[str, str]


def core_bands(rows: Iterable[BandCells]) -> tuple[core.Band, ...]:
    """Return sorted bands as the decision reads them; each begins where the one before ends."""
    bands, floor = [], None
    for row in rows:
        bands.append(core.Band(**row._asdict(), floor_p_per_kwh=floor))
        floor = row.ceiling_p_per_kwh
    return tuple(bands)


class Band(models.Model):
    """A price range with its target; it begins where the one before ends. Position 1 is the cheapest."""

    version = models.ForeignKey(BandVersion, on_delete=models.CASCADE, related_name="bands")
    position = models.PositiveSmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(core.BANDS_MAX)])
    ceiling_p_per_kwh = MicroPenceField("below, p/kWh", null=True, blank=True)
    target = models.CharField(max_length=12, choices=TARGET_CHOICES, default=core.OFF)
    champion_only = models.BooleanField(default=False)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["version", "position"], name="one_band_at_a_position"),
        ]

    def __str__(self) -> str:
        return f"band {self.position}"


class ModeTarget(models.Model):
    """The mode of one hardware family in one band."""

    band = models.ForeignKey(Band, on_delete=models.CASCADE, related_name="modes")
    family = models.CharField(max_length=20)
    mode = models.CharField(max_length=20, default=core.MANAGED_EXTERNALLY)

    class Meta:
        ordering = ["family"]
        constraints = [models.UniqueConstraint(fields=["band", "family"], name="one_mode_for_each_family_of_a_band")]

    def __str__(self) -> str:
        return f"{self.family}: {self.mode}"
