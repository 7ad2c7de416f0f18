"""When releases are looked for."""

from contextlib import suppress

from celery import shared_task

from hmm.clock import now as read_clock
from hmm.jobs.services import claim_job, end_job
from hmm.updates.base import UpdateError
from hmm.updates.services import NotNowError, check, claim_by_hand, claim_due, standing_now
from hmm.updates.telling import tell_of_update


@shared_task(ignore_result=True)
def look_for_releases() -> None:
    """Ask when it is due, and tell of what is new. Safe to run twice: only the one that claims it asks."""
    now = read_clock()
    if claim_due(now=now):
        with suppress(UpdateError):  # recorded with the time of the next try
            check(now=now)
    tell_of_update(now=now)


@shared_task(ignore_result=True)
def check_releases(job_pk: int) -> None:
    """Ask because a person wants to know, and say what came."""
    job = claim_job(job_pk)
    if job is None:
        return
    now = read_clock()
    try:
        claim_by_hand(now=now)
        check(now=now, fresh=True)
    except (NotNowError, UpdateError) as error:
        end_job(job, now=read_clock(), failed=True, message=str(error))
        return
    tell_of_update(now=now)
    end_job(job, now=read_clock(), message=answer_words())


def answer_words() -> str:
    """Return what a person learns from an answer."""
    stands = standing_now()
    if stands.latest is None:
        return "No release with a version as its tag is published yet."
    if not stands.is_comparable:
        return f"{stands.latest_version} is the newest release. {stands.installed} is no version to compare it with."
    if stands.is_behind:
        return f"{stands.latest_version} is available."
    return f"{stands.installed} is up to date."
