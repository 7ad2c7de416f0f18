from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from pools.backends.base import BackendError, PayloadError, RefusedError, UnreachableError
from pools.coin_sources.base import Asked, Client, Quote
from pools.coin_sources.coinbase import wire as coinbase
from pools.coin_sources.coingecko import wire as coingecko
from pools.coin_sources.mempool import wire as mempool
from pools.coin_sources.registry import CLIENTS
from pools.coin_sources.simulator import CoinSimulator, difficulty_of, price_of
from pools.coin_sources.values import PRICE_MAX
from pools.coin_sources.whattomine import wire as whattomine
from tests.captures import captures

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
clients = pytest.mark.parametrize("client", CLIENTS.values(), ids=CLIENTS)


@pytest.fixture(scope="module")
def server() -> Iterator[CoinSimulator]:
    with CoinSimulator(moment=lambda: NOW) as simulator:
        yield simulator


@pytest.fixture
def market(server: CoinSimulator) -> CoinSimulator:
    server.set_fault("none")
    for remembered in (server.faults, server.keys, server.requests):
        remembered.clear()
    return server


def read(market: CoinSimulator, client: Client, key: str = "") -> tuple[Quote, ...]:
    return client.read(Asked(url=market.url_of(client.kind), key=key))


def capture(name: str) -> bytes:
    return captures("misc", name).read_bytes()


@clients
def test_a_source_tells_what_the_market_is(market, client):
    found = read(market, client)

    assert found
    for quote in found:
        if quote.price_gbp is not None:
            assert quote.price_gbp == pytest.approx(price_of(quote.coin, NOW), rel=Decimal("1e-6"))
        if quote.difficulty is not None:
            assert quote.difficulty == difficulty_of(quote.coin, NOW)
    assert any(quote.price_gbp is not None or quote.difficulty is not None for quote in found)


@clients
@pytest.mark.parametrize("fault", ["zero", "negative", "huge", "nonsense", "html", "malformed"])
def test_nonsense_is_an_error_and_never_a_part_of_the_truth(market, client, fault):
    market.faults[client.kind] = fault

    with pytest.raises(PayloadError):
        read(market, client)


@clients
def test_who_asks_too_often_is_told_how_long_to_wait(market, client):
    market.faults[client.kind] = "rate_limit"

    with pytest.raises(UnreachableError) as caught:
        read(market, client)

    assert caught.value.retry_after_s == 120


@clients
@pytest.mark.parametrize(("fault", "kind"), [("forbidden", RefusedError), ("broken", UnreachableError)])
def test_a_refusal_is_told_apart_from_a_fault(market, client, fault, kind):
    market.faults[client.kind] = fault

    with pytest.raises(kind):
        read(market, client)


@pytest.mark.parametrize("fault", ["vanish", "truncate", "redirect", "binary", "empty", "wrong_type"])
def test_a_line_that_fails_is_an_error_of_ours(market, fault):
    market.set_fault(fault)

    with pytest.raises(BackendError):
        read(market, CLIENTS["coingecko"])


def test_a_coin_without_a_price_is_left_out_and_the_others_count(market):
    found = coingecko.quotes(capture("coingecko_missing_coin.json"))

    assert found == (Quote(coin="BTC", price_gbp=Decimal("64528.21")),)
    market.faults["coingecko"] = "missing"
    with pytest.raises(PayloadError, match="no price of our coins"):
        read(market, CLIENTS["coingecko"])


def test_captured_prices_keep_every_digit_and_their_time():
    found = {quote.coin: quote for quote in coingecko.quotes(capture("coingecko_simple_price_shape.json"))}

    assert found["DGB"].price_gbp == Decimal("0.00336")
    assert found["BTC"].price_at == datetime.fromtimestamp(1_790_321_885, UTC)
    assert "BC2" not in found


