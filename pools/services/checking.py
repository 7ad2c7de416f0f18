"""Look at pools when they are due: the port first, then the statistics. No network inside a transaction."""

import logging
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from hmm.live.services import push_event
from hmm.outside import UNFORESEEN
from hmm.secrets import LOST, lost_secrets, opened
from notifications.models import Severity
from notifications.services import close_incident, open_incident
from pools.backends.base import Account, BackendError, ListsBlocks, PoolReading
from pools.backends.registry import BACKENDS
from pools.backends.stratum.probe import Look, probe
from pools.failover import after_bad
from pools.models import SECRETS, Pool, PoolHealth, PoolSnapshot, PoolState
from pools.services.checking_values import storable
from pools.services.coin_asking import note_pool_difficulty
from pools.services.earning import read_earnings
from pools.services.finding import record_blocks
from pools.services.working import forget_workers, record_workers

logger = logging.getLogger(__name__)

EVERY, SOON = timedelta(minutes=5), timedelta(minutes=1)
DOWN_AFTER = 3  # looks in a row
BATCH = 50
KEPT = timedelta(days=30)
REFUSED_PAUSE = timedelta(hours=1)
DOWN, UNREADABLE = "pool.down", "pool.unreadable"
SNAPSHOT_FIELDS = frozenset(field.name for field in PoolSnapshot._meta.concrete_fields) - {"id", "pool", "fetched_at"}


def claim_due(*, now: datetime) -> list[int]:
    """Return the pools to look at now; each is handed out once until it is due again."""
    known = PoolHealth.objects.values("pool")
    PoolHealth.objects.bulk_create(
        [PoolHealth(pool=pool) for pool in Pool.objects.exclude(pk__in=known)[:BATCH]], ignore_conflicts=True
    )
    due = PoolHealth.objects.filter(Q(due_at__isnull=True) | Q(due_at__lte=now) | Q(due_at__gt=now + 2 * EVERY))
    claimed = []
    for pk, pool, at in due.filter(pool__enabled=True).values_list("pk", "pool_id", "due_at")[:BATCH]:
        same = Q(due_at__isnull=True) if at is None else Q(due_at=at)
        if PoolHealth.objects.filter(same, pk=pk).update(due_at=now + EVERY):
            claimed.append(pool)
    return claimed


def look_soon(pool: Pool, *, now: datetime) -> None:
    """Let the next beat look at a pool, because something speaks against it."""
    PoolHealth.objects.filter(pool=pool, due_at__gt=now).update(due_at=now)


def check_pool(pk: int, *, now: datetime) -> None:
    """Look at one pool and store what came of it."""
    pool = Pool.objects.filter(pk=pk).first()
    if pool is None:
        return
    look = probe(pool.host, pool.port, tls=pool.tls, verify=pool.verify_tls)
    record_look(pool, look, now=now)
    tell_lost_secrets(pool, now=now)
    read_statistics(pool, now=now)
    push_event("pools-changed")


def record_look(pool: Pool, look: Look, *, now: datetime) -> None:
    """Store a look at the port; an incident opens after three bad ones in a row and closes with the first good."""
    with transaction.atomic():
        health = PoolHealth.objects.select_for_update().select_related("pool").filter(pool=pool).first()
        if health is None:
            return
        before = health.state
        health.outcome, health.checked_at = look.outcome, now
        health.connect_ms, health.reply_ms = look.connect_ms, look.reply_ms
        (count_good if look.ok else count_bad)(health, now)
        if health.state != before:
            health.since = now
        health.save()
        tell(pool, health, now)


def count_good(health: PoolHealth, now: datetime) -> None:
    if health.good_since is None:
        health.good_since = now
    health.failures, health.state = 0, PoolState.UP


def count_bad(health: PoolHealth, now: datetime) -> None:
    health.bad_since = after_bad(health.standing(), now)
    health.good_since = None
    health.failures += 1
    health.state = PoolState.DOWN if health.failures >= DOWN_AFTER else PoolState.SHAKY
    health.due_at = now + SOON


