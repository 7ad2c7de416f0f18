"""What every source of coin prices and difficulties speaks. Failures are those of pool back ends."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import ClassVar, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """What a source says of one coin. None: it does not say. A time is given where the source tells one.

    `price_btc` is of a source that prices in bitcoin; it is worth something once the price of bitcoin is known.
    """

    coin: str
    price_gbp: Decimal | None = None
    price_btc: Decimal | None = None
    price_at: datetime | None = None
    difficulty: float | None = None
    difficulty_at: datetime | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Where to ask and with what. `guarded` addresses are a person's: this computer is refused. `key` is secret."""

    url: str
    key: str = ""
    guarded: bool = True

    def __repr__(self) -> str:
        return f"Asked({self.url})"


class Client(Protocol):
    """A source. Knows nothing of the database. `rank` is its place before a person changes it, 1 first."""

    kind: ClassVar[str]
    label: ClassVar[str]
    tells: ClassVar[str]  # for people
    rank: ClassVar[int]
    every: ClassVar[timedelta]
    setting: ClassVar[str]  # the name of the setting with its usual address
    takes_key: ClassVar[bool]

    def read(self, asked: Asked) -> tuple[Quote, ...]:
        """Return all that the source says now, or nothing of it. Raise a BackendError."""
        ...
