"""What was learnt of releases, and when their source is asked."""

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q

EVERY = timedelta(hours=6)


class ReleaseSourceQuerySet(models.QuerySet["ReleaseSource"]):
    """Reads of the source."""

    def due(self, now: datetime) -> "ReleaseSourceQuerySet":
        """Return the source if it is to be asked now; a due time far ahead is of a clock that was set back."""
        return self.filter(Q(due_at__isnull=True) | Q(due_at__lte=now) | Q(due_at__gt=now + 2 * EVERY))


class ReleaseSource(models.Model):
    """The one row of where releases come from: how it does, and what a person does not want to hear of."""

    repository = models.CharField(max_length=150, blank=True, default="")  # the one that all this is of
    etag = models.CharField(max_length=200, blank=True, default="")
    due_at = models.DateTimeField(null=True)  # None: at once
    quiet_until = models.DateTimeField(null=True)  # the source asked for a pause
    asked_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    unreadable = models.PositiveIntegerField(default=0)  # tags that name no version
    failures = models.PositiveIntegerField(default=0)  # in a row
    failed_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=300, blank=True, default="")
    skipped = models.CharField(max_length=80, blank=True, default="")  # the tag nobody wants to hear of

    objects = ReleaseSourceQuerySet.as_manager()

    def __str__(self) -> str:
        return self.repository or "no source of releases"


class Release(models.Model):
    """One published release. The commits are those since the version `counted_from`; None is not known."""

    tag = models.CharField(max_length=80, unique=True)
    name = models.CharField(max_length=200, blank=True, default="")
    notes = models.TextField(blank=True, default="")
    url = models.CharField(max_length=500, blank=True, default="")
    is_prerelease = models.BooleanField(default=False)
    published_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField()
    counted_from = models.CharField(max_length=80, blank=True, default="")
    relation = models.CharField(max_length=10, blank=True, default="")
    commits_ahead = models.PositiveIntegerField(null=True)
    commits_behind = models.PositiveIntegerField(null=True)
    commits = models.JSONField(default=list, blank=True)  # the newest, each with sha and subject
    count_error = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        ordering = ["-published_at", "-pk"]

    def __str__(self) -> str:
        return self.tag