def tell(pool: Pool, health: PoolHealth, now: datetime) -> None:
    subject = f"pool:{pool.pk}"
    if not health.pool.enabled:  # switched off during the look: nobody would close it again
        return
    if health.state == PoolState.DOWN:
        open_incident(
            kind=DOWN,
            subject=subject,
            label=pool.name,
            severity=Severity.WARNING,
            title=f"{pool.name} does not answer",
            detail=f"{pool.host}:{pool.port}: {health.outcome.replace('_', ' ')}. The next {pool.coin} pool is used.",
            now=now,
        )
    elif health.state == PoolState.UP:
        close_incident(kind=DOWN, subject=subject, now=now)


def tell_lost_secrets(pool: Pool, *, now: datetime) -> None:
    """Keep an incident open while a secret of the pool cannot be read: no miner can be given the pool."""
    subject, lost = f"pool:{pool.pk}", lost_secrets(pool, *SECRETS)
    if not lost:
        close_incident(kind=UNREADABLE, subject=subject, now=now)
    elif Pool.objects.usable().filter(pk=pool.pk).exists():  # switched off during the look: nobody would close it
        open_incident(
            kind=UNREADABLE,
            subject=subject,
            label=pool.name,
            severity=Severity.WARNING,
            title=f"its {' and '.join(lost)} {LOST}",
            detail="Miners that work for it go on; no other one is sent there until then."
            if "password" in lost
            else "Its statistics are not asked until then; mining goes on.",
            now=now,
        )


def read_statistics(pool: Pool, *, now: datetime) -> PoolSnapshot | None:
    """Ask for the statistics and store them; a failure is a word at the pool, with a pause where one was asked."""
    backend = BACKENDS.get(pool.backend)
    health = PoolHealth.objects.filter(pool=pool).first()
    if backend is None or pool.backend == "stratum" or health is None:
        return None
    if health.stats_retry_at is not None and now < health.stats_retry_at <= now + timedelta(days=1):
        return None
    token = opened(pool, "token")
    if token is None:
        record_failure(pool, BackendError(f"The access token {LOST}."), now=now)
        return None
    account = Account(user=pool.wallet, coin=pool.coin, url=pool.stats_url, token=token)
    try:
        reading = backend.read(account)
        listed = backend.blocks(account) if isinstance(backend, ListsBlocks) else ()
    except BackendError as error:
        record_failure(pool, error, now=now)
        return None
    except UNFORESEEN:
        logger.exception("The statistics of a pool could not be read", extra={"pool": pool.pk})
        record_failure(pool, BackendError("The pool's answer could not be understood."), now=now)
        return None
    snapshot = record_reading(pool, reading, now=now)
    if snapshot is not None:
        record_workers(pool, reading.workers, now=now)
        record_blocks(pool, listed or reading.blocks, now=now)
        read_earnings(pool, backend, account, now=now)
        note_pool_difficulty(pool.coin, reading.network_difficulty, now=now)
    return snapshot


def record_failure(pool: Pool, error: BackendError, *, now: datetime) -> None:
    wish = getattr(error, "retry_after_s", None)
    pause = REFUSED_PAUSE if error.code == "refused" else timedelta(seconds=wish or 0)
    PoolHealth.objects.filter(pool=pool).update(
        stats_error=str(error)[:300], stats_failed_at=now, stats_retry_at=now + pause if pause else None
    )


def record_reading(pool: Pool, reading: PoolReading, *, now: datetime) -> PoolSnapshot | None:
    """Store one reading of our account."""
    values: dict[str, Any] = {
        name: storable(value) for name, value in asdict(reading).items() if name in SNAPSHOT_FIELDS
    }
    warning = " ".join(reading.warnings)[:300]
    with transaction.atomic():
        if not Pool.objects.filter(pk=pool.pk).exists():
            return None
        snapshot = PoolSnapshot.objects.create(pool=pool, fetched_at=now, warning=warning, **values)
        PoolHealth.objects.filter(pool=pool).update(stats_error="", stats_failed_at=None, stats_retry_at=None)
    return snapshot


def purge_snapshots(*, now: datetime) -> None:
    """Drop what is older than a month."""
    PoolSnapshot.objects.filter(fetched_at__lt=now - KEPT).delete()
    forget_workers(now=now)
