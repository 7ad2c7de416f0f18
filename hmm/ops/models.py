from datetime import datetime, timedelta

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models


class ChoreQuerySet(models.QuerySet["Chore"]):
    def claim(self, name: str, *, every: timedelta, now: datetime, first: timedelta = timedelta()) -> bool:
        """Tell whether `name` is due and move its due time on; of two workers that ask only one is told so.

        `first` is how long after the first start it may wait. A due time more than two intervals ahead was
        written before the clock was set back and counts as due.
        """
        self.get_or_create(name=name, defaults={"due_at": now + first})
        due = models.Q(due_at__lte=now) | models.Q(due_at__gt=now + 2 * every)
        return bool(self.filter(due, name=name).update(due_at=now + every))

    def hasten(self, name: str, *, due_at: datetime) -> None:
        """Have it come again at `due_at`, unless it comes earlier."""
        self.filter(name=name, due_at__gt=due_at).update(due_at=due_at)


class Chore(models.Model):
    """When a piece of housekeeping is due next. What it is and how often stands in settings.py."""

    name = models.CharField(max_length=80, unique=True)
    due_at = models.DateTimeField()

    objects = ChoreQuerySet.as_manager()

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Heartbeat(models.Model):
    """When a process last proved that it works. One row for each part."""

    part = models.CharField(max_length=20, unique=True)
    beat_at = models.DateTimeField()
    pid = models.PositiveIntegerField()
    detail = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ("part",)

    def __str__(self) -> str:
        return f"{self.part} at {self.beat_at:%Y-%m-%d %H:%M:%S}"


class BackupRun(models.Model):
    """One try to make a backup. The files themselves are listed from their folder."""

    class Status(models.TextChoices):
        """Where it stands; `running` while nobody holds the folder tells of a killed process."""

        RUNNING = "running", "under way"
        DONE = "done", "done"
        FAILED = "failed", "failed"

    trigger = models.CharField(max_length=12)
    actor = models.CharField(max_length=150)
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.RUNNING)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    file = models.CharField(max_length=80, blank=True)
    size_bytes = models.BigIntegerField(null=True, blank=True)
    error = models.TextField(blank=True)

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"{self.trigger} backup of {self.started_at:%Y-%m-%d %H:%M}"


class BackupSettings(models.Model):
    """The one row of what a household chose about backups."""

    kept = models.PositiveSmallIntegerField(
        "Backups kept", default=14, validators=[MinValueValidator(1), MaxValueValidator(365)]
    )

    class Meta:
        verbose_name_plural = "backup settings"

    def __str__(self) -> str:
        return "Backups"
