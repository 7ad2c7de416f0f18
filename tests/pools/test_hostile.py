"""Pools that answer anything: no page, no tick and no other pool suffers, and each shows with its age."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta

import pytest
from django.db import DatabaseError
from django.urls import reverse

from hmm.clock import now as read_clock
from hmm.outside import UNFORESEEN
from hmm.simulation.server import Reply
from miners.services.high_shares import take_from_pools
from miners.services.pool_work import credit_blocks
from pools.backends.base import Account, PoolReading
from pools.backends.registry import BACKENDS
from pools.backends.solopool.simulator import WALLET, SolopoolSimulator
from pools.backends.stratum.simulator import StratumSimulator
from pools.models import FoundBlock, Pool, PoolHealth, PoolSnapshot, PoolWorker
from pools.services.checking import check_pool, claim_due
from pools.services.choosing import first_pools

pytestmark = pytest.mark.django_db
FAULTS = {"html": 0, "malformed": 0, "wrong_type": 0, "truncate": 0, "empty": 0, "refuse": 403, "vanish": 0}
LONG = "<img src=x onerror=alert(1)>\u202e💥" + "x" * 10_000


@pytest.fixture
def port() -> Iterator[StratumSimulator]:
    with StratumSimulator() as simulator:
        yield simulator


def add(name: str, port: StratumSimulator, statistics: SolopoolSimulator, **changes: object) -> Pool:
    values = {"coin": "BTC", "host": "127.0.0.1", "port": port.port, "wallet": WALLET, "backend": "solopool"}
    return Pool.objects.create(name=name, stats_url=statistics.url, **{**values, **changes})


def pages(viewer, pool: Pool) -> list[str]:
    answers = [viewer.get(reverse("pools")), viewer.get(reverse("luck")), viewer.get(reverse("pool", args=[pool.pk]))]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    return [answer.content.decode() for answer in answers]


def test_whatever_pools_answer_the_good_one_is_read_and_every_page_stands(viewer, reader, port):
    now = read_clock()
    with ExitStack() as opened:
        good = add("Good", port, opened.enter_context(SolopoolSimulator()))
        for fault, status in {**FAULTS, "too often": 429}.items():
            statistics = opened.enter_context(SolopoolSimulator())
            statistics.set_fault("refuse" if status else fault)
            statistics.refuse_with = status or 503
            add(f"Bad {fault}", port, statistics)
        add("Unheard of", port, opened.enter_context(SolopoolSimulator()), backend="nobody-knows-it")
        for pk in claim_due(now=now):
            check_pool(pk, now=now)

    assert PoolSnapshot.objects.get().pool == good
    assert PoolHealth.objects.exclude(stats_error="").count() == len(FAULTS) + 1
    assert set(PoolHealth.objects.values_list("state", flat=True)) == {"up"}
    assert first_pools(now)["BTC"]
    assert pages(viewer, good)[0].count("No statistics, asked") == len(FAULTS) + 1
    for path in ("/api/pools", "/api/luck", "/api/pools/shares", "/api/pools/blocks"):
        assert reader("get", path).status_code == 200


def said(body: object) -> Reply:
    return Reply(200, json.dumps(body))


class Raving(SolopoolSimulator):
    """A pool whose answers have the right shape and nothing else."""

    def respond(self, method, path, body, headers):
        row = {"height": -5, "hash": LONG, "miner": self.wallet, "worker": LONG, "timestamp": 1e300}
        row |= {"difficulty": "NaN", "shareDifficulty": "1e30", "reward": "-7", "orphan": "perhaps"}
        if path.endswith("/blocks"):
            return Reply(
                200, json.dumps({"candidates": [row, 7, None], "immature": {}, "matured": [{**row, "hash": {}}]})
            )
        if path.endswith("/stats"):
            return said({"node": {"difficulty": "1e999", "hashrate": []}, "stats": "none"})
        workers = {
            LONG: {"hr": "NaN", "offline": 3, "lastBeat": -1},
            "": {},
            "ok": {"hr": 1e12, "offline": False},
            "x": 4,
        }
        return Reply(
            200, json.dumps({"onlineWorkers": "many", "totalWorkers": 1e300, "bestShare": -4, "workers": workers})
        )


def test_nonsense_of_the_right_shape_is_kept_as_far_as_it_makes_sense(viewer, reader, port):
    now = read_clock()
    with Raving() as statistics:
        pool = add(LONG[:80], port, statistics)
        claim_due(now=now)
        check_pool(pool.pk, now=now)
        check_pool(pool.pk, now=now + timedelta(minutes=5))
    take_from_pools(now=now)
    credit_blocks()

    snapshot, block = PoolSnapshot.objects.first(), FoundBlock.objects.get()
    assert (snapshot.network_difficulty, snapshot.best_share, snapshot.workers_online) == (None, None, None)
    assert (block.height, block.found_at, block.reward, block.share_difficulty) == (None, None, None, None)
    assert len(block.hash) <= 80
    assert PoolWorker.objects.count() == 3
    for html in pages(viewer, pool):
        assert "<img src=x" not in html
    workers = reader("get", f"/api/pools/{pool.pk}/workers").json()
    assert [worker["online"] for worker in workers if worker["name"] == "ok"] == [True]
    assert reader("get", "/api/pools/blocks").json()["items"][0]["found_at"] is None


class Faulty:
    """A back end with a fault of its own, as a plug-in may have."""

    kind = label = "faulty"
    needs_token = needs_url = False

    def __init__(self, error: type[Exception]) -> None:
        self.error = error

    def read(self, _account: Account) -> PoolReading:
        raise self.error("odd")


@pytest.mark.parametrize("error", UNFORESEEN)
def test_a_fault_of_a_back_end_is_a_word_at_its_pool_and_in_the_log(port, monkeypatch, caplog, error):
    monkeypatch.setitem(BACKENDS, "faulty", Faulty(error))
    pool = Pool.objects.create(name="Odd", coin="BTC", host="127.0.0.1", port=port.port, wallet="w", backend="faulty")
    claim_due(now=read_clock())

    check_pool(pool.pk, now=read_clock())

    health = PoolHealth.objects.get(pool=pool)
    assert (health.state, health.stats_error) == ("up", "The pool's answer could not be understood.")
    assert "The statistics of a pool could not be read" in caplog.text


def test_a_fault_of_the_database_is_not_taken_for_one_of_a_pool(port, monkeypatch):
    monkeypatch.setitem(BACKENDS, "faulty", Faulty(DatabaseError))
    pool = Pool.objects.create(name="Odd", coin="BTC", host="127.0.0.1", port=port.port, wallet="w", backend="faulty")
    claim_due(now=read_clock())

    with pytest.raises(DatabaseError):
        check_pool(pool.pk, now=read_clock())
