"""Blockchair: difficulty and height of Bitcoin and Bitcoin Cash."""

from datetime import timedelta
from typing import ClassVar

from pools.coin_sources.base import Asked, Quote
from pools.coin_sources.blockchair import wire
from pools.coin_sources.http import get


class Blockchair:
    """Difficulties and heights."""

    kind: ClassVar[str] = "blockchair"
    label: ClassVar[str] = "Blockchair"
    tells: ClassVar[str] = "difficulty and height of BTC and BCH"
    rank: ClassVar[int] = 7
    every: ClassVar[timedelta] = timedelta(minutes=15)
    setting: ClassVar[str] = "HMM_BLOCKCHAIR_URL"
    takes_key: ClassVar[bool] = False

    def read(self, asked: Asked) -> tuple[Quote, ...]:
        """Return both chains, one question each. Raise a BackendError."""
        return tuple(wire.quote(get(asked, wire.path(coin)), coin) for coin in wire.CHAINS)
