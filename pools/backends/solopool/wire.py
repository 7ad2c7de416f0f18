"""Solopool's two generations of answers, in our words.

Amounts are whole numbers of the smallest unit; DigiByte's are a thousand-millionth of a coin there. A scale
is believed only where a block's reward lies near the coin's subsidy.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from pools.backends.base import FoundBlock, PayloadError, PoolReading, Worker
from pools.backends.values import amount, bare_wallet, moment, number, part, rows, share, text, ths, whole
from pools.emission import is_plausible_reward

SCALES = {"BTC": Decimal(10**8), "BCH": Decimal(10**8), "BC2": Decimal(10**8), "DGB": Decimal(10**9)}
UNKNOWN_SCALE = "The pool's amounts do not fit a block of this coin; they are not shown."
V1_KEYS, V2_KEYS = {"stats", "workersOnline", "currentHashrate"}, {"onlineWorkers", "totalWorkers", "averageHashrate"}


def generation_of(account: Mapping[str, Any]) -> str:
    """Return v1 or v2 by the shape of an account. Raise PayloadError for neither."""
    if V2_KEYS & account.keys():
        return "v2"
    if V1_KEYS & account.keys():
        return "v1"
    raise PayloadError("This is not an answer of Solopool.")


def network_of(stats: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the pool says of itself and the network, from any of the shapes seen."""
    inner, node = part(stats.get("stats")), part(stats.get("node"))
    old = "poolHashrate" in stats or "networkDifficulty" in stats
    difficulty = first(node.get("difficulty"), inner.get("difficulty"), stats.get("networkDifficulty"))
    network = first(node.get("hashrate"), inner.get("hashrate"), stats.get("networkHashrate"))
    return {
        "pool_hashrate_ths": ths(stats.get("poolHashrate" if old else "hashrate")),
        "network_hashrate_ths": ths(network),
        "network_difficulty": number(difficulty) or None,
    }


def first(*values: Any) -> Any:
    return next((value for value in values if value is not None), None)


def account_v1(account: Mapping[str, Any], stats: Mapping[str, Any], coin: str) -> PoolReading:
    """Return the reading of /accounts and /stats."""
    inner, network = part(account.get("stats")), network_of(stats)
    money, warnings = balances(account, inner, coin)
    return PoolReading(
        account_known=bool(account.get("workersTotal") or inner.get("lastShare") or inner.get("blocksFound")),
        hashrate_ths=ths(account.get("currentHashrate")),
        hashrate_average_ths=ths(account.get("hashrate")),
        workers_online=whole(account.get("workersOnline")),
        workers_offline=whole(account.get("workersOffline")),
        last_share_at=moment(inner.get("lastShare")),
        effort_percent=effort(first(account.get("roundShares"), inner.get("roundShares")), network),
        blocks_found=whole(inner.get("blocksFound")),
        workers=workers_of(account.get("workers")),
        generation="v1",
        warnings=warnings,
        **money,
        **network,
    )


def account_v2(account: Mapping[str, Any], stats: Mapping[str, Any], coin: str) -> PoolReading:
    """Return the reading of /miners and /stats. This generation tells no balances."""
    network = network_of(stats)
    return PoolReading(
        account_known=bool(account.get("totalWorkers") or account.get("lastShare") or account.get("totalBlocks")),
        hashrate_ths=ths(account.get("hashrate")),
        hashrate_average_ths=ths(account.get("averageHashrate")),
        workers_online=whole(account.get("onlineWorkers")),
        workers_offline=whole(account.get("offlineWorkers")),
        last_share_at=moment(account.get("lastShare")),
        best_share=share(account.get("bestShare")),
        effort_percent=effort(account.get("roundShares"), network),
        blocks_found=whole(account.get("totalBlocks")),
        workers=workers_of(account.get("workers")),
        blocks=tuple(own_block(row, coin) for row in rows(account.get("blocks"))),
        generation="v2",
        **network,
    )


def effort(shares: Any, network: Mapping[str, Any]) -> float | None:
    """Return the work of this round as a percentage of what a block takes on average."""
    done, difficulty = number(shares), network["network_difficulty"]
    return done / difficulty * 100 if done is not None and difficulty else None


def workers_of(value: Any) -> tuple[Worker, ...]:
    """Return the workers; one that cannot be read does not lose the others."""
    return tuple(
        Worker(
            name=text(name),
            hashrate_ths=ths(row.get("hr")),
            online=not row["offline"] if isinstance(row.get("offline"), bool) else None,
            last_share_at=moment(row.get("lastBeat")),
        )
        for name, row in part(value).items()
        if isinstance(row, dict)
    )


def balances(
    account: Mapping[str, Any], inner: Mapping[str, Any], coin: str
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return immature, unpaid and paid in coins, or none of them with the reason."""
    raw = {"immature": inner.get("immature"), "unpaid": inner.get("balance"), "paid": inner.get("paid")}
    amounts = {name: amount(value) for name, value in raw.items()}
    scale = SCALES.get(coin)
    if scale is None or (any(amounts.values()) and not scale_fits(account, coin, scale)):
        return dict.fromkeys(raw), (UNKNOWN_SCALE,)
    return {name: None if value is None else value / scale for name, value in amounts.items()}, ()


def scale_fits(account: Mapping[str, Any], coin: str, scale: Decimal) -> bool:
    """Tell whether what a block paid is near the subsidy of its time; without any block it is believed."""
    evidence = [
        (value / scale, when)
        for row in rows(account.get("payments"))
        if (value := amount(row.get("amount"))) and (when := moment(row.get("timestamp")))
    ]
    if not evidence:
        return True
    return any(is_plausible_reward(coin, value, when) for value, when in evidence)


def reward_of(value: Any, coin: str, when: datetime | None) -> Decimal | None:
    """Return a block's reward in coins, from coins or the smallest unit, or None where neither fits."""
    found, scale = amount(value), SCALES.get(coin)
    if found is None or scale is None or when is None:
        return None
    return next((each for each in (found, found / scale) if is_plausible_reward(coin, each, when)), None)


def own_block(row: Mapping[str, Any], coin: str) -> FoundBlock:
    when = moment(row.get("timestamp"))
    return FoundBlock(
        height=whole(row.get("height")),
        hash=text(row.get("hash") or row.get("tx"), 80),
        state="immature",  # this list does not tell; the pool's own block list does
        worker=text(row.get("worker")),
        found_at=when,
        share_difficulty=share(row.get("shareDiff")),
        reward=reward_of(row.get("minerReward"), coin, when),
    )


def blocks_of(listing: Mapping[str, Any], coin: str, wallet: str) -> tuple[FoundBlock, ...]:
    """Return the blocks of our wallet with their state; orphans lie among the matured."""
    states = (
        ("candidates", "candidate"),
        ("immature", "immature"),
        ("immatured", "immature"),
        ("matured", "confirmed"),
    )
    return tuple(
        listed_block(row, state, coin)
        for key, state in states
        for row in rows(listing.get(key))
        if bare_wallet(text(row.get("miner"))).lower() == wallet.lower()
    )


def listed_block(row: Mapping[str, Any], state: str, coin: str) -> FoundBlock:
    when = moment(row.get("timestamp"))
    return FoundBlock(
        height=whole(row.get("height")),
        hash=text(row.get("hash"), 80),
        state="orphaned" if row.get("orphan") is True else state,
        finder=bare_wallet(text(row.get("miner"))),
        worker=text(row.get("worker")),
        found_at=when,
        difficulty=number(row.get("difficulty")),
        share_difficulty=share(row.get("shareDifficulty")),
        reward=reward_of(row.get("reward"), coin, when),
    )
