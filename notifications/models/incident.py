"""Incidents: one row for each thing that is wrong, from its opening to its close."""

from datetime import datetime

from django.db import models
from django.db.models import Q


class Severity(models.TextChoices):
    """How loud an incident is, in rising order."""

    INFO = "info", "Info"
    WARNING = "warning", "Warning"
    DANGER = "danger", "Danger"
    CRITICAL = "critical", "Critical"


class IncidentQuerySet(models.QuerySet["Incident"]):
    """Reads of incidents."""

    def open(self) -> "IncidentQuerySet":
        return self.filter(closed_at__isnull=True)

    def worst_first(self) -> "IncidentQuerySet":
        """Order by severity, the oldest first within one."""
        rank = models.Case(
            *(models.When(severity=value, then=models.Value(place)) for place, value in enumerate(Severity.values)),
            output_field=models.SmallIntegerField(),
        )
        return self.alias(rank=rank).order_by("-rank", "opened_at", "pk")


class Incident(models.Model):
    """Something that needs a person's eye; open until the condition has gone.

    `subject` names what it concerns in a form that does not change ("miner:7", "prices"); `label`
    is the name a person knew it by when it opened.
    """

    kind = models.CharField(max_length=40)
    subject = models.CharField(max_length=120)
    label = models.CharField(max_length=200)
    severity = models.CharField(max_length=8, choices=Severity.choices)
    title = models.CharField(max_length=200)
    detail = models.TextField(blank=True)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.CharField(max_length=150, blank=True)
    snoozed_until = models.DateTimeField(null=True, blank=True)  # no reminder before
    reminders = models.PositiveSmallIntegerField(default=0)
    causes = models.JSONField(default=list, blank=True)  # what it may share with others: "plug:3", "network:10.0.0"

    objects = IncidentQuerySet.as_manager()

    class Meta:
        ordering = ["-opened_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject"],
                condition=Q(closed_at__isnull=True),
                name="one_open_incident_of_a_kind",
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True) | Q(closed_at__gte=models.F("opened_at")),
                name="incident_closes_after_it_opens",
            ),
        ]
        indexes = [models.Index(fields=["closed_at", "opened_at"], name="incident_open_then_age")]

    def __str__(self) -> str:
        return f"{self.label}: {self.title}"

    def age_s(self, now: datetime) -> float:
        """Return how long it has been open, in seconds."""
        return ((self.closed_at or now) - self.opened_at).total_seconds()
