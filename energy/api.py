"""Prices over REST."""

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema
from ninja.pagination import paginate

from energy.models import LedgerEntry, SettlementPeriod
from energy.services.prices import active_tariff, known_until, periods_between, price_at
from energy.tasks import fetch_now
from hmm.accounts.api import caller
from hmm.clock import now as read_clock
from hmm.rest import Amount, Moment, Pages, RowId

router = Router(tags=["energy"])
AHEAD = timedelta(hours=48)


class PeriodOut(Schema):
    """A stretch of time with one price, half-open."""

    starts_at: datetime
    ends_at: datetime
    price_p_per_kwh: Amount
    price_ex_vat_p_per_kwh: Amount | None


class CurrentPriceOut(Schema):
    """The price of now; null where none is known."""

    now: datetime
    tariff: str | None
    period: PeriodOut | None
    known_until: datetime | None


class LedgerOut(Schema):
    """What one miner used, did and cost in one slot; `cost_p` is null while its price is not known."""

    id: int
    miner_id: int | None
    miner_label: str
    starts_at: datetime
    ends_at: datetime
    price_p_per_kwh: Amount | None
    energy_kwh: Amount
    cost_p: Amount | None
    known_s: int
    unknown_s: int
    hashing_s: int
    work_th: float
    mode: str
    band_position: int | None
    coin: str
    reason: str
    is_final: bool


class Accepted(Schema):
    """The work was taken over by the background."""

    detail: str


@router.get("/current-price", response=CurrentPriceOut, summary="The price now")
def current_price(request: HttpRequest) -> dict[str, Any]:
    caller(request)
    now = read_clock()
    tariff = active_tariff()
    return {
        "now": now,
        "tariff": tariff.name if tariff else None,
        "period": price_at(now),
        "known_until": known_until(now),
    }


@router.get("/forecast", response=list[PeriodOut], summary="The known prices of the next 48 hours")
def forecast(request: HttpRequest) -> list[Any]:
    caller(request)
    now = read_clock()
    return periods_between(now, now + AHEAD)


@router.post("/update-prices", response={202: Accepted}, summary="Fetch the prices now")
def update_prices(request: HttpRequest) -> tuple[int, dict[str, str]]:
    who = caller(request, "control")
    tariff = active_tariff()
    if tariff is None:
        raise ValueError("No tariff is chosen yet. Choose one on the page Energy.")
    fetch_now.delay(tariff.pk, who.actor)
    return 202, {"detail": "The prices are being fetched."}


@router.get("/prices", response=list[PeriodOut], summary="The prices that are kept, oldest first")
@paginate(Pages)
def prices(request: HttpRequest, since: Moment | None = None, until: Moment | None = None) -> Any:
    caller(request)
    rows = SettlementPeriod.objects.active().order_by("starts_at")
    if since is not None:
        rows = rows.filter(ends_at__gt=since)
    return rows if until is None else rows.filter(starts_at__lt=until)


@router.get("/ledger", response=list[LedgerOut], summary="What each miner cost, slot by slot, oldest first")
@paginate(Pages)
def ledger(
    request: HttpRequest, since: Moment | None = None, until: Moment | None = None, miner_id: RowId | None = None
) -> Any:
    caller(request)
    rows = LedgerEntry.objects.order_by("starts_at", "pk")
    if miner_id is not None:
        rows = rows.filter(miner=miner_id)
    if since is not None:
        rows = rows.filter(starts_at__gte=since)
    return rows if until is None else rows.filter(starts_at__lt=until)
