"""When a pool is passed over for the next one of its coin, and when it is taken again. Pure.

A pool that was bad for five minutes is passed over until it was good for fifteen. A short fault moves nobody.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

PATIENCE, PROOF = timedelta(minutes=5), timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One enabled pool. `bad_since` stays after it recovered; `good_since` is None while it is bad."""

    id: int
    priority: int
    bad_since: datetime | None = None
    good_since: datetime | None = None

    @property
    def down_since(self) -> datetime | None:
        """Return since when it is bad, None while it is good or was never looked at."""
        is_bad = self.good_since is None or (self.bad_since is not None and self.good_since < self.bad_since)
        return self.bad_since if is_bad else None


def is_passed_over(pool: Standing, now: datetime) -> bool:
    """Tell whether the pool is left out. One never seen bad is not, nor one never looked at."""
    if pool.bad_since is None:
        return False
    if pool.good_since is None or pool.good_since < pool.bad_since:
        return now - pool.bad_since >= PATIENCE
    return pool.good_since - pool.bad_since >= PATIENCE and now - pool.good_since < PROOF


def after_bad(pool: Standing, now: datetime) -> datetime:
    """Return since when the pool is bad, once it is seen bad now: a relapse before the proof goes on counting."""
    if pool.bad_since is not None and (pool.down_since is not None or is_passed_over(pool, now)):
        return pool.bad_since
    return now


def choose(pools: Iterable[Standing], now: datetime) -> Standing | None:
    """Return the pool to work for: the lowest priority that is not passed over; None where all are."""
    able = [pool for pool in pools if not is_passed_over(pool, now)]
    return min(able, key=lambda pool: (pool.priority, pool.id), default=None)
