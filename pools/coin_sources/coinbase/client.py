"""Coinbase: a second word on the prices of Bitcoin and Bitcoin Cash."""

from datetime import timedelta
from typing import ClassVar

from pools.coin_sources.base import Asked, Quote
from pools.coin_sources.coinbase import wire
from pools.coin_sources.http import get


class Coinbase:
    """Spot prices in £."""

    kind: ClassVar[str] = "coinbase"
    label: ClassVar[str] = "Coinbase"
    tells: ClassVar[str] = "prices of BTC and BCH"
    rank: ClassVar[int] = 2
    every: ClassVar[timedelta] = timedelta(minutes=10)
    setting: ClassVar[str] = "HMM_COINBASE_URL"
    takes_key: ClassVar[bool] = False

    def read(self, asked: Asked) -> tuple[Quote, ...]:
        """Return the prices, one question a coin. Raise a BackendError."""
        return tuple(wire.quote(get(asked, wire.path(coin)), coin) for coin in wire.COINS)
