from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from hmm.audit.models import AuditEntry
from notifications.models import Incident, Notice
from notifications.services.collecting import collect
from pools.backends.solopool.simulator import WALLET, SolopoolSimulator
from pools.backends.stratum.simulator import StratumSimulator
from pools.models import FoundBlock, Pool, PoolHealth, PoolSnapshot, PoolState
from pools.services import InUseError, delete_pool, save_pool
from pools.services.checking import check_pool, claim_due
from pools.services.choosing import first_pools
from pools.usage import QUESTIONS

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def port() -> Iterator[StratumSimulator]:
    with StratumSimulator() as simulator:
        yield simulator


@pytest.fixture
def statistics(settings) -> Iterator[SolopoolSimulator]:
    with SolopoolSimulator(generation="v1") as simulator:
        settings.HMM_SOLOPOOL_URL = simulator.url + "/{coin}"
        yield simulator


def make_pool(port: StratumSimulator, **changes: object) -> Pool:
    values = {"name": "Solo", "coin": "BTC", "host": "127.0.0.1", "port": port.port, "wallet": WALLET, **changes}
    return save_pool(Pool(**values), actor="test")


def test_a_pool_is_claimed_once_until_it_is_due_again(port):
    pool = make_pool(port)
    assert claim_due(now=NOW) == [pool.pk]
    assert claim_due(now=NOW) == []
    assert claim_due(now=NOW + 6 * MINUTE) == [pool.pk]


def test_a_pool_stored_without_a_health_row_is_looked_at_too(port):
    pool = Pool.objects.create(name="Old", coin="BTC", host="127.0.0.1", port=port.port, wallet=WALLET)
    assert claim_due(now=NOW) == [pool.pk]


def test_port_and_statistics_are_kept(port, statistics):
    pool = make_pool(port, backend="solopool")
    check_pool(pool.pk, now=NOW)
    health, snapshot = PoolHealth.objects.get(pool=pool), PoolSnapshot.objects.get(pool=pool)
    assert (health.state, health.since, health.outcome) == (PoolState.UP, NOW, "ok")
    assert health.reply_ms is not None
    assert (snapshot.workers_online, snapshot.paid, snapshot.fetched_at) == (1, Decimal("3.16"), NOW)


def test_statistics_that_are_down_are_not_a_pool_that_is_down(port, statistics):
    pool = make_pool(port, backend="solopool")
    statistics.set_fault("html")
    for minute in range(4):
        check_pool(pool.pk, now=NOW + minute * MINUTE)
    health = PoolHealth.objects.get(pool=pool)
    assert health.state == PoolState.UP
    assert health.stats_error
    assert not Incident.objects.exists()
    assert first_pools(NOW + timedelta(hours=1)) == {"BTC": pool}


def test_statistics_that_ask_for_a_pause_get_it(port, statistics):
    pool = make_pool(port, backend="solopool")
    statistics.set_fault("refuse")
    statistics.refuse_with = 403
    check_pool(pool.pk, now=NOW)
    asked = len(statistics.requests)
    check_pool(pool.pk, now=NOW + 10 * MINUTE)
    assert len(statistics.requests) == asked
    statistics.set_fault("none")
    check_pool(pool.pk, now=NOW + 61 * MINUTE)
    assert PoolHealth.objects.get(pool=pool).stats_error == ""


def test_three_bad_looks_open_an_incident_and_a_good_one_closes_it(port):
    pool = make_pool(port)
    port.set_fault("hang_up")
    for minute in range(2):
        check_pool(pool.pk, now=NOW + minute * MINUTE)
    assert not Incident.objects.exists()
    check_pool(pool.pk, now=NOW + 2 * MINUTE)
    assert Incident.objects.open().get().kind == "pool.down"
    port.set_fault("none")
    check_pool(pool.pk, now=NOW + 3 * MINUTE)
    assert not Incident.objects.open().exists()
    collect(now=NOW + 3 * MINUTE)
    assert set(Notice.objects.values_list("event", "phase")) == {("pool_down", "opened"), ("pool_down", "closed")}


@pytest.mark.parametrize("leave", [delete_pool, lambda pool, actor: switch_off(pool)])
def test_the_trouble_of_a_pool_nobody_looks_at_any_more_is_over(port, leave):
    pool = make_pool(port)
    port.set_fault("hang_up")
    for minute in range(3):
        check_pool(pool.pk, now=NOW + minute * MINUTE)
    assert Incident.objects.open().exists()
    leave(Pool.objects.get(pk=pool.pk), actor="test")
    check_pool(pool.pk, now=NOW + 4 * MINUTE)
    assert not Incident.objects.open().exists()


def switch_off(pool: Pool) -> None:
    pool.enabled = False
    save_pool(pool, actor="test")


def test_a_new_account_is_asked_for_without_the_pause_of_the_old(port, statistics):
    pool = make_pool(port, backend="solopool")
    statistics.set_fault("refuse")
    statistics.refuse_with = 403
    check_pool(pool.pk, now=NOW)
    save_pool(Pool.objects.get(pk=pool.pk), actor="test")
    assert PoolHealth.objects.get(pool=pool).stats_retry_at is not None
    save_pool(Pool.objects.get(pk=pool.pk), actor="test", new_token="another")
    statistics.set_fault("none")
    check_pool(pool.pk, now=NOW + MINUTE)
    assert PoolHealth.objects.get(pool=pool).stats_error == ""


