"""ckpool's two files, in our words. Its `diff` is the effort of the round; its shares are sums of difficulty."""

from collections.abc import Mapping
from typing import Any

from pools.backends.base import PayloadError, PoolReading, Worker
from pools.backends.values import TERA, document, moment, number, part, rows, share, short, text, whole


def short_ths(value: Any) -> float | None:
    found = short(value)
    return None if found is None else found / TERA


def status_of(content: bytes) -> dict[str, Any]:
    """Return the lines of pool.status as one object; a line that cannot be read is left out. Raise PayloadError."""
    merged: dict[str, Any] = {}
    for line in content.splitlines():
        if line.strip():
            try:
                merged |= document(line)
            except PayloadError:
                continue
    if not {"hashrate1m", "lastupdate", "Workers"} & merged.keys():
        raise PayloadError("This is not a status file of ckpool.")
    return merged


def worker_name(name: Any) -> str:
    full = text(name)
    return full.split(".", 1)[-1] if "." in full else full.split("_", 1)[-1]


def reading(status: Mapping[str, Any], user: Mapping[str, Any] | None) -> PoolReading:
    """Return the account; None as the user is one that has not sent a share yet."""
    effort = number(status.get("diff"))
    common: dict[str, Any] = {"pool_hashrate_ths": short_ths(status.get("hashrate5m")), "effort_percent": effort}
    if user is None:
        return PoolReading(account_known=False, **common)
    inner = part(user.get("content")) or user
    if "hashrate1m" not in inner and "shares" not in inner:
        raise PayloadError("This is not a user file of ckpool.")
    return PoolReading(
        account_known=True,
        hashrate_ths=short_ths(inner.get("hashrate5m")),
        hashrate_average_ths=short_ths(inner.get("hashrate1d")),
        workers_online=whole(inner.get("workers")),
        last_share_at=moment(inner.get("lastshare")),
        best_share=share(inner.get("bestever")) or share(inner.get("bestshare")),
        workers=tuple(worker_of(row) for row in rows(inner.get("worker"))),
        **common,
    )


def worker_of(row: Mapping[str, Any]) -> Worker:
    return Worker(
        name=worker_name(row.get("workername")),
        hashrate_ths=short_ths(row.get("hashrate5m")),
        last_share_at=moment(row.get("lastshare")),
        best_share=share(row.get("bestever")) or share(row.get("bestshare")),
    )
