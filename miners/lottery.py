"""What the page of lottery miners shows: devices of a few hundred kilohashes, mined with for the luck of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from miners.contexts import Tile, tile_of
from miners.drivers.registry import lottery_kinds
from miners.models import HeardDevice, Miner, NewestReading

KILOHASHES_IN_TERA = 1e9


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """One lottery miner; `best_difficulty` is the best share it ever found."""

    tile: Tile
    hashrate_khs: float | None
    best_difficulty: float | None
    best_session_difficulty: float | None
    pool_difficulty: float | None
    shares_accepted: int | None
    shares_rejected: int | None
    uptime_s: int | None
    wifi_rssi_dbm: int | None
    pool: str
    pushed: bool


def has_lottery(shown: Iterable[Tile]) -> bool:
    """Tell whether the list has any of them, so that it leads to their page."""
    return any(tile.is_lottery for tile in shown)


def ticket_of(miner: Miner, now: datetime) -> Ticket:
    """Make the row of a miner that was loaded `with_latest`."""
    newest: NewestReading | None = getattr(miner, "newest", None)
    tile = tile_of(miner, now)

    def told(name: str) -> Any:
        return getattr(newest, name) if newest is not None else None

    return Ticket(
        tile=tile,
        hashrate_khs=tile.hashrate_ths * KILOHASHES_IN_TERA if tile.hashrate_ths is not None else None,
        best_difficulty=told("best_difficulty"),
        best_session_difficulty=told("best_session_difficulty"),
        pool_difficulty=told("pool_difficulty"),
        shares_accepted=told("shares_accepted"),
        shares_rejected=told("shares_rejected"),
        uptime_s=told("uptime_s"),
        wifi_rssi_dbm=told("wifi_rssi_dbm"),
        pool=str((told("pool") or {}).get("host") or ""),
        pushed=miner.pushed,
    )


def lottery(now: datetime) -> dict[str, Any]:
    """Gather the page: every lottery miner, their sum over fresh figures, and strangers that were heard."""
    rows = [ticket_of(miner, now) for miner in Miner.objects.with_latest().filter(kind__in=lottery_kinds())]
    fresh = [row.hashrate_khs for row in rows if row.tile.counts and row.hashrate_khs is not None]
    best = max(
        (row for row in rows if row.best_difficulty is not None),
        key=lambda row: row.best_difficulty or 0.0,
        default=None,
    )
    return {
        "tickets": rows,
        "hashrate_khs": sum(fresh) if fresh else None,
        "running": sum(row.tile.counts and row.tile.state == "hashing" for row in rows),
        "best": best,
        "heard": list(HeardDevice.objects.lately(now)),
    }
