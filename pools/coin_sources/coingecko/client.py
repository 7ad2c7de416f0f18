"""CoinGecko: prices of all our coins in one question; a free key of one's own makes it answer more reliably."""

from datetime import timedelta
from typing import ClassVar

from pools.coin_sources.base import Asked, Quote
from pools.coin_sources.coingecko import wire
from pools.coin_sources.http import get

KEY_HEADER = "x-cg-demo-api-key"


class CoinGecko:
    """Prices in £ of every coin."""

    kind: ClassVar[str] = "coingecko"
    label: ClassVar[str] = "CoinGecko"
    tells: ClassVar[str] = "prices of all coins"
    rank: ClassVar[int] = 1
    every: ClassVar[timedelta] = timedelta(minutes=10)
    setting: ClassVar[str] = "HMM_COINGECKO_URL"
    takes_key: ClassVar[bool] = True

    def read(self, asked: Asked) -> tuple[Quote, ...]:
        """Return the prices. Raise a BackendError."""
        return wire.quotes(get(asked, wire.PATH, headers={KEY_HEADER: asked.key} if asked.key else None))
