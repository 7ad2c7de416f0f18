"""Every write to pools."""

from typing import Any

from django.db import transaction

from hmm.audit.services import record
from hmm.live.services import push_event
from pools.models import Pool

FIELDS = ("name", "coin", "reward_model", "host", "port", "wallet", "priority", "enabled")


def description(pool: Pool) -> dict[str, Any]:
    """Return what the audit log keeps of a pool; the password only as a word."""
    return {name: getattr(pool, name) for name in FIELDS} | {"password": "stored" if pool.password else ""}


def announce() -> None:
    push_event("pools-changed")


def save_pool(pool: Pool, *, actor: str, new_password: str = "", reason: str = "") -> Pool:
    """Store a new or changed pool with its row in the audit log."""
    with transaction.atomic():
        before = None
        if pool.pk is not None:
            stored = Pool.objects.select_for_update().get(pk=pool.pk)
            before = description(stored)
            pool.password = stored.password
        if new_password:
            pool.password = new_password
        pool.save()
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


def delete_pool(pool: Pool, *, actor: str, reason: str = "") -> None:
    """Remove a pool. Bands that name its coin use the next pool of that coin."""
    with transaction.atomic():
        record(actor=actor, action="pool.delete", target=pool, reason=reason, before=description(pool))
        pool.delete()
        transaction.on_commit(announce)
