"""Add, change and remove pools."""

from typing import Any

from django.db import transaction

from hmm.audit.services import record
from hmm.clock import now as read_clock
from hmm.jobs.asks import ABOUT_STRATEGY, ask
from hmm.live.services import push_event
from hmm.secrets import carry_over, opened, word_for
from notifications.services import close_incident
from pools.models import SECRETS, Pool, PoolHealth
from pools.services.checking import DOWN, UNREADABLE
from pools.usage import users_of

FIELDS = (
    "name",
    "coin",
    "reward_model",
    "host",
    "port",
    "tls",
    "verify_tls",
    "wallet",
    "priority",
    "enabled",
    "backend",
    "stats_url",
)


class InUseError(Exception):
    """The pool cannot be removed; the message names who works for it and the remedy."""


def description(pool: Pool) -> dict[str, Any]:
    """Return what the audit log keeps of a pool; the password only as a word."""
    return {name: getattr(pool, name) for name in FIELDS} | {name: word_for(pool, name) for name in SECRETS}


def announce() -> None:
    push_event("pools-changed")


def save_pool(pool: Pool, *, actor: str, new_password: str = "", new_token: str = "", reason: str = "") -> Pool:
    """Store a new or changed pool with its row in the audit log."""
    with transaction.atomic():
        before = stored = None
        if pool.pk is not None:
            stored = Pool.objects.select_for_update().get(pk=pool.pk)
            before = description(stored)
            carry_over(SECRETS, source=stored, into=pool)
        if new_password:
            pool.password = new_password
        if new_token:
            pool.token = new_token
        pool.save()
        look_anew(pool, stored)
        if not pool.enabled:
            forget_trouble(pool)
        ask(ABOUT_STRATEGY, by=actor)
        record(
            actor=actor,
            action="pool.edit" if before else "pool.add",
            target=pool,
            reason=reason,
            before=before,
            after=description(pool),
        )
        transaction.on_commit(announce)
    return pool


def look_anew(pool: Pool, stored: Pool | None) -> None:
    """Have a new or changed pool checked at once; what was known of another address is forgotten."""
    moved = stored is None or stratum_of(stored) != stratum_of(pool)
    health, _made = PoolHealth.objects.get_or_create(pool=pool)
    fresh = PoolHealth(pk=health.pk, pool=pool) if moved else health
    fresh.due_at = None
    if stored is None or account_of(stored) != account_of(pool):  # the pause was for another account or token
        fresh.stats_retry_at = fresh.earnings_due_at = None
    fresh.save()


def stratum_of(pool: Pool) -> tuple[Any, ...]:
    return pool.host, pool.port, pool.tls, pool.verify_tls


def account_of(pool: Pool) -> tuple[Any, ...]:
    return pool.backend, pool.stats_url, pool.coin, pool.wallet, opened(pool, "token")


def forget_trouble(pool: Pool) -> None:
    """Close what is open about a pool nobody looks at any more: no look would ever close it."""
    for kind in (DOWN, UNREADABLE):
        close_incident(kind=kind, subject=f"pool:{pool.pk}", now=read_clock())


def delete_pool(pool: Pool, *, actor: str, reason: str = "") -> None:
    """Remove a pool. Bands that name its coin use the next pool of that coin. Raise InUseError."""
    users = users_of(pool)
    if users:
        named = ", ".join(users[:3]) + (f" and {len(users) - 3} more" if len(users) > 3 else "")
        raise InUseError(f"{pool} is in use by {named}. Give them another pool first, or turn the pool off.")
    with transaction.atomic():
        record(actor=actor, action="pool.delete", target=pool, reason=reason, before=description(pool))
        forget_trouble(pool)
        pool.delete()
        ask(ABOUT_STRATEGY, by=actor)
        transaction.on_commit(announce)
