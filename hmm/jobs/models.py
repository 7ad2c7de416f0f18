"""Work that takes a while: one row for each job, with a line for each of its targets."""

from django.db import models


class JobStatus(models.TextChoices):
    """Where a job stands; one that stays `running` without progress tells of a crash."""

    WAITING = "waiting", "Waiting"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"


class Job(models.Model):
    """One job of one person."""

    kind = models.CharField(max_length=30)
    title = models.CharField(max_length=120)
    status = models.CharField(max_length=8, choices=JobStatus.choices, default=JobStatus.WAITING)
    actor = models.CharField(max_length=150)
    arguments = models.JSONField(default=dict)
    lines = models.JSONField(default=list)  # [{label, good, text}]
    progress = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    message = models.TextField(blank=True)
    created_at = models.DateTimeField()
    touched_at = models.DateTimeField(null=True, blank=True)  # when its worker was last heard of
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.title

    @property
    def is_over(self) -> bool:
        return self.status in {JobStatus.DONE, JobStatus.FAILED}

    @property
    def percent(self) -> int:
        return round(100 * self.progress / self.total) if self.total else 0
