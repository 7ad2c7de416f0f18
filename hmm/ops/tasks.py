from celery import current_app, shared_task
from django.conf import settings

from hmm.clock import now as read_clock
from hmm.ops.heartbeats import beat
from hmm.ops.models import Chore


@shared_task(ignore_result=True)
def beat_heart() -> None:
    """Record that the worker takes and finishes tasks."""
    beat("worker", now=read_clock())


@shared_task(ignore_result=True)
def keep_house() -> None:
    """Send each chore that is due. A chore lost with its worker is due again at its next turn."""
    now = read_clock()
    for name, chore in settings.HMM_CHORES.items():
        if Chore.objects.claim(name, every=chore["every"], now=now):
            current_app.send_task(chore["task"], expires=chore["every"].total_seconds())
