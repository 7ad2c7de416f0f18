"""The leaderboard's facts, from simulated devices and pools, and the one message for a record."""

from datetime import timedelta

import pytest

from hmm.clock import now as read_clock
from miners.models import HighShare, Miner
from miners.services.fleet import add_miner, remove_miner
from miners.services.high_shares import Finding, ShareSource, keep, purge_shares, take_from_pools
from miners.services.polling import poll
from notifications.models import Notice
from pools.backends.base import Worker
from pools.backends.public_pool.simulator import WALLET, PublicPoolSimulator
from pools.backends.stratum.simulator import StratumSimulator
from pools.models import Pool
from pools.services import save_pool
from pools.services.checking import check_pool
from pools.services.coin_asking import note_pool_difficulty
from pools.services.working import record_workers

NOW = read_clock()
STEP = timedelta(seconds=30)
pytestmark = pytest.mark.django_db


@pytest.fixture
def pool() -> Pool:
    """The pool the simulated miners mine for, with a network whose difficulty is known."""
    made = Pool.objects.create(name="Solo", coin="BCH", host="solo.example.org", port=3333, wallet="q1")
    note_pool_difficulty("BCH", 5e11, now=NOW)
    return made


@pytest.fixture
def mined(bitaxe, pool) -> Miner:
    mine_for(bitaxe, pool)
    miner = add_miner(address=str(bitaxe.address), name="Study Gamma", actor="keeper", now=NOW)
    poll_at(miner, 0)
    return miner


def mine_for(bitaxe, pool: Pool) -> None:
    bitaxe.settings.update(stratumURL=pool.host, stratumPort=pool.port, stratumUser=f"{pool.wallet}.study-gamma")
    bitaxe.live_pool = bitaxe.pool_settings()


def poll_at(miner: Miner, step: int) -> None:
    poll(miner.pk, now=NOW + step * STEP)


def told() -> list[str]:
    return list(Notice.objects.filter(event="best_share").order_by("pk").values_list("title", flat=True))


def difficulties() -> list[float]:
    return list(HighShare.objects.values_list("difficulty", flat=True))


def test_a_record_is_kept_with_its_coin_and_told_once(mined, bitaxe, pool):
    bitaxe.physics.find(4.29e9)
    for step in range(1, 4):
        poll_at(mined, step)

    share = HighShare.objects.get()
    assert (share.miner, share.miner_label, share.coin, share.pool) == (mined, "Study Gamma", "BCH", pool)
    assert (share.not_before, share.seen_at) == (NOW, NOW + STEP)
    assert share.block_percent == pytest.approx(4.29e9 / 5e11 * 100, rel=1e-3)
    notice = Notice.objects.get(event="best_share")
    assert notice.title == "found the best share of all miners"
    assert notice.detail == "4.29G on BCH, 0.858 % of what a block takes."


def test_what_a_new_miner_brings_along_is_shown_and_not_told(bitaxe, pool):
    mine_for(bitaxe, pool)
    bitaxe.physics.find(9e9)
    miner = add_miner(address=str(bitaxe.address), name="Study Gamma", actor="keeper", now=NOW)
    poll_at(miner, 0)
    poll_at(miner, 1)

    share = HighShare.objects.get()
    assert (share.difficulty, share.not_before, share.coin) == (pytest.approx(9e9), None, "")
    assert told() == []


def test_a_coin_has_a_record_of_its_own_below_the_house_s(mined, bitaxe, pool):
    other = Pool.objects.create(name="DGB", coin="DGB", host="dgb.example.org", port=3334, wallet="D1")
    bitaxe.physics.find(8e9)
    poll_at(mined, 1)
    mine_for(bitaxe, other)
    poll_at(mined, 2)
    bitaxe.reboot()
    bitaxe.down_until = 0
    bitaxe.booted_at = bitaxe.clock()
    poll_at(mined, 3)
    bitaxe.physics.find(2e9)
    poll_at(mined, 4)

    assert told() == ["found the best share of all miners", "found the best share on DGB"]
    assert list(HighShare.objects.values_list("coin", flat=True)) == ["BCH", "DGB"]
    assert "of a network whose difficulty is not known" in Notice.objects.latest("pk").detail


def test_a_share_of_the_minute_in_which_the_pool_changed_has_no_coin(mined, bitaxe):
    other = Pool.objects.create(name="DGB", coin="DGB", host="dgb.example.org", port=3334, wallet="D1")
    mine_for(bitaxe, other)
    bitaxe.physics.find(8e9)
    poll_at(mined, 1)

    assert HighShare.objects.get().coin == ""


def test_a_low_share_is_no_news(mined, bitaxe):
    bitaxe.physics.find(1000)
    poll_at(mined, 1)

    assert not HighShare.objects.exists()


