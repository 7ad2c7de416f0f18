"""Braiins Pool's profile and workers, in our words."""

from collections.abc import Mapping
from typing import Any

from pools.backends.base import PayloadError, PoolReading, Worker
from pools.backends.values import TERA, amount, moment, number, part, text, whole

UNITS = {"h/s": 1.0, "kh/s": 1e3, "mh/s": 1e6, "gh/s": 1e9, "th/s": 1e12, "ph/s": 1e15, "eh/s": 1e18}


def rate(row: Mapping[str, Any], name: str) -> float | None:
    """Return a hash rate in TH/s; without a unit that is known there is none."""
    value, unit = number(row.get(name)), UNITS.get(str(row.get("hash_rate_unit", "")).lower())
    return None if value is None or unit is None else value * unit / TERA


def workers_of(answer: Mapping[str, Any]) -> tuple[Worker, ...]:
    return tuple(
        Worker(
            name=text(name),
            hashrate_ths=rate(row, "hash_rate_5m"),
            online={"ok": True, "low": True, "off": False, "dis": False}.get(str(row.get("state"))),
            last_share_at=moment(row.get("last_share")),
        )
        for name, row in part(part(answer.get("btc")).get("workers")).items()
        if isinstance(row, dict)
    )


def reading(profile: Mapping[str, Any], workers: Mapping[str, Any]) -> PoolReading:
    """Return the account. Raise PayloadError for what is no profile."""
    coin = part(profile.get("btc"))
    if "ok_workers" not in coin and "hash_rate_unit" not in coin:
        raise PayloadError("This is not a profile of Braiins Pool.")
    found = workers_of(workers)
    ok, low, off = whole(coin.get("ok_workers")), whole(coin.get("low_workers")), whole(coin.get("off_workers"))
    unpaid = coin.get("current_balance", coin.get("confirmed_reward"))
    return PoolReading(
        account_known=True,
        hashrate_ths=rate(coin, "hash_rate_5m"),
        hashrate_average_ths=rate(coin, "hash_rate_24h"),
        workers_online=None if ok is None else ok + (low or 0),
        workers_offline=off,
        last_share_at=max((row.last_share_at for row in found if row.last_share_at), default=None),
        unpaid=amount(unpaid),
        earned=amount(coin.get("all_time_reward")),
        workers=found,
    )
