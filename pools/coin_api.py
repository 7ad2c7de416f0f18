"""Coins over REST: what is known of each and since when; unknown is null."""

from datetime import datetime, timedelta
from typing import Annotated, Any

from django.http import Http404, HttpRequest
from ninja import Field, Router, Schema

from hmm.accounts.api import caller
from hmm.clock import now as read_clock
from hmm.rest import Amount
from pools.coin_contexts import pence_per_ths_day
from pools.coin_facts import CoinFacts
from pools.coins import Coin
from pools.models import CoinObservation
from pools.services.coins import all_coin_facts

router = Router(tags=["coins"])
DAYS, DAYS_MAX = 30, 366


class CoinOut(Schema):
    """One coin. A stale figure is older than a day (price) or two (difficulty)."""

    coin: str
    name: str
    price_gbp: Amount | None
    price_at: datetime | None
    price_source: str
    price_is_stale: bool
    difficulty: float | None
    difficulty_at: datetime | None
    difficulty_source: str
    difficulty_is_stale: bool
    disagreement: bool
    disagreement_percent: float | None
    height: int | None
    subsidy: Amount | None
    expected_p_per_ths_day: float | None


class CoinHourOut(Schema):
    """What was believed in one hour."""

    hour: datetime
    price_gbp: Amount | None
    price_source: str
    difficulty: float | None
    difficulty_source: str
    height: int | None


def coin_json(facts: CoinFacts) -> dict[str, Any]:
    names = [name for name in CoinOut.model_fields if name not in {"name", "expected_p_per_ths_day"}]
    expected = pence_per_ths_day(facts)
    return {
        **{name: getattr(facts, name) for name in names},
        "name": Coin(facts.coin).label,
        "expected_p_per_ths_day": None if expected is None else float(expected),
    }


@router.get("", response=list[CoinOut], summary="Price, difficulty and subsidy of every coin")
def list_coins(request: HttpRequest) -> list[dict[str, Any]]:
    caller(request)
    return [coin_json(facts) for facts in all_coin_facts(now=read_clock()).values()]


@router.get("/{coin}/history", response=list[CoinHourOut], summary="A coin hour by hour, the oldest first")
def coin_history(
    request: HttpRequest, coin: str, days: Annotated[int, Field(ge=1, le=DAYS_MAX)] = DAYS
) -> list[CoinObservation]:
    caller(request)
    sign = coin.upper()
    if sign not in Coin.values:
        raise Http404
    since = read_clock() - timedelta(days=days)
    return list(CoinObservation.objects.filter(coin=sign, hour__gt=since))
