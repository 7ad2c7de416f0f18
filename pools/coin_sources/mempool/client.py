"""Explorers of the mempool project: Bitcoin's own, and those that run it for Bitcoin II."""

from datetime import timedelta
from decimal import Decimal
from typing import ClassVar

from pools.coin_sources.base import Asked, Quote
from pools.coin_sources.http import get
from pools.coin_sources.mempool import wire
from pools.coin_sources.values import PRICE_MAX


class Mempool:
    """Bitcoin's height, difficulty and price."""

    kind: ClassVar[str] = "mempool"
    label: ClassVar[str] = "mempool.space"
    tells: ClassVar[str] = "difficulty, height and price of BTC"
    rank: ClassVar[int] = 3
    every: ClassVar[timedelta] = timedelta(minutes=15)
    setting: ClassVar[str] = "HMM_MEMPOOL_URL"
    takes_key: ClassVar[bool] = False
    coin: ClassVar[str] = "BTC"
    most: ClassVar[Decimal] = PRICE_MAX

    def read(self, asked: Asked) -> tuple[Quote, ...]:
        """Return the coin, one question after the other. Raise a BackendError."""
        hashrate = get(asked, wire.HASHRATE)
        tip, prices = get(asked, wire.HEIGHT), get(asked, wire.PRICES)
        return (wire.quote(self.coin, hashrate, tip, prices, most=self.most),)


class Bc2Explorer(Mempool):
    """Bitcoin II's. Such an explorer may pass on Bitcoin's price, which is far above what a BC2 can be worth."""

    kind: ClassVar[str] = "bc2_explorer"
    label: ClassVar[str] = "Bitcoin II explorer"
    tells: ClassVar[str] = "difficulty, height and price of BC2"
    rank: ClassVar[int] = 4
    setting: ClassVar[str] = "HMM_BITCOIN_II_URL"
    coin: ClassVar[str] = "BC2"
    most: ClassVar[Decimal] = Decimal(1000)
