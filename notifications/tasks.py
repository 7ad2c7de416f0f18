"""When notices are judged and messages are sent."""

from celery import shared_task

from hmm.clock import now as read_clock
from hmm.jobs.services import add_line, claim_job, end_job
from notifications.models import Channel
from notifications.services.channels import send_test
from notifications.services.collecting import collect
from notifications.services.housekeeping import purge
from notifications.services.routing import route
from notifications.services.sending import channels_with_work, send_channel
from notifications.services.watching import watch_backups as look_at_backups

EXPIRES_S = 20


@shared_task(ignore_result=True)
def judge_news() -> None:
    """Collect what happened, judge it, and send each channel that has work to a worker."""
    now = read_clock()
    collect(now=now)
    route(now=now)
    for pk in channels_with_work(now=now):
        send_messages.apply_async((pk,), expires=EXPIRES_S)


@shared_task(ignore_result=True)
def send_messages(pk: int) -> None:
    """Safe to run twice: only the worker that gets the channel sends."""
    send_channel(pk, now=read_clock())


@shared_task(ignore_result=True)
def test_channel(job_pk: int) -> None:
    """Send a test message because a person asked, and show what the service answered."""
    job = claim_job(job_pk)
    if job is None:
        return
    channel = Channel.objects.defer("sealed").filter(pk=job.arguments.get("channel")).first()
    good, words = send_test(channel, now=read_clock()) if channel else (False, "The channel was removed.")
    add_line(job, channel.name if channel else "Channel", good=good, text=words)
    end_job(job, now=read_clock(), failed=not good)


@shared_task(ignore_result=True)
def watch_backups() -> None:
    """Look whether backups are made."""
    look_at_backups(now=read_clock())


@shared_task(ignore_result=True)
def drop_old_messages() -> None:
    """Drop what was told long ago."""
    purge(now=read_clock())
