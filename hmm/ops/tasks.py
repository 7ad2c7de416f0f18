from celery import shared_task

from hmm.clock import now
from hmm.ops.heartbeats import beat


@shared_task(ignore_result=True)
def beat_heart() -> None:
    """Record that the worker takes and finishes tasks."""
    beat("worker", now=now())
