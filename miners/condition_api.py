"""What a miner is like, over REST: what is wrong with it, its pool slots, its firmware; and the limits of health."""

from dataclasses import asdict
from dataclasses import fields as fields_of
from datetime import datetime
from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router, Schema

from hmm.accounts.api import caller
from hmm.rest import Body, RowId, wrong_fields
from miners.drivers.registry import FAMILIES
from miners.drivers.thresholds import Thresholds
from miners.forms import HealthLimitsForm
from miners.models import FirmwareVersion, HealthLimits, HealthReason, Miner, PoolSlot
from miners.services.wellbeing import limits_of, set_limits
from pools.models import Pool

router = Router(tags=["miners"])
limits_router = Router(tags=["miners"])
LIMITS = tuple(field.name for field in fields_of(Thresholds))


class ReasonOut(Schema):
    """One thing that is wrong. It counts once it has lasted; `gone_since` is set while it may be over."""

    code: str
    severity: str
    title: str
    words: str
    since: datetime
    gone_since: datetime | None
    counts: bool


class FirmwareOut(Schema):
    """A firmware the miner was seen with, from then on; `mixed` is set when its web files are of another one."""

    firmware: str
    web_firmware: str
    mixed: bool
    seen_at: datetime


class HealthOut(Schema):
    """Whether anything that counts is wrong, each thing that is, and the firmware over time, newest first."""

    healthy: bool
    reasons: list[ReasonOut]
    firmware: list[FirmwareOut]


class SlotOut(Schema):
    """One slot of the pools a device keeps, numbered from 1; `pool` is the stored one it is, `rank` its turn from 0.

    Whom it works for is a wallet, and not told.
    """

    number: int
    rank: int | None
    host: str
    port: int | None
    pool_id: int | None
    pool: str | None
    status: str
    live: bool
    synced_at: datetime


class LimitsOut(Schema):
    """From which figures on a family's miners are in trouble: those in force; null is not judged."""

    family: str
    chip_warn_c: float | None
    chip_critical_c: float | None
    vr_warn_c: float | None
    vr_critical_c: float | None
    reject_percent: float | None
    low_hashrate_percent: float | None
    weak_wifi_dbm: float | None


class LimitsPatch(Body):
    """The limits to change; null takes the family's own, absent fields stay."""

    chip_warn_c: float | None = None
    chip_critical_c: float | None = None
    vr_warn_c: float | None = None
    vr_critical_c: float | None = None
    reject_percent: float | None = None
    low_hashrate_percent: float | None = None
    weak_wifi_dbm: float | None = None


@router.get("/{miner_id}/health", response=HealthOut, summary="What is wrong with it, and its firmware over time")
def health(request: HttpRequest, miner_id: RowId) -> dict[str, Any]:
    caller(request)
    miner = get_object_or_404(Miner, pk=miner_id)
    reasons = list(HealthReason.objects.filter(miner=miner))
    versions = FirmwareVersion.objects.filter(miner=miner)[:50]
    return {
        "healthy": not any(reason.counts for reason in reasons),
        "reasons": reasons,
        "firmware": [
            {
                "firmware": row.firmware,
                "web_firmware": row.web_firmware,
                "mixed": row.is_mixed,
                "seen_at": row.seen_at,
            }
            for row in versions
        ],
    }


@router.get("/{miner_id}/pool-slots", response=list[SlotOut], summary="The pools it keeps, as it last showed them")
def pool_slots(request: HttpRequest, miner_id: RowId) -> list[dict[str, Any]]:
    """Slots are written and switched to by the commands `slot` and `switch_slot` of the miner."""
    caller(request)
    miner = get_object_or_404(Miner, pk=miner_id)
    pools = list(Pool.objects.all())
    return [slot_json(slot, pools, miner) for slot in PoolSlot.objects.filter(miner=miner)]


def slot_json(slot: PoolSlot, pools: list[Pool], miner: Miner) -> dict[str, Any]:
    key = (slot.host, slot.port, slot.user)
    pool = next((one for one in pools if (one.host, one.port, one.user_for(miner.worker_name)) == key), None)
    plain = ("number", "rank", "host", "port", "status", "live", "synced_at")
    return {
        **{name: getattr(slot, name) for name in plain},
        "pool_id": pool.pk if pool is not None else None,
        "pool": pool.name if pool is not None else None,
    }


@limits_router.get("", response=list[LimitsOut], summary="The limits of health, by family")
def list_limits(request: HttpRequest) -> list[dict[str, Any]]:
    caller(request)
    return [limits_json(kind) for kind in FAMILIES]


@limits_router.get("/{family}", response=LimitsOut, summary="A family's limits of health")
def get_limits(request: HttpRequest, family: str) -> dict[str, Any]:
    caller(request)
    return limits_json(known(family))


@limits_router.patch("/{family}", response={200: LimitsOut}, summary="Change a family's limits of health")
def patch_limits(request: HttpRequest, family: str, changes: LimitsPatch) -> Any:
    who = caller(request, "control")
    row = HealthLimits.objects.filter(kind=known(family)).first()
    typed = {name: getattr(row, name, None) for name in LIMITS} | changes.dict(exclude_unset=True)
    form = HealthLimitsForm(typed, instance=row, kind=family)
    if not form.is_valid():
        return wrong_fields(form)
    set_limits(family, form.cleaned_data, actor=who.actor)
    return HTTPStatus.OK, limits_json(family)


def known(family: str) -> str:
    """Return a family there is. Raise 404."""
    if family not in FAMILIES:
        raise Http404(family)
    return family


def limits_json(kind: str) -> dict[str, Any]:
    return {"family": kind, **asdict(limits_of(kind))}
