"""The pages Luck, Pools and one pool, and the same over REST: figures, filters, and names nobody means well."""

import sys
from datetime import timedelta
from typing import get_args

import pytest
from django.urls import reverse

from hmm.clock import now as read_clock
from miners.luck_api import CoinName
from miners.models import BlockCredit, HighShare, Miner, NewestReading, PoolWork
from pools.backends.base import PoolReading, UnreachableError, Worker
from pools.coins import Coin
from pools.models import FoundBlock, Pool, PoolHealth
from pools.services.checking import record_failure, record_reading
from pools.services.coin_asking import note_pool_difficulty
from pools.services.working import record_workers

NOW = read_clock()
EVIL = "<script>alert(1)</script>" + "\u202e💥" + "x" * 170
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clock(monkeypatch):
    """Count from when a test begins: a whole run takes minutes, and pages read the clock."""
    monkeypatch.setattr(sys.modules[__name__], "NOW", read_clock())


def make_pool(name: str = "Solo DGB", coin: str = "DGB", **changes: object) -> Pool:
    values = {"host": "solo.example.org", "port": 3333, "wallet": "D1", "backend": "solopool"}
    pool = Pool.objects.create(name=name, coin=coin, **{**values, **changes})
    PoolHealth.objects.create(pool=pool)
    record_reading(pool, PoolReading(hashrate_ths=6.0), now=NOW)
    note_pool_difficulty(coin, 430030207.2203099, now=NOW)
    return pool


def make_miner(name: str = "Study Gamma", rate: float | None = 6.0, **changes: object) -> Miner:
    host = f"10.0.0.{Miner.objects.count()}"
    miner = Miner.objects.create(
        name=name, kind="bitaxe", host=host, port=80, trust="full", poll_due_at=NOW, worker_name=name.lower()[:32]
    )
    NewestReading.objects.create(
        miner=miner, taken_at=read_clock(), state_since=NOW, state="hashing", hashrate_ths=rate, **changes
    )
    return miner


def make_share(miner: Miner | None, difficulty: float, **changes: object) -> HighShare:
    values = {"coin": "DGB", "pool_label": "Solo DGB", "source": "miner", "seen_at": NOW, "not_before": NOW}
    values["miner_label"] = miner.name if miner is not None else "somebody"
    return HighShare.objects.create(miner=miner, difficulty=difficulty, **{**values, **changes})


def make_block(pool: Pool | None, place: int = 0, **changes: object) -> FoundBlock:
    values = {"coin": "DGB", "hash": f"aa{place}", "state": "immature", "seen_at": NOW, "found_at": NOW}
    return FoundBlock.objects.create(
        pool=pool, pool_label="Solo DGB", height=24_600_000 + place, **{**values, **changes}
    )


def page(client, name: str = "luck", *args: object, **query: object) -> str:
    answer = client.get(reverse(name, args=args), query)
    assert answer.status_code == 200
    return answer.content.decode().split("<main", 1)[1].split("</main>", 1)[0]


def test_an_empty_house_has_a_page_that_says_so(viewer):
    html = page(viewer)

    for words in ("No high share here yet", "No coin&#x27;s difficulty", "No block yet"):
        assert words.replace("&#x27;", "'") in html.replace("&#x27;", "'")


def test_the_leaderboard_gives_medals_shares_of_a_block_and_who_told(viewer):
    miner = make_miner()
    for difficulty in (4e9, 3e9, 2e9, 1e9):
        make_share(miner, difficulty, network_difficulty=5e11)

    html = page(viewer)

    for words in ("medal-gold", "medal-silver", "medal-bronze", "4.00G", "0.8 %", "Study Gamma", "the miner"):
        assert words in html
    assert html.index("4.00G") < html.index("3.00G") < html.index("1.00G")


def test_filters_by_coin_and_span_leave_out_what_does_not_belong(viewer):
    miner = make_miner()
    make_pool()
    make_share(miner, 4e9, coin="BCH")
    make_share(miner, 3e9, seen_at=NOW - timedelta(days=3), not_before=NOW - timedelta(days=3))
    make_share(miner, 2e9, coin="", not_before=None)

    assert all(figure in page(viewer) for figure in ("4.00G", "3.00G", "2.00G"))
    assert "3.00G" in page(viewer, coin="DGB", span="7d")
    assert "4.00G" not in page(viewer, coin="DGB")
    assert "3.00G" not in page(viewer, coin="DGB", span="24h")
    assert "2.00G" not in page(viewer, span="30d")


