from datetime import datetime, timedelta

from django.db import models


class ChoreQuerySet(models.QuerySet["Chore"]):
    def claim(self, name: str, *, every: timedelta, now: datetime) -> bool:
        """Tell whether `name` is due and move its due time on; of two workers that ask only one is told so.

        A due time more than two intervals ahead was written before the clock was set back and counts as due.
        """
        self.get_or_create(name=name, defaults={"due_at": now})
        due = models.Q(due_at__lte=now) | models.Q(due_at__gt=now + 2 * every)
        return bool(self.filter(due, name=name).update(due_at=now + every))


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
