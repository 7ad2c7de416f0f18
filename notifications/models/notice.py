"""What happened and may be told: an incident's opening or close, a reminder, or something that happened once."""

from django.db import models

from notifications.models.incident import Incident, Severity


class Phase(models.TextChoices):
    """What a notice tells of."""

    OPENED = "opened", "Began"
    REMINDER = "reminder", "Goes on"
    CLOSED = "closed", "Over"
    ONCE = "once", "Happened"


class Notice(models.Model):
    """One thing to tell. `source` names where it came from, so that nothing becomes two notices."""

    source = models.CharField(max_length=120, unique=True)
    event = models.CharField(max_length=40)
    phase = models.CharField(max_length=8, choices=Phase.choices)
    subject = models.CharField(max_length=120)
    label = models.CharField(max_length=200)
    severity = models.CharField(max_length=8, choices=Severity.choices)
    title = models.CharField(max_length=200)
    detail = models.TextField(blank=True)
    causes = models.JSONField(default=list, blank=True)
    incident = models.ForeignKey(Incident, null=True, blank=True, on_delete=models.SET_NULL, related_name="notices")
    occurred_at = models.DateTimeField()
    lasted_s = models.PositiveIntegerField(null=True, blank=True)
    judged_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=120, blank=True)

    class Meta:
        ordering = ["-occurred_at", "-pk"]
        indexes = [
            models.Index(fields=["judged_at", "occurred_at"], name="notice_to_judge"),
            models.Index(fields=["event", "subject", "-judged_at"], name="notice_last_told"),
        ]

    def __str__(self) -> str:
        return f"{self.label}: {self.title}"
