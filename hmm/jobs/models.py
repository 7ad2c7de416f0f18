"""Work that takes a while: one row for each job, with a line for each of its targets."""

from typing import Any

from django.db import models

from hmm.clock import now


class JobStatus(models.TextChoices):
    """Where a job stands; one that stays `running` without progress tells of a crash."""

    WAITING = "waiting", "Waiting"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


SHOWN_MOST = 200
OVER = (JobStatus.DONE, JobStatus.FAILED, JobStatus.CANCELLED)


class Job(models.Model):
    """One job of one person."""

    kind = models.CharField(max_length=30)
    title = models.CharField(max_length=120)
    status = models.CharField(max_length=9, choices=JobStatus.choices, default=JobStatus.WAITING)
    actor = models.CharField(max_length=150)
    arguments = models.JSONField(default=dict)
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
        return self.status in OVER

    @property
    def lines_to_show(self) -> list[dict[str, Any]]:
        """Return the lines a page shows, what needs a person first, at most `SHOWN_MOST` of them."""
        lines = self.lines
        if len(lines) <= SHOWN_MOST:
            return lines
        return sorted(lines, key=lambda line: line["state"] != LineState.FAILED)[:SHOWN_MOST]

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Return its lines as pages and the API show them; one query."""
        return [line.as_shown() for line in self.line_rows.all()]

    @property
    def percent(self) -> int:
        return round(100 * self.progress / self.total) if self.total else 0


class LineState(models.TextChoices):
    """Where one target of a job stands."""

    WAITING = "waiting", "waiting"
    WORKING = "working", "under way"
    DONE = "done", "done"
    FAILED = "failed", "not done"


class JobLine(models.Model):
    """One target of a job and what became of it. `target` is its id or address for the machine."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="line_rows")
    target = models.CharField(max_length=260, blank=True)
    label = models.CharField(max_length=260)
    state = models.CharField(max_length=7, choices=LineState.choices, default=LineState.WAITING)
    text = models.TextField(blank=True)
    detail = models.JSONField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["job", "state"], name="line_of_job")]

    def __str__(self) -> str:
        return f"{self.label}: {self.get_state_display()}"

    def as_shown(self) -> dict[str, Any]:
        return {
            "target": self.target,
            "label": self.label,
            "state": self.state,
            "words": self.get_state_display(),
            "good": self.state == LineState.DONE,
            "text": self.text,
            "detail": self.detail or {},
        }


class Ask(models.Model):
    """Somebody asked a work that comes by itself to look once more, `about` what it looks at."""

    about = models.CharField(max_length=20, db_index=True)
    asked_by = models.CharField(max_length=150)
    asked_at = models.DateTimeField(default=now)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.about}, asked by {self.asked_by}"
