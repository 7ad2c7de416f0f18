"""Which pool each coin is mined at now."""

from datetime import datetime

from pools.coins import TARGETS, Coin, RewardModel
from pools.failover import Standing, choose
from pools.models import Pool, PoolHealth


def first_pools(now: datetime) -> dict[str, Pool]:
    """Return the pool each target stands for: the best enabled one that is not passed over. One query.

    A target all of whose pools are passed over is left out: miners keep the pool they have.
    """
    by_target: dict[str, dict[int, Pool]] = {}
    by_pair = {pair: target for target, pair in TARGETS.items()}
    for pool in Pool.objects.usable().select_related("health"):
        target = by_pair.get((Coin(pool.coin), RewardModel(pool.reward_model)))
        if target is not None:
            by_target.setdefault(target, {})[pool.pk] = pool
    chosen: dict[str, Pool] = {}
    for target, pools in by_target.items():
        best = choose([standing_of(pool) for pool in pools.values()], now)
        if best is not None:
            chosen[target] = pools[best.id]
    return chosen


def standing_of(pool: Pool) -> Standing:
    health: PoolHealth | None = getattr(pool, "health", None)
    return Standing(id=pool.pk, priority=pool.priority) if health is None else health.standing()
