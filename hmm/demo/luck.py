"""A month of shares, work and blocks on the demo farm, drawn as chance draws them from the work that was done."""

import math
import random
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal

from energy.models import LedgerEntry
from miners.models import BlockCredit, HighShare, Miner, PoolWork, ShareSource
from miners.models.history import period_start
from miners.services.pool_work import HOURS_KEPT
from miners.shares import high_from
from pools.coin_sources.simulator import difficulty_of
from pools.coins import TARGETS, Coin, RewardModel
from pools.emission import height_at, subsidy_at
from pools.luck import work_in_difficulty
from pools.models import BlockState, FoundBlock, Pool

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SEED = 21
SHARE_DIFFICULTY, REFUSED = 1024, 0.004
NO_NEWS_AFTER = timedelta(days=2)  # what is younger is celebrated, and one block is found during the demo
NET = Decimal("0.985")


def make_luck(now: datetime) -> None:
    """Leave what thirty days brought, unless there is any."""
    if HighShare.objects.exists():
        return
    dice = random.Random(SEED)  # noqa: S311  # the same past each time
    pools = {(pool.coin, pool.reward_model): pool for pool in Pool.objects.order_by("-priority")}
    rows = work_rows(pools, now, dice)
    PoolWork.objects.bulk_create(rows, batch_size=500)
    shares = [share for row in rows if (share := best_of(row, dice, now)) is not None]
    HighShare.objects.bulk_create(shares, batch_size=500)
    make_blocks(shares, dice, now)


def work_rows(pools: dict[tuple[str, str], Pool], now: datetime, dice: random.Random) -> list[PoolWork]:
    """Return the ledger's work by miner, pool, and hour or day."""
    sums: dict[tuple[int, str, datetime, bool], float] = defaultdict(float)
    entries = LedgerEntry.objects.filter(miner__isnull=False, work_th__gt=0).exclude(coin="")
    days_until = period_start(now - HOURS_KEPT, DAY)
    for pk, target, starts_at, work in entries.values_list("miner", "coin", "starts_at", "work_th"):
        is_day = starts_at < days_until
        sums[(pk, target, period_start(starts_at, DAY if is_day else HOUR), is_day)] += work
    known = Miner.objects.in_bulk()
    return [
        row_of(known[pk], pools.get(pair_of(target)), starts_at, work, is_day=is_day, dice=dice)
        for (pk, target, starts_at, is_day), work in sorted(sums.items(), key=lambda item: item[0][2:3] + item[0][:2])
    ]


def pair_of(target: str) -> tuple[str, str]:
    coin, model = TARGETS.get(target, (Coin.DGB, RewardModel.SOLO))
    return coin.value, model.value


def row_of(
    miner: Miner, pool: Pool | None, starts_at: datetime, work_th: float, *, is_day: bool, dice: random.Random
) -> PoolWork:
    sent = round(work_in_difficulty(work_th) / SHARE_DIFFICULTY)
    refused = round(sent * REFUSED * dice.uniform(0.3, 2.0))
    return PoolWork(
        miner=miner,
        pool=pool,
        coin=pool.coin if pool is not None else "",
        starts_at=starts_at,
        is_day=is_day,
        accepted=sent - refused,
        rejected=refused,
        work_th=work_th,
    )


def best_of(row: PoolWork, dice: random.Random, now: datetime) -> HighShare | None:
    """Return the best share of some work, as chance draws it, where it is a high one."""
    length = DAY if row.is_day else HOUR
    best = work_in_difficulty(row.work_th) / -math.log(dice.uniform(1e-9, 1))
    if best < high_from(row.work_th / length.total_seconds()):
        return None
    at = min(row.starts_at + length * dice.random(), now - timedelta(minutes=5))
    return HighShare(
        miner=row.miner,
        miner_label=row.miner.name,
        mac=row.miner.mac or "",
        coin=row.coin,
        pool=row.pool,
        pool_label=row.pool.name if row.pool is not None else "",
        difficulty=best,
        network_difficulty=difficulty_of(Coin(row.coin), at) if row.coin else None,
        source=ShareSource.MINER,
        seen_at=at,
        not_before=at - timedelta(seconds=30),
    )


def make_blocks(shares: Iterable[HighShare], dice: random.Random, now: datetime) -> None:
    """Make a block of each share that reached one at a solo pool; the second was lost to another miner's."""
    solo = [
        share
        for share in sorted(shares, key=lambda one: one.seen_at)
        if (share.block_percent or 0) >= 100 and share.pool is not None and share.pool.reward_model == "solo"
    ]
    for place, share in enumerate(share for share in solo if share.seen_at < now - NO_NEWS_AFTER):
        block = FoundBlock.objects.create(
            pool=share.pool,
            pool_label=share.pool_label,
            coin=share.coin,
            hash=f"00000000{dice.getrandbits(224):056x}",
            height=height_at(share.coin, share.seen_at),
            state=BlockState.ORPHANED if place == 1 else BlockState.CONFIRMED,
            worker=share.miner.worker_name if share.miner is not None else "",
            found_at=share.seen_at,
            seen_at=share.seen_at,
            share_difficulty=share.difficulty,
            difficulty=share.network_difficulty,
            reward=(subsidy_at(share.coin, share.seen_at) * NET).quantize(Decimal("1e-8")),
        )
        BlockCredit.objects.create(block=block, miner=share.miner, miner_label=share.miner_label)