@pytest.mark.parametrize("query", [{"coin": EVIL}, {"span": "x"}, {"basis": "💥"}, {"coin": ""}, {"coin": "XMR"}])
def test_a_filter_nobody_knows_is_none(viewer, query):
    make_pool()

    assert "alert(1)" not in page(viewer, **query)


def test_odds_by_coin_and_miner_are_those_of_the_formula(viewer):
    make_pool()
    make_miner()
    make_miner("Hall", rate=None)

    html = page(viewer)

    for words in ("24.5 %", "over 99.9 %", "Time to a DGB block", "half: 2 days", "9 of 10: 8 days", "no memory"):
        assert words in html
    assert html.count("Study Gamma") >= 1


def test_the_week_s_mean_counts_the_time_a_miner_stood_still(viewer):
    make_pool()
    miner = make_miner(rate=6.0)
    start = NOW - timedelta(days=2)
    PoolWork.objects.create(miner=miner, starts_at=start, coin="DGB", work_th=3.0 * 2 * 86_400)

    assert "3.00 TH/s" in page(viewer, basis="week")


def test_a_house_that_stands_still_has_no_wait(viewer):
    make_pool()
    make_miner(rate=0.0)

    assert "Nothing hashes now" in page(viewer)


def test_an_unknown_hash_rate_has_no_odds_rather_than_none(viewer, reader):
    make_pool()
    make_miner(rate=None)

    html = page(viewer)

    assert "No miner tells its hash rate now" in html
    assert "for ever" not in html
    assert reader("get", "/api/luck").json()["coins"] == []


def test_how_lucky_a_best_share_is_follows_from_the_work(viewer):
    miner = make_miner()
    PoolWork.objects.create(miner=miner, starts_at=NOW, work_th=1e9 * 2**32 / 1e12)
    make_share(miner, 1e9)
    make_share(miner, 9e12, not_before=None)

    html = page(viewer)

    assert "63.2 %" in html
    assert "usual" in html


def test_blocks_stand_at_their_miner_and_state(viewer):
    pool, miner = make_pool(), make_miner()
    BlockCredit.objects.create(block=make_block(pool), miner=miner, miner_label=miner.name)
    make_block(pool, 1, worker="stranger", state="confirmed")
    make_block(pool, 2, state="orphaned", worker="stranger")

    html = page(viewer)

    for words in ("24600000", "immature", "confirmed", "orphaned", "1 DGB", "stranger"):
        assert words in html
    assert "2 DGB" not in html
    assert "24600000" in page(viewer, "miner", miner.pk)


def test_evil_names_are_only_text_on_every_page(viewer):
    pool = make_pool(name=EVIL[:80])
    miner = make_miner(EVIL[:60])
    record_workers(pool, [Worker(name=EVIL), Worker(name="💥"), Worker(name="")], now=NOW)
    make_share(None, 5e9, miner_label=EVIL[:200], pool_label=EVIL[:80])
    make_share(miner, 4e9)
    make_block(pool, worker=EVIL)
    PoolWork.objects.create(miner=miner, pool=pool, starts_at=NOW, accepted=5, rejected=1, work_th=10)

    for name, args in (("luck", ()), ("pools", ()), ("pool", (pool.pk,)), ("miner", (miner.pk,))):
        html = page(viewer, name, *args)
        assert "<script>alert" not in html
        assert "&lt;script&gt;" in html


def test_the_pool_page_shows_workers_shares_and_two_charts(viewer):
    pool, miner = make_pool(), make_miner()
    record_workers(pool, [Worker(name="q.study gamma", online=True, hashrate_ths=1.2, best_share=4e9)], now=NOW)
    record_workers(pool, [Worker(name="gone")], now=NOW - timedelta(hours=2))
    hour = NOW.replace(minute=0, second=0, microsecond=0)
    for back in range(3):
        starts_at = hour - timedelta(hours=back)
        PoolWork.objects.create(
            miner=miner, pool=pool, starts_at=starts_at, accepted=97, rejected=3, work_th=1.1 * 3600
        )

    html = page(viewer, "pool", pool.pk)

    for words in ("97.00 %", "9 of 300 refused", "Study Gamma", "online", "named 2 h ago", "Hashrate the pool says"):
        assert words in html
    assert "Hashrate of the miners on it" in html
    assert page(viewer, "pools").count("97.00 %") == 1


