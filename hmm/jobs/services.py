"""Start jobs, note their progress, end them. A job is a row: a lost message or worker is noticed and mended."""

import logging
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from celery import current_app
from django.conf import settings
from django.db import transaction
from django.db.models import F
from kombu.exceptions import OperationalError

from hmm.clock import now as read_clock
from hmm.jobs.models import Job, JobStatus

logger = logging.getLogger(__name__)

RESEND_AFTER = timedelta(seconds=10)
SILENT_FOR = timedelta(minutes=5)
KEPT_FOR = timedelta(days=30)
TITLE_MAX = 120
INTERRUPTED = "Interrupted before the end. What is listed was done; start it again for the rest."


def start_job(*, kind: str, title: str, actor: str, arguments: dict[str, Any], total: int, now: datetime) -> Job:
    """Write a job and send it to a worker; `kind` names its task in the settings."""
    job = Job.objects.create(
        kind=kind, title=title[:TITLE_MAX], actor=actor, arguments=arguments, total=total, created_at=now
    )
    transaction.on_commit(partial(send, job.pk, kind))
    return job


def send(pk: int, kind: str) -> None:
    """Send a job's message. Without a broker the job waits as a row and is sent again later."""
    try:
        current_app.send_task(settings.HMM_JOBS[kind], args=[pk], expires=RESEND_AFTER.total_seconds())
    except OperationalError as error:
        logger.warning("Job %s waits, Redis does not answer: %s", pk, error)


def mend_jobs(*, now: datetime) -> None:
    """Send waiting jobs again and end those whose worker is gone; only one worker can claim a job."""
    waiting = Job.objects.filter(status=JobStatus.WAITING, created_at__lt=now - RESEND_AFTER)
    for pk, kind in waiting.values_list("pk", "kind"):
        send(pk, kind)
    Job.objects.filter(status=JobStatus.RUNNING, touched_at__lt=now - SILENT_FOR).update(
        status=JobStatus.FAILED, finished_at=now, message=INTERRUPTED
    )


def drop_old_jobs(*, now: datetime) -> int:
    """Delete jobs that ended long ago; what they did stays in the audit log."""
    return Job.objects.filter(finished_at__lt=now - KEPT_FOR).delete()[0]


def claim_job(pk: int) -> Job | None:
    """Return a waiting job to the one caller that takes it."""
    claimed = Job.objects.filter(pk=pk, status=JobStatus.WAITING).update(
        status=JobStatus.RUNNING, touched_at=read_clock()
    )
    return Job.objects.get(pk=pk) if claimed else None


def add_line(job: Job, label: str, *, good: bool, text: str) -> None:
    """Note the outcome for one target."""
    job.lines = [*job.lines, {"label": label, "good": good, "text": text}]
    Job.objects.filter(pk=job.pk).update(lines=job.lines, progress=F("progress") + 1, touched_at=read_clock())


def advance(job: Job, steps: int = 1) -> None:
    """Note progress that has nothing to tell."""
    Job.objects.filter(pk=job.pk).update(progress=F("progress") + steps, touched_at=read_clock())


def end_job(job: Job, *, now: datetime, message: str = "", failed: bool = False) -> None:
    status = JobStatus.FAILED if failed else JobStatus.DONE
    Job.objects.filter(pk=job.pk).update(status=status, finished_at=now, message=message, progress=F("total"))
