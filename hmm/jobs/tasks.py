from celery import shared_task

from hmm.clock import now as read_clock
from hmm.jobs import services


@shared_task(ignore_result=True)
def mend_jobs() -> None:
    """Look after jobs whose message or worker was lost."""
    services.mend_jobs(now=read_clock())


@shared_task(ignore_result=True)
def drop_old_jobs() -> None:
    """Keep the table of jobs short."""
    services.drop_old_jobs(now=read_clock())
