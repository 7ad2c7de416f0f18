"""Start jobs, note their progress, end them. A job is a row: a lost message or worker is noticed and mended."""

import logging
import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from celery import current_app
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Least
from kombu.exceptions import OperationalError

from hmm.audit.services import record
from hmm.clock import now as read_clock
from hmm.jobs.models import Job, JobLine, JobStatus, LineState
from hmm.live.services import push_event

logger = logging.getLogger(__name__)

RESEND_AFTER = timedelta(seconds=10)
SILENT_FOR = timedelta(minutes=5)
KEPT_FOR = timedelta(days=30)
TITLE_MAX, LABEL_MAX, TEXT_MAX = 120, 260, 1000
PUSH_EVERY_S = 0.5
JOB_FINISHED = "job-finished"
INTERRUPTED = "Interrupted before the end. What is listed was done; start it again for the rest."
NOT_BEGUN = "Not begun: the job was ended before."
NOT_KNOWN = "Interrupted. Look at it before you try again."


def start_job(
    *,
    kind: str,
    title: str,
    actor: str,
    arguments: dict[str, Any],
    total: int,
    now: datetime,
    targets: Iterable[tuple[str, str]] = (),
) -> Job:
    """Write a job and send it to a worker; `kind` names its task in the settings.

    `targets` are (target, label) of the lines known beforehand; each is claimed on its own.
    """
    with transaction.atomic():
        job = Job.objects.create(
            kind=kind, title=title[:TITLE_MAX], actor=actor, arguments=arguments, total=total, created_at=now
        )
        JobLine.objects.bulk_create(
            [JobLine(job=job, target=target, label=label[:LABEL_MAX]) for target, label in targets], batch_size=500
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
    for job in Job.objects.filter(status=JobStatus.RUNNING, touched_at__lt=now - SILENT_FOR):
        if close(job, JobStatus.FAILED, now=now, message=INTERRUPTED):
            close_lines(job)


def drop_old_jobs(*, now: datetime) -> int:
    """Delete jobs that ended long ago; what they did stays in the audit log."""
    return Job.objects.filter(finished_at__lt=now - KEPT_FOR).delete()[0]


def claim_job(pk: int) -> Job | None:
    """Return a waiting job to the one caller that takes it."""
    claimed = Job.objects.filter(pk=pk, status=JobStatus.WAITING).update(
        status=JobStatus.RUNNING, touched_at=read_clock()
    )
    return Job.objects.get(pk=pk) if claimed else None


# --- progress ------------------------------------------------------------------------------------


def add_line(job: Job, label: str, *, good: bool, text: str, target: str = "", detail: Any = None) -> JobLine:
    """Note the outcome for one target that was not listed beforehand."""
    line = JobLine.objects.create(
        job_id=job.pk,
        target=plain(target)[:LABEL_MAX],
        label=plain(label)[:LABEL_MAX],
        state=LineState.DONE if good else LineState.FAILED,
        text=plain(text)[:TEXT_MAX],
        detail=detail,
    )
    advance(job)
    return line


def plain(text: str) -> str:
    """Return text from a device or a person without what PostgreSQL refuses to store."""
    return text.replace("\x00", "")


def claim_line(line: JobLine) -> bool:
    """Give a line to the one caller that works on it."""
    return bool(
        JobLine.objects.filter(
            pk=line.pk, state=LineState.WAITING, job__status__in=(JobStatus.WAITING, JobStatus.RUNNING)
        ).update(state=LineState.WORKING)
    )


def finish_line(line: JobLine, *, good: bool, text: str) -> None:
    """Note how a listed target ended; the first end counts."""
    ended = JobLine.objects.filter(pk=line.pk, state__in=(LineState.WAITING, LineState.WORKING)).update(
        state=LineState.DONE if good else LineState.FAILED, text=plain(text)[:TEXT_MAX]
    )
    if ended:
        advance(line.job)


def advance(job: Job, steps: int = 1) -> bool:
    """Note progress. False when the job is over, because somebody cancelled it."""
    goes_on = Job.objects.filter(pk=job.pk, status=JobStatus.RUNNING).update(
        progress=Least(F("progress") + steps, F("total")), touched_at=read_clock()
    )
    push_now_and_then(job)
    return bool(goes_on)


def push_now_and_then(job: Job) -> None:
    """Tell open tabs that a job has moved, at most twice a second; each fetches what its person may see."""
    moment = time.monotonic()
    if moment - getattr(job, "_pushed_at", -PUSH_EVERY_S) < PUSH_EVERY_S:
        return
    job._pushed_at = moment  # type: ignore[attr-defined]  # a note of this process, no column
    transaction.on_commit(partial(push, job.pk))


def push(pk: int) -> None:
    push_event(f"job-{pk}-changed")


# --- ends ----------------------------------------------------------------------------------------


def end_job(job: Job, *, now: datetime, message: str = "", failed: bool = False) -> None:
    close(job, JobStatus.FAILED if failed else JobStatus.DONE, now=now, message=message)


def cancel_job(job: Job, *, actor: str, now: datetime) -> bool:
    """End a job at a person's wish; what was done stays done. False when it was over already."""
    with transaction.atomic():
        if not close(job, JobStatus.CANCELLED, now=now, message=f"Cancelled by {actor}."):
            return False
        close_lines(job)
        record(actor=actor, action="job.cancel", target=job, at=now)
    return True


def give_up_all(*, now: datetime) -> None:
    """End every job: the backup that was brought back was made while they were under way."""
    for job in Job.objects.filter(status__in=(JobStatus.WAITING, JobStatus.RUNNING)):
        words = (
            "It was under way when the backup was made that was brought back. Start it again if it is still wanted."
        )
        if close(job, JobStatus.CANCELLED, now=now, message=words):
            close_lines(job)


def close(job: Job, status: JobStatus, *, now: datetime, message: str) -> bool:
    """End a job once."""
    done = {"progress": F("total")} if status == JobStatus.DONE else {}
    ended = (
        Job.objects.filter(pk=job.pk, status__in=(JobStatus.WAITING, JobStatus.RUNNING)).update(
            status=status, finished_at=now, message=plain(message), **done
        )
        == 1
    )
    if ended:
        transaction.on_commit(partial(push, job.pk))
        transaction.on_commit(partial(push_event, JOB_FINISHED))
    return ended


def close_lines(job: Job) -> None:
    """Say of every open line of a job that is over what is known of it."""
    lines = JobLine.objects.filter(job_id=job.pk)
    lines.filter(state=LineState.WAITING).update(state=LineState.FAILED, text=NOT_BEGUN)
    lines.filter(state=LineState.WORKING).update(state=LineState.FAILED, text=NOT_KNOWN)
