"""Jobs over REST: how far they are, and a line for each target."""

from datetime import datetime

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router, Schema

from hmm.accounts.api import caller
from hmm.clock import now as read_clock
from hmm.jobs.models import Job
from hmm.jobs.services import cancel_job

router = Router(tags=["jobs"])


class JobLineOut(Schema):
    """One target: `state` is waiting, working, done or failed."""

    target: str
    label: str
    state: str
    good: bool
    text: str


class JobOut(Schema):
    """One job. `status` is waiting, running, done, failed or cancelled."""

    id: int
    kind: str
    title: str
    status: str
    is_over: bool
    progress: int
    total: int
    message: str
    actor: str
    created_at: datetime
    finished_at: datetime | None
    lines: list[JobLineOut]


@router.get("/{job_id}", response=JobOut, summary="One job and what became of each target")
def get_job(request: HttpRequest, job_id: int) -> Job:
    caller(request)
    return get_object_or_404(Job, pk=job_id)


@router.post("/{job_id}/cancel", response=JobOut, summary="End a job; what was done stays done")
def cancel(request: HttpRequest, job_id: int) -> Job:
    who = caller(request, "control")
    found = get_object_or_404(Job, pk=job_id)
    cancel_job(found, actor=who.actor, now=read_clock())
    return get_object_or_404(Job, pk=job_id)
