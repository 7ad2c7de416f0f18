"""WhatToMine: difficulties, and prices in bitcoin, in one question."""

from datetime import timedelta
from typing import ClassVar

from pools.coin_sources.base import Asked, Quote
from pools.coin_sources.http import get
from pools.coin_sources.whattomine import wire


class WhatToMine:
    """Difficulties, and prices in bitcoin."""

    kind: ClassVar[str] = "whattomine"
    label: ClassVar[str] = "WhatToMine"
    tells: ClassVar[str] = "difficulties of BTC, BCH and DGB; prices of BCH and DGB in bitcoin"
    rank: ClassVar[int] = 6
    every: ClassVar[timedelta] = timedelta(minutes=15)
    setting: ClassVar[str] = "HMM_WHATTOMINE_URL"
    takes_key: ClassVar[bool] = False

    def read(self, asked: Asked) -> tuple[Quote, ...]:
        """Return the table. Raise a BackendError."""
        return wire.quotes(get(asked, wire.PATH))