def test_a_captured_table_gives_the_difficulties_of_our_algorithm_only():
    table = whattomine.quotes(capture("whattomine_asic_2026-09-25.json"))

    found = {quote.coin: (quote.difficulty, quote.price_btc) for quote in table}
    assert found == {
        "BTC": (132_757_073_449_487.5, None),
        "BCH": (531_625_310_065.6644, Decimal("0.003948660264060993")),
        "DGB": (430_030_207.2203099, Decimal("5.209408692774586E-8")),
    }
    assert {quote.price_gbp for quote in table} == {None}


@pytest.mark.parametrize("rate", ["0", "-1", "1.5", "1e-20", '"soon"', "true"])
def test_a_price_in_bitcoin_that_cannot_be_spoils_the_answer(rate: str):
    row = b'{"tag": "DGB", "algorithm": "SHA-256", "difficulty": 5, "exchange_rate": %s}' % rate.encode()

    with pytest.raises(PayloadError):
        whattomine.quotes(b'{"coins": {"DGB-SHA": ' + row + b"}}")


def test_a_coin_that_lags_behind_is_left_out():
    row = b'{"tag": "BTC", "algorithm": "SHA-256", "difficulty": 5, "lagging": %s}'
    table = b'{"coins": {"Bitcoin": ' + row + b"}}"

    assert whattomine.quotes(table % b"true") == ()
    assert whattomine.quotes(table % b"false")[0].difficulty == 5.0


def test_captured_figures_of_bitcoin_make_one_quote():
    hashrate, prices = capture("mempool_hashrate_3d_2022-05.json"), capture("mempool_prices_2023-12-22.json")

    found = mempool.quote("BTC", hashrate, b"736249\n", prices, most=PRICE_MAX)

    assert (found.difficulty, found.height, found.price_gbp) == (31_251_101_365_711.12, 736_249, Decimal(37_528))


@pytest.mark.parametrize("tip", [b"", b"-5", b"12.5", b"<html>", b"99999999999999999999", "٣".encode()])
def test_a_height_that_is_none_spoils_the_answer(tip: bytes):
    with pytest.raises(PayloadError):
        mempool.quote("BTC", b'{"currentDifficulty": 5}', tip, b"{}", most=PRICE_MAX)


def test_an_explorer_that_knows_no_price_still_tells_its_difficulty():
    found = mempool.quote("BC2", b'{"currentDifficulty": 5}', b"59000", b'{"time": 0, "GBP": -1}', most=Decimal(1000))

    assert (found.difficulty, found.height, found.price_gbp) == (5.0, 59_000, None)


def test_the_price_of_bitcoin_is_not_taken_for_that_of_bitcoin_ii():
    with pytest.raises(PayloadError, match="cannot be"):
        mempool.quote("BC2", b'{"currentDifficulty": 5}', b"59000", b'{"GBP": 64528}', most=Decimal(1000))


def test_the_price_of_another_pair_is_not_taken():
    with pytest.raises(PayloadError, match="another pair"):
        coinbase.quote(b'{"data": {"amount": "64528", "base": "BTC", "currency": "USD"}}', "BTC")


@pytest.mark.parametrize("number", ["1e999999", "NaN", "Infinity", "true", "[1]", '"1e400"', '"' + "9" * 5000 + '"'])
def test_numbers_no_one_can_hold_are_refused(number: str):
    with pytest.raises(PayloadError):
        coingecko.quotes(b'{"bitcoin": {"gbp": %s}, "digibyte": {"gbp": 0.003}}' % number.encode())


def test_a_key_goes_along_and_is_in_no_words(market):
    read(market, CLIENTS["coingecko"], key="secret-key")

    assert market.keys == ["secret-key"]
    assert "secret-key" not in repr(Asked(url="http://x", key="secret-key"))


def test_a_person_s_address_on_this_computer_is_refused(market, settings):
    settings.HMM_DEVICE_NETWORKS = []

    with pytest.raises(RefusedError):
        read(market, CLIENTS["coingecko"])

    assert not market.requests
