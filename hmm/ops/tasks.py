import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

from celery import current_app, shared_task
from django.conf import settings
from django.db import connections

from hmm.clock import now as read_clock
from hmm.jobs.models import Job
from hmm.jobs.services import add_line, advance, claim_job, end_job
from hmm.look.formats import size
from hmm.ops.backups import files, making, orders, restoring, runs
from hmm.ops.backups.errors import BackupError, CancelledError, sentence
from hmm.ops.heartbeats import beat
from hmm.ops.models import Chore

TOUCH_EVERY_S = 10.0


@shared_task(ignore_result=True)
def beat_heart() -> None:
    """Record that the worker takes and finishes tasks."""
    beat("worker", now=read_clock())


@shared_task(ignore_result=True)
def keep_house() -> None:
    """Send each chore that is due. A chore lost with its worker is due again at its next turn."""
    now = read_clock()
    for name, chore in settings.HMM_CHORES.items():
        if Chore.objects.claim(name, every=chore["every"], first=chore.get("first", timedelta()), now=now):
            current_app.send_task(chore["task"], expires=chore["every"].total_seconds())


# --- backups -------------------------------------------------------------------------------------


@shared_task(ignore_result=True)
def back_up_daily() -> None:
    """Make the day's backup; one that fails is tried again within the hour."""
    now = read_clock()
    runs.drop_old_runs(now=now)
    try:
        making.back_up(trigger=files.Trigger.AUTOMATIC, actor="daily", now=now)
    except BackupError:  # its row tells why, and what watches backups raises the alarm
        Chore.objects.hasten(runs.CHORE, due_at=now + runs.AGAIN_AFTER)


@shared_task(ignore_result=True)
def back_up_now(job_pk: int) -> None:
    """Make a backup because a person asked."""

    def work(job: Job, tick: Callable[[], None]) -> tuple[str, str]:
        made = making.back_up(trigger=files.Trigger.MANUAL, actor=job.actor, now=read_clock(), tick=tick)
        return made.name, f"Made and proven by restoring it, {size(made.size_bytes)}."

    carry_job(job_pk, work)


@shared_task(ignore_result=True)
def check_backup(job_pk: int) -> None:
    """Prove a listed backup once more."""

    def work(job: Job, tick: Callable[[], None]) -> tuple[str, str]:
        item = named(job)
        manifest = making.check_again(item, tick=tick)
        return item.name, f"Restored for proof: all {manifest.row_count()} rows are there."

    carry_job(job_pk, work)


@shared_task(ignore_result=True)
def take_in_backup(job_pk: int) -> None:
    """Prove an uploaded file and list it."""

    def work(job: Job, tick: Callable[[], None]) -> tuple[str, str]:
        upload = files.folder() / Path(str(job.arguments["file"])).name
        made = making.take_in(upload, actor=job.actor, now=read_clock(), tick=tick)
        return made.name, "Whole, proven by restoring it, and in the list now."

    carry_job(job_pk, work)


@shared_task(ignore_result=True)
def prepare_restore(job_pk: int) -> None:
    """Prove a backup and leave the note on which the supervisor stops, restores and starts."""

    def work(job: Job, tick: Callable[[], None]) -> tuple[str, str]:
        item = named(job)
        restoring.check(item.path, tick=tick)
        orders.give(item.name, actor=job.actor)
        return item.name, "Whole. HMM stops now and is back with it in about a minute."

    carry_job(job_pk, work)


def named(job: Job) -> files.BackupFile:
    item = files.find(str(job.arguments["file"]))
    if item is None:
        raise BackupError(f"There is no backup {job.arguments['file']} any more.")
    return item


def touch(job: Job) -> bool:
    """Note that a job goes on. In a thread of its own: this one's connection may be turned to a trial database."""
    try:
        return advance(job, 0)
    finally:
        connections.close_all()


def carry_job(pk: int, work: Callable[[Job, Callable[[], None]], tuple[str, str]]) -> None:
    """Do a job about one file and note how it went; a person can end it while it works."""
    job = claim_job(pk)
    if job is None:
        return
    touched_at = time.monotonic()

    def tick() -> None:
        nonlocal touched_at
        if time.monotonic() - touched_at > TOUCH_EVERY_S:
            touched_at = time.monotonic()
            with ThreadPoolExecutor(max_workers=1) as aside:
                goes_on = aside.submit(touch, job).result()
            if not goes_on:
                raise CancelledError("It was cancelled.")

    try:
        label, words = work(job, tick)
    except making.CAUGHT as error:
        words = sentence(error, files.folder())
        add_line(job, str(job.arguments.get("label", "Backup")), good=False, text=words)
        end_job(job, now=read_clock(), failed=True)
    else:
        add_line(job, label, good=True, text=words)
        end_job(job, now=read_clock())