def test_the_miner_s_pool_tells_of_the_same_share_and_it_stays_one(mined, bitaxe, pool):
    record_workers(pool, [Worker(name="study-gamma", best_share=1e6)], now=NOW)
    take_from_pools(now=NOW)
    bitaxe.physics.find(4.29e9)
    poll_at(mined, 1)
    record_workers(pool, [Worker(name="study-gamma", best_share=4_291_234_567.0)], now=NOW + 2 * STEP)
    take_from_pools(now=NOW + 2 * STEP)
    take_from_pools(now=NOW + 2 * STEP)

    assert difficulties() == [pytest.approx(4.29e9), 1e6]
    assert len(told()) == 1


def test_a_pool_names_the_coin_the_miner_could_not(mined, bitaxe, pool):
    record_workers(pool, [Worker(name="q1.study-gamma", best_share=1e6)], now=NOW)
    take_from_pools(now=NOW)
    bitaxe.live_pool["stratumURL"] = "elsewhere.example.org"
    bitaxe.physics.find(4.29e9)
    poll_at(mined, 1)
    record_workers(pool, [Worker(name="q1.study-gamma", best_share=4.29e9)], now=NOW + 2 * STEP)
    take_from_pools(now=NOW + 2 * STEP)

    assert HighShare.objects.first().coin == "BCH"


def test_a_pool_tells_of_a_worker_hmm_does_not_know(settings):
    with StratumSimulator() as port, PublicPoolSimulator() as statistics:
        settings.HMM_PUBLIC_POOL_URL = statistics.url
        values = {"coin": "BTC", "host": "127.0.0.1", "port": port.port, "wallet": WALLET, "backend": "public_pool"}
        pool = save_pool(Pool(name="Public", **values), actor="test")
        check_pool(pool.pk, now=NOW)
        take_from_pools(now=NOW)
        assert told() == [], "what a worker has at first sight is no news"
        statistics.best = "5.5T"
        check_pool(pool.pk, now=NOW + timedelta(minutes=5))
        take_from_pools(now=NOW + timedelta(minutes=5))

    share = HighShare.objects.first()
    assert (share.miner, share.miner_label, share.coin, share.source) == (None, "rig1", "BTC", "pool")
    assert (share.difficulty, share.not_before) == (5.5e12, NOW)
    assert told() == ["found the best share of all miners"]


def test_a_worker_whose_best_fell_tells_nothing_until_it_rises(pool):
    for minute, best in enumerate((5e9, 1e6, 2e6)):
        record_workers(pool, [Worker(name="x", best_share=best)], now=NOW + minute * STEP)
        take_from_pools(now=NOW + minute * STEP)

    assert difficulties() == [5e9, 2e6]
    assert told() == []


def test_a_device_that_is_added_again_gets_its_shares_back(mined, bitaxe):
    bitaxe.physics.find(4.29e9)
    poll_at(mined, 1)
    remove_miner(mined, actor="keeper")
    assert HighShare.objects.get().miner_label == "Study Gamma"
    again = add_miner(address=str(bitaxe.address), name="Hall Gamma", actor="keeper", now=NOW + 2 * STEP)
    poll_at(again, 3)
    poll_at(again, 4)

    assert HighShare.objects.get().miner == again
    assert len(told()) == 1


def test_a_record_is_told_only_by_who_keeps_it(mined):
    finding = Finding(
        difficulty=7e9, source=ShareSource.MINER, miner=mined, label="Study Gamma", pool=None, not_before=NOW
    )

    assert keep(finding, now=NOW) is not None
    assert keep(finding, now=NOW) is None
    assert len(told()) == 1


def test_old_shares_go_save_the_twenty_best_of_a_miner_and_coin(mined, pool):
    for place in range(30):
        HighShare.objects.create(
            miner=mined,
            miner_label="x",
            coin="BCH" if place % 2 else "",
            difficulty=place + 1,
            source="miner",
            seen_at=NOW - timedelta(days=40),
        )
    HighShare.objects.create(miner=mined, miner_label="x", difficulty=0.5, source="miner", seen_at=NOW)
    HighShare.objects.filter(coin="").update(miner=None)

    purge_shares(now=NOW)
    assert HighShare.objects.count() == 31
    HighShare.objects.update(coin="BCH", miner=mined)
    purge_shares(now=NOW)

    assert HighShare.objects.count() == 21
    assert HighShare.objects.filter(difficulty__gt=10).count() == 20


def test_a_name_of_ten_thousand_letters_reaches_table_and_message(pool):
    name = "<b>💥" + "x" * 10_000
    record_workers(pool, [Worker(name=name[:200], best_share=1e6)], now=NOW)
    take_from_pools(now=NOW)
    record_workers(pool, [Worker(name=name[:200], best_share=2e9)], now=NOW + STEP)
    take_from_pools(now=NOW + STEP)

    assert HighShare.objects.first().miner_label == name[:200]
    assert Notice.objects.get(event="best_share").label.startswith("<b>💥xx")
