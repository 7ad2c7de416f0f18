"""What is counted for which pool, from what devices show; and whose a found block is."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db.models import Sum

from miners.models import BlockCredit, Miner, NewestReading, PoolWork
from miners.services.pool_work import count_work, credit_blocks, join_days
from miners.workers import miner_of, miners_by_worker
from pools.models import FoundBlock, Pool

NOW = datetime(2026, 11, 29, 12, 0, 30, tzinfo=UTC)
STEP = timedelta(seconds=30)
pytestmark = pytest.mark.django_db


@pytest.fixture
def pool() -> Pool:
    return Pool.objects.create(name="Solo", coin="BCH", host="Solo.Example.org", port=3333, wallet="q1")


def make_miner(name: str = "Study Gamma", **values: object) -> Miner:
    count = Miner.objects.count()
    defaults = {"kind": "bitaxe", "host": f"10.0.0.{count}", "port": 80, "trust": "full", "poll_due_at": NOW}
    return Miner.objects.create(name=name, **{**defaults, "worker_name": name.lower().replace(" ", "-"), **values})


def reading(
    miner: Miner, step: int, accepted: int | None, rejected: int | None = 0, **values: object
) -> NewestReading:
    place = {"host": "solo.example.org", "port": 3333, "user": "q1.x"}
    defaults = {"uptime_s": 1000 + 30 * step, "hashrate_ths": 1.2, "pool": place, "state": "hashing"}
    return NewestReading(
        miner=miner,
        taken_at=NOW + step * STEP,
        state_since=NOW,
        shares_accepted=accepted,
        shares_rejected=rejected,
        **{**defaults, **values},
    )


def walk(miner: Miner, *rows: NewestReading) -> None:
    before = None
    for row in rows:
        count_work(miner, before, row, now=row.taken_at)
        before = row


def sums() -> dict[str, object]:
    return PoolWork.objects.aggregate(*map(Sum, ("accepted", "rejected", "work_th")))


def test_what_counters_gained_is_for_the_pool_and_the_work_too(pool):
    miner = make_miner()

    walk(miner, reading(miner, 0, 100, 3), reading(miner, 1, 110, 4), reading(miner, 2, 120, 4))

    row = PoolWork.objects.get()
    assert (row.pool, row.coin, row.accepted, row.rejected) == (pool, "BCH", 20, 1)
    assert row.work_th == pytest.approx(1.2 * 60)
    assert row.starts_at == NOW.replace(minute=0, second=0)


def test_counters_that_began_anew_count_from_nought(pool):
    miner = make_miner()

    walk(miner, reading(miner, 0, 100), reading(miner, 1, 7, 1, uptime_s=20), reading(miner, 2, 9, 1, uptime_s=50))

    assert sums() == {"accepted__sum": 9, "rejected__sum": 1, "work_th__sum": pytest.approx(36)}


@pytest.mark.parametrize(
    ("later", "gains"),
    [
        ({"accepted": None}, None),
        ({"accepted": 10**17}, 0),
        ({"accepted": 150, "uptime_s": 900_000}, None),
        ({"accepted": 150, "pool": {"host": "other.example.org", "port": 1}}, None),
        ({"accepted": 150, "pool": None}, None),
    ],
)
def test_what_nobody_can_attribute_is_not_counted(pool, later, gains):
    miner = make_miner()
    values = dict(later)

    walk(miner, reading(miner, 0, 100), reading(miner, 1, values.pop("accepted"), **values))

    assert (sums()["accepted__sum"] or None) == (gains or None)


def test_a_long_silence_is_no_work_but_its_shares_count(pool):
    miner = make_miner()

    walk(miner, reading(miner, 0, 100), reading(miner, 120, 400))

    assert sums() == {"accepted__sum": 300, "rejected__sum": 0, "work_th__sum": pytest.approx(1.2 * 90)}


def test_a_clock_set_back_adds_no_negative_work(pool):
    miner = make_miner()

    walk(miner, reading(miner, 10, 100), reading(miner, 0, 104, uptime_s=1330))

    assert sums() == {"accepted__sum": 4, "rejected__sum": 0, "work_th__sum": 0}


def test_work_for_a_pool_that_is_not_known_counts_without_one():
    miner = make_miner()

    walk(miner, reading(miner, 0, 100), reading(miner, 1, 110))

    assert (PoolWork.objects.get().pool, PoolWork.objects.get().coin) == (None, "")


def test_work_after_pools_were_removed_is_counted_once_and_for_none_of_them(pool):
    miner = make_miner()
    Pool.objects.create(name="Two", coin="BTC", host="two.example.org", port=3333, wallet="b1")
    there = {"host": "two.example.org", "port": 3333, "user": "b1.x"}
    walk(miner, reading(miner, 0, 100), reading(miner, 1, 110))
    walk(miner, reading(miner, 2, 110, pool=there), reading(miner, 3, 130, pool=there))
    Pool.objects.all().delete()

    walk(miner, reading(miner, 4, 130), reading(miner, 5, 135))

    assert sorted(PoolWork.objects.values_list("coin", "accepted")) == [("", 5), ("BCH", 10), ("BTC", 20)]


def test_of_two_accounts_at_one_pool_the_one_of_the_wallet_is_meant(pool):
    other = Pool.objects.create(name="Other", coin="BCH", host=pool.host, port=pool.port, wallet="q2", priority=0)
    miner = make_miner()

    walk(miner, reading(miner, 0, 100), reading(miner, 1, 110))

    assert PoolWork.objects.get().pool == pool
    assert other != pool


def test_past_hours_become_days_with_the_same_sums(pool):
    miner, other = make_miner(), make_miner("Hall")
    for hours in range(200):
        starts_at = NOW.replace(minute=0, second=0) - timedelta(hours=hours)
        for whose in (miner, other):
            PoolWork.objects.create(
                miner=whose, pool=pool, coin="BCH", starts_at=starts_at, accepted=2, rejected=1, work_th=0.5
            )
    PoolWork.objects.filter(miner=other, starts_at__lt=NOW - timedelta(days=6)).update(pool=None)
    before = sums()

    join_days(now=NOW)
    rows = PoolWork.objects.count()
    join_days(now=NOW)

    assert sums() == before
    assert PoolWork.objects.count() == rows < 200
    assert PoolWork.objects.filter(is_day=False).order_by("starts_at").first().starts_at == datetime(
        2026, 11, 26, tzinfo=UTC
    )


def test_an_hour_that_comes_late_is_added_to_its_day(pool):
    miner = make_miner()
    for _again in range(2):
        PoolWork.objects.create(miner=miner, pool=pool, starts_at=NOW - timedelta(days=9), accepted=5)
        join_days(now=NOW)

    assert PoolWork.objects.get().accepted == 10


@pytest.mark.parametrize("worker", ["study-gamma", "STUDY-Gamma", "q1.study-gamma", "study gamma"])
def test_a_worker_is_the_miner_of_that_name(worker):
    miner = make_miner()

    assert miner_of(worker, miners_by_worker()) == miner


@pytest.mark.parametrize("worker", ["", ".", "other", "x" * 10_000, "<script>", "💥"])
def test_a_worker_of_another_name_is_nobody(worker):
    make_miner()

    assert miner_of(worker, miners_by_worker()) is None


def test_a_name_two_miners_go_by_is_nobody_s():
    make_miner("A", worker_name="rig1")
    make_miner("B", worker_name="rig1")

    assert miner_of("rig1", miners_by_worker()) is None
    assert miner_of("a", miners_by_worker()) is not None


def test_the_name_a_device_shows_itself_counts_too():
    miner = make_miner()
    row = reading(miner, 0, 1, pool={"host": "x", "port": 1, "user": "bc1qxyz.shed-rig"})
    row.save(force_insert=True)

    assert miner_of("shed-rig", miners_by_worker()) == miner


def test_a_block_is_credited_once_and_stays_with_its_finder(pool):
    miner = make_miner()
    for place, worker in enumerate(("q1.study-gamma", "nobody", "")):
        FoundBlock.objects.create(
            coin="BCH", hash=f"aa{place}", pool=pool, state="candidate", worker=worker, seen_at=NOW
        )

    credit_blocks()
    Miner.objects.update(worker_name="renamed", name="Renamed")
    credit_blocks()

    credit = BlockCredit.objects.get()
    assert (credit.miner, credit.miner_label, credit.block.worker) == (miner, "Study Gamma", "q1.study-gamma")
