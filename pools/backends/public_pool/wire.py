"""public-pool's client, pool and network, in our words. Workers are sessions; those of one name are one miner."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from pools.backends.base import PayloadError, PoolReading, Worker
from pools.backends.values import moment, number, rows, share, text, ths

SEEN = timedelta(minutes=15)


def workers_of(sessions: Iterable[Mapping[str, Any]], now: datetime) -> tuple[Worker, ...]:
    """Return one worker for each name: the rates of its sessions seen lately are added."""
    by_name: dict[str, list[Mapping[str, Any]]] = {}
    for row in sessions:
        by_name.setdefault(text(row.get("name")), []).append(row)
    return tuple(worker_of(name, group, now) for name, group in by_name.items())


def worker_of(name: str, group: list[Mapping[str, Any]], now: datetime) -> Worker:
    fresh = [row for row in group if (seen := moment(row.get("lastSeen"))) is not None and now - seen <= SEEN]
    rates = [rate for row in fresh if (rate := ths(row.get("hashRate"))) is not None]
    return Worker(
        name=name,
        hashrate_ths=sum(rates) if rates or not fresh else None,
        online=bool(fresh),
        last_share_at=max((seen for row in group if (seen := moment(row.get("lastSeen")))), default=None),
        best_share=max((best for row in group if (best := share(row.get("bestDifficulty")))), default=None),
    )


def reading(
    client: Mapping[str, Any], pool: Mapping[str, Any], network: Mapping[str, Any], now: datetime
) -> PoolReading:
    """Return the account. Raise PayloadError for what is no client."""
    if not isinstance(client.get("workers"), list):
        raise PayloadError("This is not an answer of public-pool.")
    workers = workers_of(rows(client["workers"]), now)
    rates = [row.hashrate_ths for row in workers if row.hashrate_ths is not None]
    return PoolReading(
        account_known=bool(workers),
        hashrate_ths=sum(rates) if rates else None,
        pool_hashrate_ths=ths(pool.get("totalHashRate")),
        network_hashrate_ths=ths(network.get("networkhashps")),
        network_difficulty=number(network.get("difficulty")) or None,
        workers_online=sum(bool(row.online) for row in workers),
        workers_offline=sum(not row.online for row in workers),
        last_share_at=max((row.last_share_at for row in workers if row.last_share_at), default=None),
        best_share=share(client.get("bestDifficulty")),
        workers=workers,
    )
