"""When miners are polled and commands take their steps."""

import logging

from celery import shared_task
from django.conf import settings

from hmm.clock import now as read_clock
from hmm.hosts import AddressRefusedError
from hmm.jobs.services import add_line, claim_job, end_job
from miners.drivers.base import DriverError
from miners.rollups import purge, roll_up
from miners.services import bulk
from miners.services.commands import take_command_step
from miners.services.finding import check_addresses, run_scan, start_due_scans
from miners.services.fleet import add_miner
from miners.services.high_shares import purge_shares, take_from_pools
from miners.services.home_assistant import check_connection, claim_check, connection
from miners.services.plug_commands import due_plug_commands, take_plug_step
from miners.services.polling import claim_due_polls, due_commands, poll
from miners.services.pool_work import credit_blocks, join_days

logger = logging.getLogger(__name__)

STEP_EXPIRES_S, POLL_EXPIRES_S = 5, 15


@shared_task(ignore_result=True)
def dispatch_due() -> None:
    """Send a task for each command step and each poll that is due; one device a task."""
    now = read_clock()
    for pk in due_commands(now=now):
        command_step.apply_async((pk,), expires=STEP_EXPIRES_S)
    for pk in due_plug_commands(now=now):
        plug_step.apply_async((pk,), expires=STEP_EXPIRES_S)
    if claim_check(now=now):
        check_home_assistant.apply_async(expires=POLL_EXPIRES_S)
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
def plug_step(pk: int) -> None:
    """Safe to run twice: only the claim that moves the due time takes the step."""
    take_plug_step(pk, now=read_clock())


@shared_task(ignore_result=True)
def check_home_assistant() -> None:
    """Ask Home Assistant for its plugs and meters; it is its sign of life too. Safe to run twice."""
    check_connection(now=read_clock())


@shared_task(ignore_result=True)
def ask_home_assistant(job_pk: int) -> None:
    """Try the connection because a person asked, and tell what answered."""
    job = claim_job(job_pk)
    if job is None:
        return
    snapshot = check_connection(now=read_clock())
    if snapshot is None:
        words = connection().error_text or "It is not connected: no address, no token, or not in use."
        add_line(job, "Home Assistant", good=False, text=words)
        end_job(job, now=read_clock(), failed=True)
        return
    switches = sum(item.is_switch for item in snapshot.entities.values())
    meters = len(snapshot.entities) - switches
    add_line(
        job,
        "Home Assistant",
        good=True,
        text=f"Version {snapshot.version} answers: {switches} switches and {meters} power sensors.",
    )
    end_job(job, now=read_clock())


@shared_task(ignore_result=True)
def roll_up_readings() -> None:
    """Bring the sums up to now."""
    roll_up(now=read_clock())


@shared_task(ignore_result=True)
def take_in_pools() -> None:
    """Take in what pools told of our shares and blocks. Safe to run twice: each is claimed or kept once."""
    now = read_clock()
    take_from_pools(now=now)
    credit_blocks()


@shared_task(ignore_result=True)
def purge_readings() -> None:
    """Drop what is older than it is kept for."""
    now = read_clock()
    purge_shares(now=now)
    join_days(now=now)
    purge(
        now=now,
        raw_days=settings.HMM_KEEP_RAW_DAYS,
        five_minute_days=settings.HMM_KEEP_FIVE_MINUTE_DAYS,
        hourly_days=settings.HMM_KEEP_HOURLY_DAYS,
    )


@shared_task(ignore_result=True)
def add_by_address(job_pk: int) -> None:
    """Ask each address of a job what it is and add what can be used; one result line each."""
    job = claim_job(job_pk)
    if job is None:
        return
    for address in job.arguments["addresses"]:
        try:
            miner = add_miner(
                address=address,
                name=job.arguments.get("name", ""),
                family=job.arguments.get("family"),
                enrolled=bool(job.arguments.get("enrolled")),
                actor=job.actor,
                now=read_clock(),
            )
        except (AddressRefusedError, DriverError, ValueError) as error:
            add_line(job, address, good=False, text=str(error))
        else:
            add_line(job, miner.name, good=True, text=f"{miner.model}, firmware {miner.firmware}, at {address}")
    end_job(job, now=read_clock())


@shared_task(ignore_result=True)
def scan_network(job_pk: int) -> None:
    """Look through the networks of a job; known devices are not disturbed."""
    job = claim_job(job_pk)
    if job is not None:
        run_scan(job)


@shared_task(ignore_result=True)
def verify_addresses(job_pk: int) -> None:
    """Say of each address of a job what answers there."""
    job = claim_job(job_pk)
    if job is not None:
        check_addresses(job)


@shared_task(ignore_result=True)
def scan_due_networks() -> None:
    """Begin looking through the networks whose time has come."""
    start_due_scans(now=read_clock())


@shared_task(ignore_result=True)
def run_bulk(job_pk: int) -> None:
    """Begin the lines of a job; what becomes of them is followed by the beat."""
    job = claim_job(job_pk)
    if job is not None:
        now = read_clock()
        bulk.begin_lines(job, now=now)
        bulk.follow(job, now=now)


@shared_task(ignore_result=True)
def follow_bulk() -> None:
    """Settle what the commands of running jobs came to; also goes on where a killed worker stopped."""
    bulk.follow_jobs(now=read_clock())
