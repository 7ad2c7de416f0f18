from datetime import timedelta

import pytest
from django.db.models import Sum

from energy.models import LedgerEntry
from hmm.clock import now as read_clock
from hmm.demo import plan as plans
from hmm.demo.cast import WORKING_POOLS
from hmm.demo.coins import FAULTS, HOURS, coin_addresses, coin_simulator, make_coin_history
from hmm.demo.luck import make_luck
from hmm.demo.pools import pool_simulators, settle_pools
from miners.models import HighShare, Miner, PoolWork
from pools.addresses import is_address
from pools.backends.solopool.simulator import SolopoolSimulator
from pools.backends.solopool.wire import blocks_of
from pools.coins import Coin
from pools.models import CoinObservation, CoinSource, FoundBlock, Pool, PoolHealth, PoolSnapshot, PoolState
from pools.services.checking import check_pool, claim_due
from pools.services.coin_asking import ask_source, claim_due_sources
from pools.services.coins import all_coin_facts, coin_pasts


@pytest.mark.django_db
def test_the_farm_s_pools_answer_and_tell_of_the_household():
    plan = plans.new_plan([], day_in_minutes=48, user="u", password="p", prices_file="")
    assert plans.add_pool_ports(plan, [role.name for role in WORKING_POOLS])
    assert not plans.add_pool_ports(plan, [role.name for role in WORKING_POOLS])
    settle_pools(plan)
    settle_pools(plan)
    assert Pool.objects.count() == len(WORKING_POOLS)
    simulators = pool_simulators(plan)
    solo = Pool.objects.filter(reward_model="solo")
    for simulator in simulators.values():
        simulator.start()
    try:
        for pk in claim_due(now=read_clock()):
            if Pool.objects.get(pk=pk) in solo:
                check_pool(pk, now=read_clock())
    finally:
        for simulator in simulators.values():
            simulator.stop()
    assert set(PoolHealth.objects.filter(pool__in=solo).values_list("state", flat=True)) == {PoolState.UP}
    for pool in solo:
        assert is_address(pool.coin, pool.wallet)
        assert PoolSnapshot.objects.filter(pool=pool).first().workers_online == 3


def test_a_block_is_found_during_the_demo_and_matures():
    with SolopoolSimulator(clock=lambda: 0.0) as pool:
        pool.found_after_s, pool.reward = 90, "241000000000"
        states = []
        for passed in (10, 100, 600, 5000):
            pool.began, pool.lives = -passed, True
            states.append([block.state for block in blocks_of(pool.blocks(), "DGB", pool.wallet)])
        assert states == [[], ["candidate"], ["immature"], ["confirmed"]]


@pytest.mark.django_db
def test_the_farm_s_month_has_shares_work_and_blocks_that_fit_each_other():
    plan = plans.new_plan([], day_in_minutes=48, user="u", password="p", prices_file="")
    plans.add_pool_ports(plan, [role.name for role in WORKING_POOLS])
    settle_pools(plan)
    now = read_clock()
    miner = Miner.objects.create(name="Attic", kind="bitaxe", host="10.0.0.1", port=80, trust="full", poll_due_at=now)
    for day in range(30):
        starts_at = now - timedelta(days=day, hours=1)
        LedgerEntry.objects.create(
            miner=miner, miner_label="Attic", starts_at=starts_at, ends_at=starts_at + timedelta(hours=1),
            work_th=20 * 86_400, coin="DGB" if day % 3 else "BTC_POOLED", price_p_per_kwh=1, energy_kwh=1, cost_p=1,
            known_s=3600, hashing_s=3600,
        )  # fmt: skip

    make_luck(now)
    make_luck(now)

    work = PoolWork.objects.aggregate(accepted=Sum("accepted"), work=Sum("work_th"))
    assert work["work"] == pytest.approx(30 * 20 * 86_400)
    assert work["accepted"] > 1000
    assert HighShare.objects.filter(coin="BTC").exists()
    blocks = FoundBlock.objects.all()
    assert blocks
    assert all(block.coin == "DGB" and block.luck_percent >= 100 and block.credit.miner == miner for block in blocks)


@pytest.mark.django_db
def test_the_farm_has_a_month_of_coins_and_a_market_for_every_source(settings):
    plan = plans.new_plan([], day_in_minutes=48, user="u", password="p", prices_file="")
    for name, address in coin_addresses(plan).items():
        assert hasattr(settings, name)
        setattr(settings, name, address)
    now = read_clock()
    make_coin_history(now=now)
    make_coin_history(now=now)
    assert CoinObservation.objects.count() == len(Coin) * HOURS
    settle_pools(plan)

    with coin_simulator(plan):
        for pk in claim_due_sources(now=now):
            ask_source(pk, now=now)

    failing = CoinSource.objects.filter(failures__gt=0).values_list("kind", flat=True)
    assert set(failing) == set(FAULTS)
    assert all(facts.price_gbp and facts.difficulty for facts in all_coin_facts(now=now).values())
    past = coin_pasts(["DGB"], now - timedelta(days=29), now)["DGB"]
    assert past.price_p(now - timedelta(days=29)) is not None
