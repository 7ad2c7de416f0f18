"""One thing done to many miners over REST: it runs as a job, and the answer names it."""

from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema, Status

from hmm.accounts.api import caller
from hmm.clock import now as read_clock
from hmm.rest import Body
from miners.services.bulk import start_bulk

router = Router(tags=["miners"])


class BulkIn(Body):
    """The miners to do it to, each named once."""

    miner_ids: list[int]


class BulkModeIn(BulkIn):
    """A mode or one of its aliases; a miner whose family has no such mode says so in its line."""

    mode: str


class BulkPoolIn(BulkIn):
    """A pool of the list of pools."""

    pool_id: int


class BulkProfileIn(BulkIn):
    """A tuning profile; a miner it is not made for says so in its line."""

    profile_id: int


class BulkOut(Schema):
    """The job that does it; GET /api/jobs/{job_id} tells how far it is."""

    job_id: int
    miner_ids: list[int]


def begin(request: HttpRequest, act: str, asked: BulkIn) -> Status[dict[str, Any]]:
    who = caller(request, "control")
    value = asked.dict(exclude={"miner_ids"})
    job = start_bulk(act, asked.miner_ids, value, actor=who.actor, now=read_clock())
    return Status(202, {"job_id": job.pk, "miner_ids": asked.miner_ids})


@router.post("/enable", response={202: BulkOut}, summary="Poll these miners")
def enable(request: HttpRequest, asked: BulkIn) -> Status[dict[str, Any]]:
    return begin(request, "enable", asked)


@router.post("/disable", response={202: BulkOut}, summary="Leave these miners alone: no polls, no commands")
def disable(request: HttpRequest, asked: BulkIn) -> Status[dict[str, Any]]:
    return begin(request, "disable", asked)


@router.post("/restart", response={202: BulkOut}, summary="Restart these miners")
def restart(request: HttpRequest, asked: BulkIn) -> Status[dict[str, Any]]:
    return begin(request, "restart", asked)


@router.post("/mode", response={202: BulkOut}, summary="Set the mode of these miners")
def set_mode(request: HttpRequest, asked: BulkModeIn) -> Status[dict[str, Any]]:
    return begin(request, "mode", asked)


@router.post("/pool", response={202: BulkOut}, summary="Give these miners a pool")
def set_pool(request: HttpRequest, asked: BulkPoolIn) -> Status[dict[str, Any]]:
    return begin(request, "pool", asked)


@router.post("/profile", response={202: BulkOut}, summary="Apply a tuning profile to these miners")
def apply_profile(request: HttpRequest, asked: BulkProfileIn) -> Status[dict[str, Any]]:
    return begin(request, "profile", asked)
