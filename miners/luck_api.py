"""Luck over REST: high shares, found blocks, the odds of a block and how lucky the best shares are."""

import math
from datetime import datetime
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Router, Schema
from ninja.pagination import paginate

from hmm.accounts.api import caller
from hmm.clock import now as read_clock
from hmm.rest import Amount, Moment, Pages, RowId
from miners import luck as lucky
from miners.models import HighShare
from pools.luck import Odds
from pools.models import FoundBlock
from pools.services.networks import networks

router = Router(tags=["luck"])
facts = Router(tags=["pools"])
CoinName = Literal["BTC", "BCH", "DGB", "BC2"]


class ShareOut(Schema):
    """One high share. `not_before` is null for one that was there at first sight: found nobody knows when."""

    id: int
    miner_id: int | None
    miner: str
    coin: str | None
    pool_id: int | None
    pool: str
    difficulty: float
    network_difficulty: float | None
    block_percent: float | None
    source: str
    seen_at: datetime
    not_before: datetime | None

    @staticmethod
    def resolve_miner(row: HighShare) -> str:
        return row.miner_label

    @staticmethod
    def resolve_pool(row: HighShare) -> str:
        return row.pool_label

    @staticmethod
    def resolve_coin(row: HighShare) -> str | None:
        return row.coin or None


class BlockOut(Schema):
    """One block of our wallets; state is candidate, immature, confirmed or orphaned."""

    id: int
    coin: str
    height: int | None
    hash: str | None
    state: str
    worker: str
    miner_id: int | None
    miner: str | None
    pool_id: int | None
    pool: str
    found_at: datetime | None
    seen_at: datetime
    share_difficulty: float | None
    network_difficulty: float | None
    reward: Amount | None

    @staticmethod
    def resolve_hash(row: FoundBlock) -> str | None:
        return None if row.hash.startswith("height:") else row.hash

    @staticmethod
    def resolve_miner_id(row: FoundBlock) -> int | None:
        return getattr(getattr(row, "credit", None), "miner_id", None)

    @staticmethod
    def resolve_miner(row: FoundBlock) -> str | None:
        return getattr(getattr(row, "credit", None), "miner_label", None)

    @staticmethod
    def resolve_pool(row: FoundBlock) -> str:
        return row.pool_label

    @staticmethod
    def resolve_network_difficulty(row: FoundBlock) -> float | None:
        return row.difficulty


class ChancesOut(Schema):
    """The chance of at least one block in each span, 0 to 1."""

    hour: float
    day: float
    month: float
    year: float


class MinerOddsOut(Schema):
    """What one miner alone may hope for; waits in seconds, null where nothing hashes."""

    miner_id: int
    miner: str
    hashrate_ths: float
    chances: ChancesOut
    mean_s: float | None
    median_s: float | None
    nine_in_ten_s: float | None


class CoinOddsOut(Schema):
    """What all miners together may hope for on a coin, if they mined nothing else, and each alone."""

    coin: str
    difficulty: float
    difficulty_at: datetime
    difficulty_source: str
    reward: Amount
    hashrate_ths: float
    chances: ChancesOut
    mean_s: float | None
    median_s: float | None
    nine_in_ten_s: float | None
    miners: list[MinerOddsOut]


class ShareLuckOut(Schema):
    """The best share of a miner's work since HMM counts; of all together where `miner_id` is null.

    `chance` (0 to 1) is how many with as much work have a share at least as high.
    """

    miner_id: int | None
    miner: str
    work_th: float
    best_difficulty: float | None
    usual_difficulty: float
    chance: float | None


class LuckOut(Schema):
    """Odds by coin and the luck of best shares."""

    basis: str
    coins: list[CoinOddsOut]
    best_shares: list[ShareLuckOut]


def odds_json(odds: Odds) -> dict[str, Any]:
    waits = {name: getattr(odds, name) for name in ("mean_s", "median_s", "nine_in_ten_s")}
    finite = {name: value if math.isfinite(value) else None for name, value in waits.items()}
    return {"chances": odds.chances, **finite}


@router.get("", response=LuckOut, summary="The odds of a block by coin and miner, and the luck of best shares")
def luck(request: HttpRequest, basis: Literal["now", "week"] = "now", coin: CoinName | None = None) -> dict[str, Any]:
    """Return the odds at the hash rates of now, or at the means of the last seven days."""
    caller(request)
    now = read_clock()
    known = {name: each for name, each in networks(now).items() if coin in (None, name)}
    rates = lucky.rates(basis, now)
    return {
        "basis": basis,
        "coins": [coin_json(row, rates) for row in lucky.coin_odds(lucky.total_of(rates), known)],
        "best_shares": [
            {
                "miner_id": row.pk,
                "miner": row.label,
                "work_th": row.work_th,
                "best_difficulty": row.best,
                "usual_difficulty": row.usual,
                "chance": row.chance,
            }
            for row in lucky.share_luck(now)
        ],
    }


def coin_json(row: lucky.CoinOdds, rates: list[lucky.Rate]) -> dict[str, Any]:
    return {
        "coin": row.coin,
        "difficulty": row.network.difficulty,
        "difficulty_at": row.network.at,
        "difficulty_source": row.network.source,
        "reward": row.network.reward,
        "hashrate_ths": row.hashrate_ths,
        **odds_json(row.odds),
        "miners": [
            {"miner_id": each.pk, "miner": each.label, "hashrate_ths": each.hashrate_ths, **odds_json(each.odds)}
            for each in lucky.miner_odds(rates, row.network)
        ],
    }


@facts.get("/shares", response=list[ShareOut], summary="High shares, the highest first")
@paginate(Pages)
def list_shares(
    request: HttpRequest,
    coin: CoinName | None = None,
    miner_id: RowId | None = None,
    since: Moment | None = None,
    until: Moment | None = None,
) -> Any:
    """Return high shares. With `since` only those whose time is known."""
    caller(request)
    return lucky.shares_of(coin or "", since, until, miner_id)


@facts.get("/blocks", response=list[BlockOut], summary="Found blocks of our wallets, the newest first")
@paginate(Pages)
def list_blocks(
    request: HttpRequest,
    coin: CoinName | None = None,
    miner_id: RowId | None = None,
    state: Literal["candidate", "immature", "confirmed", "orphaned"] | None = None,
) -> Any:
    caller(request)
    rows = lucky.blocks_of(coin or "", miner_id)
    return rows if state is None else rows.filter(state=state)
