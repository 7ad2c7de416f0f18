"""Prices over REST."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema

from energy.services.prices import active_tariff, known_until, periods_between, price_at
from energy.tasks import fetch_now
from hmm.accounts.api import caller
from hmm.clock import now as read_clock

router = Router(tags=["energy"])
AHEAD = timedelta(hours=48)


class PeriodOut(Schema):
    """A stretch of time with one price, half-open."""

    starts_at: datetime
    ends_at: datetime
    price_p_per_kwh: Decimal
    price_ex_vat_p_per_kwh: Decimal | None


class CurrentPriceOut(Schema):
    """The price of now; null where none is known."""

    now: datetime
    tariff: str | None
    period: PeriodOut | None
    known_until: datetime | None


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
