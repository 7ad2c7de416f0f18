"""Pools over REST: read, add, change and remove. Passwords and tokens go in and never come out."""

from datetime import date, datetime
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Router, Schema

from hmm.accounts.api import caller
from hmm.clock import now as read_clock
from hmm.rest import Amount, Body, PlainText, RowId, refusal, wrong_fields
from hmm.secrets import is_kept
from pools.contexts import Card, cards
from pools.forms import PoolForm
from pools.models import Pool
from pools.services import InUseError, delete_pool, save_pool
from pools.services.saving import FIELDS

router = Router(tags=["pools"])
FIGURES = (
    "fetched_at",
    "hashrate_ths",
    "workers_online",
    "workers_offline",
    "last_share_at",
    "best_share",
    "effort_percent",
    "immature",
    "unpaid",
    "paid",
)


class PoolOut(Schema):
    """One pool with its health and newest statistics; unknown is null."""

    id: int
    name: str
    coin: str
    reward_model: str
    host: str
    port: int
    tls: bool
    verify_tls: bool
    wallet: str
    priority: int
    enabled: bool
    backend: str
    stats_url: str
    has_password: bool
    has_token: bool
    unreadable_secrets: list[str]
    state: str
    since: datetime | None
    checked_at: datetime | None
    latency_ms: float | None
    in_use: bool
    passed_over: bool
    stats_error: str
    fetched_at: datetime | None
    hashrate_ths: float | None
    workers_online: int | None
    workers_offline: int | None
    last_share_at: datetime | None
    best_share: float | None
    effort_percent: float | None
    immature: Amount | None
    unpaid: Amount | None
    paid: Amount | None


class RewardOut(Schema):
    """One UTC day, in coins."""

    day: date
    total: Amount
    mining: Amount | None
    shares: int | None


class PayoutOut(Schema):
    """One payment, in coins."""

    way: str
    status: str
    amount: Amount
    fee: Amount | None
    requested_at: datetime
    resolved_at: datetime | None
    transaction: str


class EarningsOut(Schema):
    """What a pool that shares rewards told; both lists are empty for others."""

    coin: str
    rewards: list[RewardOut]
    payouts: list[PayoutOut]


class PoolIn(Body):
    """A pool as the form takes it."""

    name: PlainText
    coin: PlainText
    host: PlainText
    wallet: PlainText
    port: int | None = None
    tls: bool = False
    verify_tls: bool = True
    reward_model: PlainText = "solo"
    priority: int = 1
    enabled: bool = True
    backend: PlainText = "stratum"
    stats_url: PlainText = ""
    password: PlainText = ""
    token: PlainText = ""


class PoolPatch(Body):
    """What may be changed of a pool; absent fields stay."""

    name: PlainText | None = None
    coin: PlainText | None = None
    host: PlainText | None = None
    wallet: PlainText | None = None
    port: int | None = None
    tls: bool | None = None
    verify_tls: bool | None = None
    reward_model: PlainText | None = None
    priority: int | None = None
    enabled: bool | None = None
    backend: PlainText | None = None
    stats_url: PlainText | None = None
    password: PlainText | None = None
    token: PlainText | None = None


class WorkerOut(Schema):
    """One worker of our account as the pool named it last; `seen_at` is when."""

    name: str
    online: bool | None
    hashrate_ths: float | None
    last_share_at: datetime | None
    best_share: float | None
    seen_at: datetime


def pool_json(card: Card) -> dict[str, Any]:
    pool = card.pool
    health = getattr(pool, "health", None)
    return {
        **{name: getattr(pool, name) for name in FIELDS},
        **{name: getattr(card.snapshot, name, None) for name in FIGURES},
        "id": pool.pk,
        "has_password": is_kept(pool, "password"),
        "has_token": is_kept(pool, "token"),
        "unreadable_secrets": list(card.lost_secrets),
        "state": health.state if health is not None else "unknown",
        "since": card.since,
        "checked_at": card.checked_at,
        "latency_ms": card.latency_ms,
        "in_use": card.is_chosen,
        "passed_over": card.passed_over,
        "stats_error": card.stats_error,
    }


def one(pk: int) -> dict[str, Any]:
    """Return one pool as it is now."""
    return next(pool_json(card) for card in cards(read_clock()) if card.pool.pk == pk)


def store(pool: Pool | None, values: dict[str, Any], actor: str, status: int) -> tuple[int, Any] | HttpResponse:
    """Check like the form and store, or name each field that is wrong."""
    posted = {**values, "new_password": values.pop("password", ""), "new_token": values.pop("token", "")}
    form = PoolForm(posted, instance=pool)
    if not form.is_valid():
        return wrong_fields(form, new_password="password", new_token="token", __all__="name")  # noqa: S106  # names
    cleaned = form.cleaned_data
    stored = save_pool(
        form.save(commit=False), actor=actor, new_password=cleaned["new_password"], new_token=cleaned["new_token"]
    )
    return status, one(stored.pk)


@router.get("", response=list[PoolOut], summary="Every pool with its health and newest statistics")
def list_pools(request: HttpRequest) -> list[dict[str, Any]]:
    caller(request)
    return [pool_json(card) for card in cards(read_clock())]


@router.get("/{pool_id}", response=PoolOut, summary="One pool")
def get_pool(request: HttpRequest, pool_id: RowId) -> dict[str, Any]:
    caller(request)
    return one(get_object_or_404(Pool, pk=pool_id).pk)


@router.get("/{pool_id}/workers", response=list[WorkerOut], summary="The workers of our account at one pool")
def list_workers(request: HttpRequest, pool_id: RowId) -> Any:
    caller(request)
    return get_object_or_404(Pool, pk=pool_id).workers.all()


@router.get("/{pool_id}/earnings", response=EarningsOut, summary="What a pool credited by day and paid, newest first")
def get_earnings(request: HttpRequest, pool_id: RowId) -> dict[str, Any]:
    caller(request)
    pool = get_object_or_404(Pool, pk=pool_id)
    return {"coin": pool.coin, "rewards": pool.rewards.all(), "payouts": pool.payouts.all()}


@router.post("", response={201: PoolOut}, summary="Add a pool")
def add_pool(request: HttpRequest, pool: PoolIn) -> Any:
    who = caller(request, "control")
    return store(None, pool.dict(), who.actor, HTTPStatus.CREATED)


@router.patch("/{pool_id}", response={200: PoolOut}, summary="Change a pool")
def patch_pool(request: HttpRequest, pool_id: RowId, changes: PoolPatch) -> Any:
    who = caller(request, "control")
    pool = get_object_or_404(Pool, pk=pool_id)
    given = {name: value for name, value in changes.dict(exclude_unset=True).items() if value is not None}
    return store(pool, {name: getattr(pool, name) for name in FIELDS} | given, who.actor, HTTPStatus.OK)


@router.delete("/{pool_id}", response={204: None}, summary="Remove a pool that nobody uses")
def remove_pool(request: HttpRequest, pool_id: RowId) -> Any:
    who = caller(request, "control")
    try:
        delete_pool(get_object_or_404(Pool, pk=pool_id), actor=who.actor)
    except InUseError as error:
        return refusal(HTTPStatus.CONFLICT, str(error))
    return HTTPStatus.NO_CONTENT, None
