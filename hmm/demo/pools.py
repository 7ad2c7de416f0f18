"""The demo farm's pools: a stratum port and statistics for each, with a day behind them."""

import math
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings

from hmm.clock import now as read_clock
from hmm.demo import plan as plans
from hmm.demo.cast import WORKING_POOLS, DemoPool
from pools.backends.braiins.simulator import TOKEN, BraiinsSimulator
from pools.backends.solopool.simulator import SolopoolSimulator
from pools.backends.stratum.simulator import StratumSimulator
from pools.emission import height_at, subsidy_at
from pools.models import Pool, PoolSnapshot

WORKERS = ("study-gamma", "attic-nerd", "garage-gt")
STEP, STEPS = timedelta(minutes=15), 96
HOST = "127.0.0.1"
USUAL_PORT = 3333
BLOCK_COIN, BLOCK_AFTER_S = "DGB", 90


def place_of(role: DemoPool) -> tuple[str, int]:
    """Return host and stratum port of a pool on this farm; outside a farm a usual one."""
    plan = plans.load(settings.HMM_DATA_DIR)
    ports = plan.pool_ports.get(role.name) if plan is not None else None
    return HOST, ports[0] if ports else USUAL_PORT


def pool_simulators(plan: plans.FarmPlan) -> dict[str, Any]:
    """Return the simulators of all pools by name."""
    found: dict[str, Any] = {}
    for role in WORKING_POOLS:
        stratum, statistics = plan.pool_ports[role.name]
        found[f"{role.name} port"] = StratumSimulator(port=stratum)
        found[f"{role.name} statistics"] = statistics_simulator(role, statistics)
    return found


def statistics_simulator(role: DemoPool, port: int) -> Any:
    if role.backend == "braiins":
        shared = BraiinsSimulator(port=port)
        shared.hashrate_ghs = role.hashrate_ths * 1000
        return shared
    solo = SolopoolSimulator(
        port=port, wallet=role.wallet, generation="v1", now_s=int(read_clock().timestamp()), lives=True
    )
    solo.hashrate, solo.difficulty, solo.paid = int(role.hashrate_ths * 1e12), role.difficulty, 0
    solo.workers = list(WORKERS)
    if role.coin == BLOCK_COIN:
        solo.found_after_s, solo.found_height = BLOCK_AFTER_S, height_at(role.coin, read_clock())
        solo.reward = str(int(subsidy_at(role.coin, read_clock()) * 10**9 * 985 // 1000))
    return solo


def settle_pools(plan: plans.FarmPlan) -> None:
    """Store the household's pools, or move them to the ports of this farm."""
    for place, role in enumerate(WORKING_POOLS, 1):
        stratum, statistics = plan.pool_ports[role.name]
        where = {"host": HOST, "port": stratum, "stats_url": f"http://{HOST}:{statistics}", "backend": role.backend}
        pool, made = Pool.objects.get_or_create(
            name=role.name,
            defaults={
                **where,
                "coin": role.coin,
                "reward_model": role.reward,
                "wallet": role.wallet,
                "priority": place,
            },
        )
        if made or pool.host != HOST:
            pool.wallet, pool.token = role.wallet, TOKEN if role.backend == "braiins" else ""
            for name, value in where.items():
                setattr(pool, name, value)
            pool.save()
        if made:
            make_day(pool, role, read_clock())


def make_day(pool: Pool, role: DemoPool, now: datetime) -> None:
    """Leave what the statistics said over the last day."""
    PoolSnapshot.objects.bulk_create(
        PoolSnapshot(
            pool=pool,
            fetched_at=now - STEP * (STEPS - step),
            account_known=True,
            hashrate_ths=role.hashrate_ths * (1 + 0.12 * math.sin(step / 7) + 0.04 * math.sin(step * 1.7)),
            workers_online=3,
            best_share=1.37e9,
            effort_percent=step / role.difficulty * 1e9,
            unpaid=Decimal(0),
        )
        for step in range(STEPS)
    )
