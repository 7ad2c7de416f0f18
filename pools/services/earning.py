"""Keep what pools that share rewards credited and paid; asked with the statistics, and more rarely."""

import logging
from datetime import datetime, timedelta

from django.db import transaction

from hmm.outside import UNFORESEEN
from pools.backends.base import Account, BackendError, Earnings, TellsEarnings
from pools.models import Pool, PoolHealth, PoolPayout, PoolReward
from pools.services.checking_values import storable

logger = logging.getLogger(__name__)

EVERY, AFTER_FAILURE = timedelta(minutes=30), timedelta(hours=1)
SPAN = timedelta(days=90)


def read_earnings(pool: Pool, backend: object, account: Account, *, now: datetime) -> None:
    """Ask for days and payments when they are due. A failure is a word at the pool and nothing else."""
    if not isinstance(backend, TellsEarnings) or not claim(pool, now):
        return
    try:
        told = backend.earnings(account, since=(now - SPAN).date(), until=now.date())
    except BackendError as error:
        record_failure(pool, error, now=now)
        return
    except UNFORESEEN:
        logger.exception("What a pool credited could not be read", extra={"pool": pool.pk})
        record_failure(pool, BackendError("What the pool credited could not be understood."), now=now)
        return
    record_earnings(pool, told)


def record_failure(pool: Pool, error: BackendError, *, now: datetime) -> None:
    wish = timedelta(seconds=getattr(error, "retry_after_s", None) or 0)
    PoolHealth.objects.filter(pool=pool).update(
        earnings_error=str(error)[:300], earnings_due_at=now + max(AFTER_FAILURE, wish)
    )


def claim(pool: Pool, now: datetime) -> bool:
    """Tell whether the earnings are due; a due time beyond all waits is of a clock that was set back."""
    health = PoolHealth.objects.filter(pool=pool).first()
    if health is None:
        return False
    due = health.earnings_due_at
    if due is not None and now < due <= now + timedelta(days=1):
        return False
    return bool(
        PoolHealth.objects.filter(pk=health.pk, earnings_due_at=due).update(earnings_due_at=now + EVERY)
        if due is not None
        else PoolHealth.objects.filter(pk=health.pk, earnings_due_at__isnull=True).update(earnings_due_at=now + EVERY)
    )


def record_earnings(pool: Pool, told: Earnings) -> None:
    """Store days and payments; what the pool tells later of the same day or payment takes its place."""
    rewards = [
        PoolReward(pool=pool, day=row.day, total=row.total, mining=storable(row.mining), shares=row.shares)
        for row in {row.day: row for row in told.rewards}.values()
        if storable(row.total) is not None
    ]
    payouts = [
        PoolPayout(
            pool=pool,
            way=row.way,
            status=row.status,
            amount=row.amount,
            fee=storable(row.fee),
            requested_at=row.requested_at,
            resolved_at=row.resolved_at,
            transaction=row.transaction,
        )
        for row in {(row.way, row.requested_at, row.amount): row for row in told.payouts}.values()
        if storable(row.amount) is not None
    ]
    with transaction.atomic():
        if not Pool.objects.filter(pk=pool.pk).exists():
            return
        PoolReward.objects.bulk_create(
            rewards,
            update_conflicts=True,
            unique_fields=["pool", "day"],
            update_fields=["total", "mining", "shares"],
        )
        PoolPayout.objects.bulk_create(
            payouts,
            update_conflicts=True,
            unique_fields=["pool", "way", "requested_at", "amount"],
            update_fields=["status", "fee", "resolved_at", "transaction"],
        )
        PoolHealth.objects.filter(pool=pool).update(earnings_error="")
