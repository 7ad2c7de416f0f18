"""Miners over REST; reads answer from the database and never touch a device."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Field, Router, Schema

from hmm.accounts.api import caller
from hmm.clock import now as read_clock
from hmm.hosts import parse_address
from hmm.jobs.services import start_job
from hmm.rest import Body, PlainText
from miners.api_bulk import router as bulk
from miners.contexts import tile_of
from miners.drivers.registry import FAMILIES
from miners.models import Miner
from miners.services.fleet import edit_miner, remove_miner

router = Router(tags=["miners"])
ANY_PORT = 80  # only to check the address; the job asks each family at its own
router.add_router("/bulk", bulk)
TILE_FIELDS = (
    "name",
    "model",
    "address",
    "enabled",
    "enrolled",
    "state",
    "hashrate_ths",
    "power_w",
    "efficiency_j_per_th",
    "chip_temp_c",
    "vr_temp_c",
    "fan_percent",
    "taken_at",
    "stale",
    "doing",
    "why",
    "champion",
)


class MinerOut(Schema):
    """One miner with its newest reading; unknown is null."""

    id: int
    name: str
    family: str
    model: str
    firmware: str
    address: str
    mac: str | None
    enabled: bool
    enrolled: bool
    poll_interval_s: int
    notes: str
    state: str
    mode: str | None
    hashrate_ths: float | None
    power_w: float | None
    efficiency_j_per_th: float | None
    chip_temp_c: float | None
    vr_temp_c: float | None
    fan_percent: float | None
    taken_at: datetime | None
    stale: bool
    doing: str
    why: str
    champion: bool


class MinerPatch(Body):
    """What may be changed of a miner; absent fields stay."""

    name: PlainText | None = None
    enrolled: bool | None = None
    enabled: bool | None = None
    poll_interval_s: int | None = None
    notes: PlainText | None = None


class MinerIn(Body):
    """Where a miner answers; what it is, it is asked in the background."""

    address: PlainText = Field(max_length=260)
    name: PlainText = Field("", max_length=60)
    family: str | None = None
    enrolled: bool = False


class JobStarted(Schema):
    """The job that does the work."""

    job_id: int


def miner_json(miner: Miner, now: datetime) -> dict[str, Any]:
    tile = tile_of(miner, now)
    plain = {name: getattr(tile, name) for name in TILE_FIELDS}
    return {
        **plain,
        "id": miner.pk,
        "family": miner.kind,
        "firmware": miner.firmware,
        "mac": miner.mac,
        "poll_interval_s": miner.poll_interval_s,
        "notes": miner.notes,
        "mode": tile.mode or None,
    }


@router.get("", response=list[MinerOut], summary="Every miner with its newest reading")
def list_miners(request: HttpRequest) -> list[dict[str, Any]]:
    caller(request)
    now = read_clock()
    return [miner_json(miner, now) for miner in Miner.objects.for_tiles("firmware", "mac", "notes")]


@router.get("/{miner_id}", response=MinerOut, summary="One miner")
def get_miner(request: HttpRequest, miner_id: int) -> dict[str, Any]:
    caller(request)
    return miner_json(get_object_or_404(Miner.objects.with_latest(), pk=miner_id), read_clock())


@router.patch("/{miner_id}", response=MinerOut, summary="Change a miner")
def patch_miner(request: HttpRequest, miner_id: int, changes: MinerPatch) -> dict[str, Any]:
    who = caller(request, "control")
    miner = get_object_or_404(Miner, pk=miner_id)
    values = {name: value for name, value in changes.dict(exclude_unset=True).items() if value is not None}
    edit_miner(miner, values, actor=who.actor, now=read_clock())
    return get_miner(request, miner_id)


@router.post("", response={202: JobStarted}, summary="Add a miner by its address")
def add_by_address(request: HttpRequest, wanted: MinerIn) -> tuple[int, dict[str, int]]:
    who = caller(request, "control")
    if wanted.family is not None and wanted.family not in FAMILIES:
        raise ValueError(f"There is no family {wanted.family!r:.40}; there are: {', '.join(FAMILIES)}.")
    parse_address(wanted.address, default_port=ANY_PORT)
    job = start_job(
        kind="add",
        title=f"Adding {wanted.address}",
        actor=who.actor,
        arguments={
            "addresses": [wanted.address],
            "name": wanted.name,
            "family": wanted.family,
            "enrolled": wanted.enrolled,
        },
        total=1,
        now=read_clock(),
    )
    return 202, {"job_id": job.pk}


@router.delete("/{miner_id}", response={204: None}, summary="Forget a miner; its costs stay")
def forget_miner(request: HttpRequest, miner_id: int) -> tuple[int, None]:
    who = caller(request, "control")
    remove_miner(get_object_or_404(Miner, pk=miner_id), actor=who.actor)
    return 204, None
