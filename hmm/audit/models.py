"""The audit log: what was done to what, by whom, why, and how it ended."""

from datetime import datetime, timedelta

from django.db import models


class Outcome(models.TextChoices):
    """How an audited act ended; `started` on an old row tells of a crash."""

    STARTED = "started", "Started"
    DONE = "done", "Done"
    NEEDS_RESTART = "needs restart", "Needs restart"
    REFUSED = "refused", "Refused"
    NOT_VERIFIED = "not verified", "Not verified"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


class AuditEntryQuerySet(models.QuerySet["AuditEntry"]):
    """Reads of the log."""

    def about(self, target: models.Model) -> "AuditEntryQuerySet":
        return self.filter(target_type=target._meta.label_lower, target_id=str(target.pk))

    def before(self, pk: int) -> "AuditEntryQuerySet":
        """Return the rows that come after row `pk` in the stream; rows may be written for an earlier moment."""
        moment = AuditEntry.objects.filter(pk=pk).values_list("created_at", flat=True).first()
        if moment is None:
            return self.filter(pk__lt=pk)
        return self.filter(models.Q(created_at__lt=moment) | models.Q(created_at=moment, pk__lt=pk))

    def search(self, text: str) -> "AuditEntryQuerySet":
        """Return rows in which every word of `text` appears somewhere a person would look."""
        rows = self
        for word in text.split():
            places = ("target_label", "reason", "action", "actor", "error")
            either = models.Q()
            for place in places:
                either |= models.Q(**{f"{place}__icontains": word})
            rows = rows.filter(either)
        return rows


class AuditEntry(models.Model):
    """One act. The label of its target is kept, so a rename does not rewrite the past."""

    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    actor = models.CharField(max_length=150)
    action = models.CharField(max_length=60)
    target_type = models.CharField(max_length=60, blank=True)
    target_id = models.CharField(max_length=40, blank=True)
    target_label = models.CharField(max_length=200, blank=True)
    reason = models.TextField(blank=True)
    before = models.JSONField(null=True, blank=True)
    after = models.JSONField(null=True, blank=True)
    outcome = models.CharField(max_length=14, choices=Outcome.choices, default=Outcome.STARTED)
    error = models.TextField(blank=True)
    detail = models.JSONField(null=True, blank=True)

    objects = AuditEntryQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name_plural = "audit entries"
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="audit_newest_first"),
            models.Index(fields=["action", "-created_at"], name="audit_by_action"),
            models.Index(fields=["actor", "-created_at"], name="audit_by_actor"),
            models.Index(fields=["target_type", "target_id", "-created_at"], name="audit_by_target"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.target_label}".strip()

    @property
    def duration(self) -> timedelta | None:
        """Return how long the act took, None while it runs."""
        return self.finished_at - self.created_at if self.finished_at else None

    def is_unfinished(self, now: datetime, *, after: timedelta = timedelta(minutes=15)) -> bool:
        """Tell whether the act began and was never heard of again."""
        return self.outcome == Outcome.STARTED and now - self.created_at > after
