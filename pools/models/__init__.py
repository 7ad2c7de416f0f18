"""Pools: where a miner's work goes, and for whom."""

from pools.models.amounts import CoinAmountField
from pools.models.block import BlockState, FoundBlock
from pools.models.coin import CoinObservation, CoinPriceField, CoinSource, CoinWord
from pools.models.earning import PoolPayout, PoolReward
from pools.models.health import PoolHealth, PoolState
from pools.models.pool import PORT_MAX, SECRETS, Pool, PoolQuerySet
from pools.models.snapshot import PoolSnapshot
from pools.models.worker import PoolWorker

__all__ = [
    "PORT_MAX",
    "SECRETS",
    "BlockState",
    "CoinAmountField",
    "CoinObservation",
    "CoinPriceField",
    "CoinSource",
    "CoinWord",
    "FoundBlock",
    "Pool",
    "PoolHealth",
    "PoolPayout",
    "PoolQuerySet",
    "PoolReward",
    "PoolSnapshot",
    "PoolState",
    "PoolWorker",
]
