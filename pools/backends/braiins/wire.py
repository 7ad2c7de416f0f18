"""Braiins Pool's profile and workers, in our words."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from pools.backends.base import DayReward, PayloadError, Payout, PoolReading, Worker
from pools.backends.values import TERA, amount, moment, number, part, rows, text, whole

UNITS = {"h/s": 1.0, "kh/s": 1e3, "mh/s": 1e6, "gh/s": 1e9, "th/s": 1e12, "ph/s": 1e15, "eh/s": 1e18}

SATOSHIS = Decimal(10**8)
STATES, WAYS = {"queued", "confirmed", "failed"}, ("onchain", "lightning")


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
        earned_today=amount(coin.get("today_reward")),
        expected_today=amount(coin.get("estimated_reward")),
        workers=found,
    )


def rewards(answer: Mapping[str, Any]) -> tuple[DayReward, ...]:
    """Return what was credited for each day. Raise PayloadError for what is no list of days."""
    listed = part(answer.get("btc")).get("daily_rewards")
    if not isinstance(listed, list):
        raise PayloadError("This is no list of rewards of Braiins Pool.")
    return tuple(days_of(listed))


def days_of(listed: list[Any]) -> Iterator[DayReward]:
    for row in rows(listed):
        began, total = moment(row.get("date")), amount(row.get("total_reward"))
        if began is not None and total is not None:
            shares = whole(row.get("shares"))
            yield DayReward(day=began.date(), total=total, mining=amount(row.get("mining_reward")), shares=shares)


def payouts(answer: Mapping[str, Any]) -> tuple[Payout, ...]:
    """Return what was paid, either way. Raise PayloadError for what is no list of payments."""
    if not any(isinstance(answer.get(way), list) for way in WAYS):
        raise PayloadError("This is no list of payouts of Braiins Pool.")
    return tuple(payment for way in WAYS for payment in payments_of(way, answer.get(way)))


def payments_of(way: str, listed: Any) -> Iterator[Payout]:
    for row in rows(listed):
        asked, state = moment(row.get("requested_at_ts")), text(row.get("status"))
        satoshis, fee = amount(row.get("amount_sats")), amount(row.get("fee_sats"))
        if asked is not None and satoshis is not None and state in STATES:
            yield Payout(
                way=way,
                status=state,
                amount=satoshis / SATOSHIS,
                fee=None if fee is None else fee / SATOSHIS,
                requested_at=asked,
                resolved_at=moment(row.get("resolved_at_ts")),
                transaction=text(row.get("tx_id"), 80),
            )