def test_the_next_pool_of_a_coin_stands_in_after_five_minutes_until_fifteen_good_ones(port):
    first = make_pool(port, priority=1)
    with StratumSimulator() as other:
        second = make_pool(other, name="Second", priority=2)
        port.set_fault("hang_up")
        check_pool(first.pk, now=NOW)
        assert first_pools(NOW + 4 * MINUTE) == {"BTC": first}
        assert first_pools(NOW + 5 * MINUTE) == {"BTC": second}
        port.set_fault("none")
        check_pool(first.pk, now=NOW + 8 * MINUTE)
        assert first_pools(NOW + 22 * MINUTE) == {"BTC": second}
        assert first_pools(NOW + 23 * MINUTE) == {"BTC": first}


def test_a_coin_without_a_pool_that_answers_is_left_out(port):
    pool = make_pool(port)
    port.set_fault("hang_up")
    check_pool(pool.pk, now=NOW)
    assert first_pools(NOW + 6 * MINUTE) == {}


def test_choosing_takes_one_query_however_many_pools(port, django_assert_num_queries):
    for place in range(5):
        make_pool(port, name=f"Pool {place}")
    with django_assert_num_queries(1):
        first_pools(NOW)


def test_a_relapse_before_the_proof_keeps_a_pool_passed_over(port):
    pool = make_pool(port)
    port.set_fault("hang_up")
    check_pool(pool.pk, now=NOW)
    port.set_fault("none")
    check_pool(pool.pk, now=NOW + 6 * MINUTE)
    port.set_fault("hang_up")
    check_pool(pool.pk, now=NOW + 8 * MINUTE)
    assert first_pools(NOW + 8 * MINUTE) == {}


def test_a_pool_in_use_is_not_removed_and_says_by_whom(port, monkeypatch):
    pool = make_pool(port)
    monkeypatch.setattr("pools.usage.QUESTIONS", [lambda _pool: ["Study Gamma"]])
    with pytest.raises(InUseError, match="Study Gamma"):
        delete_pool(pool, actor="test")
    assert Pool.objects.filter(pk=pool.pk).exists()


def test_the_miners_are_asked_before_a_pool_is_removed():
    assert QUESTIONS


def test_a_token_is_stored_encrypted_and_kept_when_none_is_typed(port):
    pool = make_pool(port)
    save_pool(pool, actor="test", new_token="very secret")
    save_pool(Pool.objects.get(pk=pool.pk), actor="test")
    assert Pool.objects.get(pk=pool.pk).token == "very secret"


def test_a_block_is_celebrated_once_and_followed_to_its_end(port, statistics):
    pool = make_pool(port, backend="solopool")
    at = int((NOW - MINUTE).timestamp())
    row = {"height": 967112, "hash": "00ab", "miner": WALLET.upper(), "worker": "rig1", "timestamp": at}
    row |= {"reward": "313000000", "orphan": False}
    statistics.candidates = [row, {**row, "hash": "00cd", "miner": "somebody"}]
    check_pool(pool.pk, now=NOW)
    collect(now=NOW)
    check_pool(pool.pk, now=NOW + 5 * MINUTE)
    block = FoundBlock.objects.get()
    assert (block.state, block.reward, block.worker) == ("candidate", Decimal("3.13"), "rig1")
    statistics.candidates, statistics.immature = [], [row]
    check_pool(pool.pk, now=NOW + 10 * MINUTE)
    statistics.immature, statistics.candidates = [], [row]
    check_pool(pool.pk, now=NOW + 15 * MINUTE)
    assert FoundBlock.objects.get().state == "immature"
    statistics.candidates, statistics.matured = [], [{**row, "orphan": True}]
    check_pool(pool.pk, now=NOW + 20 * MINUTE)
    assert FoundBlock.objects.get().state == "orphaned"
    actions = AuditEntry.objects.filter(action__startswith="block.").order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["block.found", "block.immature", "block.orphaned"]
    collect(now=NOW + 20 * MINUTE)
    told = Notice.objects.order_by("occurred_at").values_list("event", "title")
    assert list(told) == [("block_found", "block found"), ("block_settled", "block orphaned")]


def test_a_block_that_is_confirmed_is_told(port, statistics):
    pool = make_pool(port, backend="solopool")
    row = {
        "height": 967112,
        "hash": "00ab",
        "miner": WALLET,
        "worker": "rig1",
        "reward": "313000000",
        "orphan": False,
    }
    row["timestamp"] = int((NOW - MINUTE).timestamp())
    statistics.candidates = [row]
    check_pool(pool.pk, now=NOW)
    statistics.candidates, statistics.matured = [], [row]
    check_pool(pool.pk, now=NOW + 5 * MINUTE)

    collect(now=NOW + 5 * MINUTE)

    assert FoundBlock.objects.get().state == "confirmed"
    assert Notice.objects.filter(event="block_settled", title="block confirmed").count() == 1


def test_an_old_block_seen_for_the_first_time_is_no_news(port, statistics):
    pool = make_pool(port, backend="solopool")
    at = int((NOW - timedelta(days=30)).timestamp())
    statistics.matured = [{"height": 5, "hash": "00ab", "miner": WALLET, "timestamp": at, "reward": "313000000"}]
    check_pool(pool.pk, now=NOW)
    assert FoundBlock.objects.get().state == "confirmed"
    assert not AuditEntry.objects.filter(action="block.found").exists()
