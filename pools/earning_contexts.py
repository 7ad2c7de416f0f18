"""What a pool that shares rewards credited and paid, for its page. The number of queries is the same for any span."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from pools.models import Pool, PoolPayout, PoolReward, PoolSnapshot
from pools.services.coins import coin_pasts
from pools.valuing import CoinPast

DAYS = 90
DAY_ENDS = time(23, 0)  # the last hour of a UTC day
BADGES = {"confirmed": "badge-good", "failed": "badge-critical"}
WAYS = {"onchain": "on the chain", "lightning": "Lightning"}


@dataclass(frozen=True, slots=True, kw_only=True)
class RewardRow:
    """One UTC day; `value_p` in pence at the price of its end, None where that is not known."""

    row: PoolReward
    value_p: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoutRow:
    """One payment; `value_p` at the price of when it was asked for."""

    row: PoolPayout
    way: str
    badge: str
    value_p: Decimal | None


def earnings_context(pool: Pool, now: datetime) -> dict[str, Any]:
    """Return the days and payments of one pool. Five queries."""
    since = now - timedelta(days=DAYS)
    rewards = list(PoolReward.objects.filter(pool=pool, day__gte=since.date()))
    payouts = list(PoolPayout.objects.filter(pool=pool, requested_at__gte=since))
    past = coin_pasts([pool.coin], since, now + timedelta(hours=1))[pool.coin]
    days = [
        RewardRow(row=row, value_p=value_p(past, row.total, datetime.combine(row.day, DAY_ENDS, UTC)))
        for row in rewards
    ]
    known = [day.value_p for day in days if day.value_p is not None]
    return {
        "pool": pool,
        "health": getattr(pool, "health", None),
        "snapshot": PoolSnapshot.objects.filter(pool=pool).first(),
        "days": days,
        "payouts": [payout_row(row, past) for row in payouts],
        "total": sum((row.total for row in rewards), Decimal(0)),
        "total_value_p": sum(known, Decimal(0)) if known and len(known) == len(days) else None,
        "span_days": DAYS,
    }


def payout_row(row: PoolPayout, past: CoinPast) -> PayoutRow:
    return PayoutRow(
        row=row,
        way=WAYS.get(row.way, row.way),
        badge=BADGES.get(row.status, ""),
        value_p=value_p(past, row.amount, row.requested_at),
    )


def value_p(past: CoinPast, amount: Decimal, moment: datetime) -> Decimal | None:
    """Return an amount of coins in pence at a moment."""
    price = past.price_p(moment)
    return None if price is None else amount * price
