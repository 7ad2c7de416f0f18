from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from hmm.audit.models import AuditEntry
from pools.coin_sources.registry import CLIENTS
from pools.coin_sources.simulator import CoinSimulator, difficulty_of, price_of
from pools.models import CoinObservation, CoinSource, CoinWord, Pool
from pools.services.coin_asking import (
    WISH_MAX,
    ask_source,
    claim_due_sources,
    ensure_sources,
    note_pool_difficulty,
    purge_observations,
    wait_after,
)
from pools.services.coin_saving import save_source
from pools.services.coins import all_coin_facts, coin_facts

NOW = datetime(2026, 11, 22, 12, 5, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def server() -> Iterator[CoinSimulator]:
    with CoinSimulator(moment=lambda: NOW) as simulator:
        yield simulator


@pytest.fixture
def market(server: CoinSimulator, settings) -> CoinSimulator:
    server.set_fault("none")
    for remembered in (server.faults, server.keys, server.requests):
        remembered.clear()
    for kind, client in CLIENTS.items():
        setattr(settings, client.setting, server.url_of(kind))
    ensure_sources()
    return server


def ask(kind: str, *, now: datetime = NOW) -> CoinSource:
    ask_source(CoinSource.objects.get(kind=kind).pk, now=now)
    return CoinSource.objects.get(kind=kind)


def make_pool() -> Pool:
    return Pool.objects.create(name="Solo", coin="BTC", host="127.0.0.1", port=3333, wallet="w")


def test_nobody_is_asked_before_there_is_a_pool(market):
    assert claim_due_sources(now=NOW) == []
    make_pool()
    assert len(claim_due_sources(now=NOW)) == len(CLIENTS)


def test_a_source_is_claimed_once_until_it_is_due_again(market):
    make_pool()
    gecko = CoinSource.objects.get(kind="coingecko").pk

    assert gecko in claim_due_sources(now=NOW)
    assert claim_due_sources(now=NOW + 9 * MINUTE) == []
    assert gecko in claim_due_sources(now=NOW + 10 * MINUTE)


def test_a_due_time_beyond_all_waits_is_of_a_wrong_clock(market):
    make_pool()
    CoinSource.objects.update(due_at=NOW + 2 * WISH_MAX + MINUTE)

    assert len(claim_due_sources(now=NOW)) == len(CLIENTS)


def test_all_sources_together_tell_all_of_every_coin(market):
    for kind in CLIENTS:
        assert ask(kind).failures == 0

    found = all_coin_facts(now=NOW)

    for coin, facts in found.items():
        assert facts.price_gbp == pytest.approx(price_of(coin, NOW), rel=Decimal("1e-8"))
        assert facts.difficulty == difficulty_of(coin, NOW)
        assert not facts.disagreement
    assert found["BTC"].difficulty_source == "mempool"
    assert found["DGB"].difficulty_source == "whattomine"


def test_what_is_believed_is_kept_once_an_hour_and_the_last_word_stays(market):
    ask("coingecko")
    CoinWord.objects.filter(coin="BTC").update(price_gbp=Decimal(1))
    ask("coingecko", now=NOW + 10 * MINUTE)

    kept = CoinObservation.objects.get(coin="BTC")
    assert kept.hour == datetime(2026, 11, 22, 12, tzinfo=UTC)
    assert kept.price_gbp == pytest.approx(price_of("BTC", NOW), rel=Decimal("1e-8"))
    assert (kept.price_source, kept.difficulty) == ("coingecko", None)


def test_a_difficulty_of_the_same_hour_joins_the_price(market):
    ask("coingecko")
    ask("mempool")

    kept = CoinObservation.objects.get(coin="BTC")
    assert (kept.price_source, kept.difficulty_source) == ("coingecko", "mempool")
    assert kept.height is not None


@pytest.mark.parametrize(
    "fault", ["zero", "negative", "huge", "nonsense", "html", "rate_limit", "forbidden", "broken"]
)
def test_a_bad_answer_marks_the_source_and_changes_no_figure(market, fault):
    ask("coingecko")
    before = list(CoinWord.objects.order_by("pk").values())
    market.faults["coingecko"] = fault

    source = ask("coingecko", now=NOW + HOUR)

    assert source.failures == 1
    assert source.last_error
    assert source.failed_at == NOW + HOUR
    assert source.answered_at == NOW
    assert list(CoinWord.objects.order_by("pk").values()) == before
    assert CoinObservation.objects.filter(hour__gt=NOW).count() == 0


def test_the_next_source_is_believed_when_the_first_fails_for_long(market):
    ask("coingecko")
    market.faults["coingecko"] = "broken"

    ask("coingecko", now=NOW + 46 * MINUTE)
    ask("coinbase", now=NOW + 46 * MINUTE)

    facts = coin_facts("BTC", now=NOW + 46 * MINUTE)
    assert facts.price_source == "coinbase"
    assert coin_facts("DGB", now=NOW + 46 * MINUTE).price_at == NOW


def test_a_price_in_bitcoin_is_worth_what_bitcoin_is_and_as_old_as_the_older_of_the_two(market):
    ask("whattomine")
    assert coin_facts("DGB", now=NOW).price_gbp is None, "nobody said yet what a bitcoin is worth"
    ask("coinbase", now=NOW - 5 * MINUTE)

    ask("whattomine")

    facts = coin_facts("DGB", now=NOW)
    assert facts.price_gbp == pytest.approx(price_of("DGB", NOW), rel=Decimal("1e-5"))
    assert (facts.price_source, facts.price_at) == ("whattomine", NOW - 5 * MINUTE)
    assert coin_facts("BTC", now=NOW).price_source == "coinbase"


def test_two_sources_that_disagree_on_digibyte_are_flagged_and_a_stale_bitcoin_values_nothing(market):
    ask("coingecko")
    market.faults["whattomine"] = "disagree"
    ask("whattomine")
    assert coin_facts("DGB", now=NOW).disagreement_percent == pytest.approx(50, abs=0.1)

    ask("whattomine", now=NOW + 25 * HOUR)

    assert coin_facts("DGB", now=NOW + 25 * HOUR).price_at == NOW


def test_a_source_that_says_half_as_much_again_is_flagged(market):
    market.faults["coinbase"] = "disagree"
    ask("coingecko")
    ask("coinbase")

    facts = coin_facts("BCH", now=NOW)

    assert facts.disagreement_percent == pytest.approx(50, abs=0.1)
    assert facts.price_source == "coingecko"


def test_the_wish_of_a_busy_service_is_granted(market):
    market.faults["coingecko"], market.retry_after_s = "rate_limit", 7200

    assert ask("coingecko").due_at >= NOW + 2 * HOUR


def test_the_longest_wish_is_not_taken_for_a_wrong_clock(market):
    make_pool()
    market.faults["coingecko"], market.retry_after_s = "rate_limit", 86_400
    source = ask("coingecko")

    assert source.due_at >= NOW + 24 * HOUR
    assert source.pk not in claim_due_sources(now=NOW + MINUTE)


def test_a_key_that_cannot_be_opened_spoils_no_page_and_can_be_typed_again(market, settings):
    make_pool()
    pk = CoinSource.objects.get(kind="coingecko").pk
    save_source(pk, enabled=True, rank=1, base_url="", new_key="secret-key", actor="keeper")
    ask("coingecko")
    settings.HMM_ENCRYPTION_KEY = "quite another key"

    ask_source(pk, now=NOW)

    assert all_coin_facts(now=NOW)["BTC"].price_gbp is not None
    assert pk in claim_due_sources(now=NOW + 24 * HOUR)
    assert "HMM_ENCRYPTION_KEY" in CoinSource.objects.values_list("last_error", flat=True).get(pk=pk)
    assert save_source(pk, enabled=True, rank=1, base_url="", new_key="new-key", actor="keeper").key == "new-key"


def test_each_failure_in_a_row_doubles_the_wait_up_to_six_hours():
    waits = [wait_after(10 * MINUTE, failures, None) for failures in (1, 2, 3, 9, 400)]

    assert waits == [10 * MINUTE, 20 * MINUTE, 40 * MINUTE, 6 * HOUR, 6 * HOUR]
    assert wait_after(10 * MINUTE, 1, 10**9) == 24 * HOUR


def test_a_good_answer_ends_the_failures(market):
    market.faults["coinbase"] = "broken"
    ask("coinbase")
    market.faults.clear()

    source = ask("coinbase")

    assert (source.failures, source.last_error) == (0, "")


def test_a_source_that_is_off_is_not_asked(market):
    source = CoinSource.objects.get(kind="coingecko")
    save_source(source.pk, enabled=False, rank=1, base_url="", actor="keeper")
    make_pool()

    assert source.pk not in claim_due_sources(now=NOW)
    ask("coingecko")
    assert not market.requests


def test_a_change_is_in_the_activity_without_the_key(market):
    source = CoinSource.objects.get(kind="coingecko")

    save_source(source.pk, enabled=True, rank=3, base_url="", new_key="secret-key", actor="keeper")

    entry = AuditEntry.objects.get(action="coin_source.edit")
    assert entry.after["key"] == "stored"
    assert "secret-key" not in str(vars(entry))


def test_the_key_does_not_follow_to_another_address(market):
    source = CoinSource.objects.get(kind="coingecko")
    save_source(source.pk, enabled=True, rank=1, base_url="", new_key="secret-key", actor="keeper")
    ask("coingecko")
    assert market.keys == ["secret-key"]

    save_source(source.pk, enabled=True, rank=1, base_url=market.url_of("coingecko"), actor="keeper")
    ask("coingecko")

    assert market.keys == ["secret-key", ""]


def test_a_pool_s_difficulty_counts_as_a_word_of_the_pools():
    note_pool_difficulty("DGB", 430_030_207.2, now=NOW)
    note_pool_difficulty("DGB", 1e300, now=NOW)
    note_pool_difficulty("BCH", None, now=NOW)

    facts = coin_facts("DGB", now=NOW)
    assert (facts.difficulty, facts.difficulty_source) == (430_030_207.2, "pools")
    assert CoinWord.objects.count() == 1


def test_hours_older_than_hourly_means_are_dropped(settings):
    settings.HMM_KEEP_HOURLY_DAYS = 31
    for days in (30, 32):
        CoinObservation.objects.create(coin="BTC", hour=NOW - timedelta(days=days))

    purge_observations(now=NOW)

    assert CoinObservation.objects.get().hour == NOW - timedelta(days=30)
