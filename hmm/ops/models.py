from django.db import models


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
