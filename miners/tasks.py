"""When miners are polled and commands take their steps."""

import logging

from celery import shared_task
from django.conf import settings

from hmm.audit.models import Outcome
from hmm.audit.services import record
from hmm.clock import now as read_clock
from miners.drivers.base import DriverError
from miners.rollups import purge, roll_up
from miners.services.commands import take_command_step
from miners.services.fleet import add_miner
from miners.services.polling import claim_due_polls, due_commands, poll

logger = logging.getLogger(__name__)

STEP_EXPIRES_S, POLL_EXPIRES_S = 5, 15


@shared_task(ignore_result=True)
def dispatch_due() -> None:
    """Send a task for each command step and each poll that is due; one device a task."""
    now = read_clock()
    for pk in due_commands(now=now):
        command_step.apply_async((pk,), expires=STEP_EXPIRES_S)
    for pk in claim_due_polls(now=now):
        poll_miner.apply_async((pk,), expires=POLL_EXPIRES_S)


@shared_task(ignore_result=True)
def poll_miner(pk: int) -> None:
    """Safe to run twice: only the worker that gets the lease polls the miner."""
    poll(pk, now=read_clock())


@shared_task(ignore_result=True)
def command_step(pk: int) -> None:
    """Safe to run twice: only the claim that moves the due time takes the step."""
    take_command_step(pk, now=read_clock())


@shared_task(ignore_result=True)
def roll_up_readings() -> None:
    """Bring the sums up to now."""
    roll_up(now=read_clock())


@shared_task(ignore_result=True)
def purge_readings() -> None:
    """Drop what is older than it is kept for."""
    purge(
        now=read_clock(),
        raw_days=settings.HMM_KEEP_RAW_DAYS,
        five_minute_days=settings.HMM_KEEP_FIVE_MINUTE_DAYS,
        hourly_days=settings.HMM_KEEP_HOURLY_DAYS,
    )


@shared_task(ignore_result=True)
def add_from_address(*, address: str, name: str, family: str | None, enrolled: bool, actor: str) -> None:
    """Ask the device what it is and store it. Safe to run twice: the second finds the first one's miner."""
    try:
        add_miner(address=address, name=name, family=family, enrolled=enrolled, actor=actor, now=read_clock())
    except (DriverError, ValueError) as error:
        record(
            actor=actor,
            action="miner.add",
            reason=f"Asked for at {address}.",
            after={"address": address, "name": name},
            outcome=Outcome.FAILED,
            error=str(error),
        )
