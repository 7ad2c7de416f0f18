"""Blocks and workers as pools really tell them: twice, without a hash, lost again, under any name."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from hmm.audit.models import AuditEntry
from pools.backends.base import FoundBlock as Told
from pools.backends.base import PoolReading, Worker
from pools.backends.ckpool import wire as ckpool
from pools.backends.values import share
from pools.models import FoundBlock, Pool, PoolWorker
from pools.services import delete_pool
from pools.services.checking import purge_snapshots, record_reading
from pools.services.finding import record_blocks
from pools.services.working import record_workers

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def pool() -> Pool:
    return Pool.objects.create(name="Solo", coin="DGB", host="solo.example.net", port=3333, wallet="D1")


def told(state: str = "candidate", **changes: object) -> Told:
    return Told(**{"height": 7, "hash": "00AB", "state": state, "worker": "attic", "found_at": NOW, **changes})


def acts() -> list[str]:
    rows = AuditEntry.objects.filter(action__startswith="block.").order_by("pk")
    return list(rows.values_list("action", flat=True))


def test_one_account_at_two_pools_finds_one_block(pool):
    twin = Pool.objects.create(name="Solo, other port", coin="DGB", host="solo.example.net", port=3334, wallet="D1")

    record_blocks(pool, [told()], now=NOW)
    record_blocks(twin, [told(hash="00ab"), told("confirmed")], now=NOW)

    assert FoundBlock.objects.get().state == "confirmed"
    assert acts() == ["block.found", "block.confirmed"]


def test_the_same_hash_of_another_coin_is_another_block(pool):
    other = Pool.objects.create(name="BCH", coin="BCH", host="bch.example.net", port=3333, wallet="q1")

    record_blocks(pool, [told()], now=NOW)
    record_blocks(other, [told()], now=NOW)

    assert FoundBlock.objects.count() == 2


@pytest.mark.parametrize("no_hash", ["", "0x0", "000"])
def test_a_candidate_without_a_hash_is_the_block_that_gets_one_later(pool, no_hash):
    record_blocks(pool, [told(hash=no_hash)], now=NOW)
    record_blocks(pool, [told("immature", reward=Decimal("245.1"))], now=NOW)
    record_blocks(pool, [told(hash=no_hash)], now=NOW)

    block = FoundBlock.objects.get()
    assert (block.hash, block.state, block.reward) == ("00ab", "immature", Decimal("245.1"))
    assert acts() == ["block.found", "block.immature"]


def test_what_is_neither_named_by_hash_nor_height_is_left_out(pool):
    record_blocks(pool, [told(hash="", height=None)], now=NOW)

    assert not FoundBlock.objects.exists()


def test_a_confirmed_block_can_still_be_orphaned_and_never_comes_back(pool):
    for state in ("confirmed", "orphaned", "confirmed", "immature"):
        record_blocks(pool, [told(state)], now=NOW)

    assert FoundBlock.objects.get().state == "orphaned"
    assert acts() == ["block.found", "block.orphaned"]


def test_a_block_of_a_clock_ahead_of_ours_is_news_and_one_of_last_week_is_not(pool):
    record_blocks(pool, [told(found_at=NOW + timedelta(hours=3))], now=NOW)
    record_blocks(pool, [told(hash="cd", height=5, found_at=NOW - timedelta(days=7))], now=NOW)

    assert acts() == ["block.found"]


def test_a_block_outlives_its_pool(pool):
    record_blocks(pool, [told()], now=NOW)

    delete_pool(pool, actor="test")

    assert (FoundBlock.objects.get().pool, FoundBlock.objects.get().pool_label) == (None, "Solo")


def test_workers_keep_their_newest_figures_and_their_best_share(pool):
    record_workers(pool, [Worker(name="attic", hashrate_ths=1.0, best_share=5e9), Worker(name="")], now=NOW)
    record_workers(pool, [Worker(name="attic", hashrate_ths=1.5, online=False)], now=NOW + timedelta(minutes=5))

    attic = PoolWorker.objects.get(name="attic")
    assert (attic.hashrate_ths, attic.online, attic.best_share) == (1.5, False, 5e9)
    assert str(PoolWorker.objects.get(name="")) == "without a name"


def test_a_worker_no_pool_names_is_forgotten_after_a_month(pool):
    record_workers(pool, [Worker(name="attic")], now=NOW)

    purge_snapshots(now=NOW + timedelta(days=29))
    assert PoolWorker.objects.exists()
    purge_snapshots(now=NOW + timedelta(days=31))
    assert not PoolWorker.objects.exists()


def test_an_absurd_list_of_workers_is_cut(pool):
    record_workers(pool, [Worker(name=f"w{place}", hashrate_ths=1e305) for place in range(600)], now=NOW)

    assert PoolWorker.objects.count() == 500
    assert PoolWorker.objects.first().hashrate_ths is None


def test_a_worker_of_ten_thousand_letters_is_cut_and_control_signs_are_dropped():
    name = "wallet." + "<b>\u202e💥\x00\ud800" + "x" * 10_000
    row = {"workername": name, "bestever": 5, "hashrate1m": "1T"}

    worker = ckpool.reading({}, {"shares": 1, "worker": [row]}).workers[0]

    assert worker.name.startswith("<b>💥xx")
    assert len(worker.name) <= 200


@pytest.mark.parametrize(
    ("told_as", "difficulty"),
    [("4.29G", 4.29e9), ("38.17k", 38_170), ("1P", 1e15), ("1.2T", 1.2e12), ("7 M", 7e6), (12, 12), ("1e+03G", 1e12)]
    + [(odd, None) for odd in (0, "0", -5, "-4G", "nan", float("nan"), float("inf"), 1e30, "1e30", "9E", True, None)]
    + [(odd, None) for odd in ("", "G", "4.2X", "1" * 5000, [], {}, 10**400)],
)
def test_a_share_s_difficulty_is_read_or_unknown(told_as, difficulty):
    assert share(told_as) == (pytest.approx(difficulty) if difficulty is not None else None)


def test_an_absurd_best_share_is_no_figure_of_the_account(pool):
    reading = ckpool.reading({}, {"shares": 1, "bestever": 1e30, "worker": []})

    assert record_reading(pool, reading, now=NOW).best_share is None
    assert PoolReading().best_share is None