def test_a_pool_without_statistics_or_with_dead_ones_has_its_page(viewer):
    plain = Pool.objects.create(name="Plain", coin="BTC", host="x.example.org", port=1, wallet="w", backend="stratum")
    dead = make_pool("Dead", "BTC", backend="unheard-of")
    record_failure(dead, UnreachableError("It answers 429."), now=NOW)

    assert "no statistics HMM can read" in page(viewer, "pool", plain.pk)
    assert "no miner on it" in page(viewer, "pool", plain.pk)
    assert "It answers 429." in page(viewer, "pool", dead.pk)
    assert page(viewer, "pools").count('class="card pool-card"') == 2
    assert viewer.get(reverse("pool", args=[4711])).status_code == 404


@pytest.mark.parametrize("name", ["luck", "pools", "pool"])
def test_pages_take_as_many_queries_for_twenty_as_for_two(viewer, name, django_assert_max_num_queries):
    pool = make_pool()

    def fill(first: int, last: int) -> None:
        for place in range(first, last):
            miner = make_miner(f"Miner {place}")
            make_share(miner, 1e9 + place)
            make_block(pool, place, worker=miner.name)
            PoolWork.objects.create(miner=miner, pool=pool, starts_at=NOW, accepted=9, work_th=10)
            record_workers(pool, [Worker(name=miner.name)], now=NOW)

    args = (pool.pk,) if name == "pool" else ()
    fill(0, 2)
    page(viewer, name, *args)
    with django_assert_max_num_queries(60) as few:
        page(viewer, name, *args)
        count = len(few.captured_queries)
    fill(2, 20)
    page(viewer, name, *args)  # the blocks are celebrated once
    with django_assert_max_num_queries(count):
        page(viewer, name, *args)


def test_luck_over_rest_says_what_the_page_says(reader):
    make_pool()
    miner = make_miner()
    make_miner("Hall", rate=0.0)
    PoolWork.objects.create(miner=miner, starts_at=NOW, work_th=1e9 * 2**32 / 1e12)
    make_share(miner, 1e9)

    answer = reader("get", "/api/luck").json()

    dgb = answer["coins"][0]
    assert (dgb["coin"], dgb["hashrate_ths"], len(dgb["miners"])) == ("DGB", 6.0, 1)
    assert dgb["chances"]["day"] == pytest.approx(0.24472742991829594)
    assert dgb["mean_s"] == pytest.approx(3.5628195916345176 * 86_400)
    assert answer["best_shares"][0]["chance"] == pytest.approx(0.6321205588)
    assert reader("get", "/api/luck", coin="BTC").json()["coins"] == []
    assert reader("get", "/api/luck", basis="week").json()["coins"][0]["chances"]["hour"] > 0
    assert reader("get", "/api/luck", coin="XMR").status_code == 422


def test_waits_without_an_end_are_null_over_rest(reader):
    make_pool()

    assert reader("get", "/api/luck").json()["coins"][0]["mean_s"] is None


def test_shares_and_blocks_over_rest_are_filtered_and_paged(reader):
    pool, miner = make_pool(), make_miner()
    for place in range(3):
        make_share(miner, 1e9 + place, coin="BCH" if place else "")
        make_block(pool, place, hash="height:7" if place == 0 else f"aa{place}")
    BlockCredit.objects.create(block=FoundBlock.objects.get(hash="aa1"), miner=miner, miner_label=miner.name)

    shares = reader("get", "/api/pools/shares", coin="BCH", miner_id=miner.pk, limit=1).json()
    blocks = reader("get", "/api/pools/blocks").json()

    assert (shares["count"], shares["items"][0]["difficulty"], shares["items"][0]["miner"]) == (
        2,
        1e9 + 2,
        "Study Gamma",
    )
    assert [block["hash"] for block in blocks["items"]] == ["aa2", "aa1", None]
    assert [block["miner"] for block in blocks["items"]] == [None, "Study Gamma", None]
    assert reader("get", "/api/pools/blocks", state="confirmed", miner_id=miner.pk).json()["count"] == 0
    assert (
        reader("get", "/api/pools/shares", since="2026-11-29T00:00:00Z", until="2026-11-28T00:00:00Z").json()["items"]
        == []
    )
    assert reader("get", f"/api/pools/{pool.pk}").json()["name"] == "Solo DGB"


def test_the_api_knows_every_coin():
    assert set(get_args(CoinName)) == set(Coin.values)
