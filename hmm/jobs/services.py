"""Start jobs, note their progress, end them."""

from datetime import datetime
from typing import Any

from django.db.models import F

from hmm.jobs.models import Job, JobStatus


def start_job(*, kind: str, title: str, actor: str, arguments: dict[str, Any], total: int, now: datetime) -> Job:
    """Write a job; a task takes it by its id."""
    return Job.objects.create(kind=kind, title=title, actor=actor, arguments=arguments, total=total, created_at=now)


def claim_job(pk: int) -> Job | None:
    """Return a waiting job to the one caller that takes it."""
    claimed = Job.objects.filter(pk=pk, status=JobStatus.WAITING).update(status=JobStatus.RUNNING)
    return Job.objects.get(pk=pk) if claimed else None


def add_line(job: Job, label: str, *, good: bool, text: str) -> None:
    """Note the outcome for one target."""
    job.lines = [*job.lines, {"label": label, "good": good, "text": text}]
    Job.objects.filter(pk=job.pk).update(lines=job.lines, progress=F("progress") + 1)


def advance(job: Job, steps: int = 1) -> None:
    """Note progress that has nothing to tell."""
    Job.objects.filter(pk=job.pk).update(progress=F("progress") + steps)


def end_job(job: Job, *, now: datetime, message: str = "", failed: bool = False) -> None:
    status = JobStatus.FAILED if failed else JobStatus.DONE
    Job.objects.filter(pk=job.pk).update(status=status, finished_at=now, message=message, progress=F("total"))
