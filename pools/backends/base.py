"""What every pool back end speaks: one reading of our account, and why there is none."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar, Protocol, runtime_checkable


class BackendError(Exception):
    """A pool's statistics could not be had. Nothing is said of the pool itself."""

    code = "unreachable"


class UnreachableError(BackendError):
    """The statistics do not answer; `retry_after_s` is the service's own wish, if it has one."""

    def __init__(self, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class RefusedError(BackendError):
    """The service refuses us: a token is missing or wrong, or the address may not be asked."""

    code = "refused"


class PayloadError(BackendError):
    """The answer cannot be read."""

    code = "bad_payload"


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """One miner as the pool knows it; TH/s."""

    name: str
    hashrate_ths: float | None = None
    online: bool | None = None
    last_share_at: datetime | None = None
    best_share: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundBlock:
    """A block of the pool's list. `state` is candidate, immature, confirmed or orphaned; `reward` in coins."""

    height: int | None
    hash: str
    state: str
    finder: str = ""
    worker: str = ""
    found_at: datetime | None = None
    difficulty: float | None = None
    share_difficulty: float | None = None
    reward: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DayReward:
    """What a pool that shares rewards credited for one UTC day, in coins."""

    day: date
    total: Decimal
    mining: Decimal | None = None
    shares: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Payout:
    """One payment of the pool to us. `way` is onchain or lightning; `status` queued, confirmed or failed."""

    way: str
    status: str
    amount: Decimal
    requested_at: datetime
    fee: Decimal | None = None
    resolved_at: datetime | None = None
    transaction: str = ""


@dataclass(frozen=True, slots=True)
class Earnings:
    """Days and payments of an account, in any order."""

    rewards: tuple[DayReward, ...] = ()
    payouts: tuple[Payout, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolReading:
    """One account at one pool. None: the pool does not say. Money in coins, rates in TH/s, difficulties bare.

    `account_known` is False where the pool does not know the wallet yet, which is a good answer.
    """

    account_known: bool | None = None
    hashrate_ths: float | None = None
    hashrate_average_ths: float | None = None
    pool_hashrate_ths: float | None = None
    network_hashrate_ths: float | None = None
    network_difficulty: float | None = None
    workers_online: int | None = None
    workers_offline: int | None = None
    last_share_at: datetime | None = None
    best_share: float | None = None
    effort_percent: float | None = None
    immature: Decimal | None = None
    unpaid: Decimal | None = None
    paid: Decimal | None = None
    earned: Decimal | None = None
    earned_today: Decimal | None = None
    expected_today: Decimal | None = None
    blocks_found: int | None = None
    workers: tuple[Worker, ...] = ()
    blocks: tuple[FoundBlock, ...] = ()
    generation: str = ""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Whom to ask for, and where. `url` is empty for the service's usual address; `token` is secret."""

    user: str
    coin: str = "BTC"
    url: str = ""
    token: str = ""
    guarded: bool = True
    pause_s: float = 5.0

    def __repr__(self) -> str:
        return f"Account({self.coin}, {self.url or 'usual address'})"


class Backend(Protocol):
    """A pool's statistics. Knows nothing of the database."""

    kind: ClassVar[str]
    label: ClassVar[str]
    needs_token: ClassVar[bool]
    needs_url: ClassVar[bool]

    def read(self, account: Account) -> PoolReading:
        """Return what the pool says now. Raise a BackendError."""
        ...


@runtime_checkable
class ListsBlocks(Protocol):
    """A back end whose pool lists found blocks with their states."""

    def blocks(self, account: Account) -> tuple[FoundBlock, ...]:
        """Return the blocks of our wallet. Raise a BackendError."""
        ...


@runtime_checkable
class TellsEarnings(Protocol):
    """A back end whose pool tells what it credited day by day and what it paid."""

    def earnings(self, account: Account, *, since: date, until: date) -> Earnings:
        """Return days and payments. Raise a BackendError."""
        ...
