from datetime import timedelta
from decimal import Decimal

import pytest

from hmm.clock import now as read_clock
from pools.coin_contexts import coins_context
from pools.models import CoinObservation, CoinSource, CoinWord
from pools.services.coin_asking import ensure_sources, hour_of
from pools.templatetags.pool_figures import coin_price

HOUR = timedelta(hours=1)
pytestmark = pytest.mark.django_db


def say(coin: str, *, ago: timedelta = timedelta(minutes=3), kind: str = "coingecko", **figures: object) -> None:
    ensure_sources()
    at = read_clock() - ago
    times = {f"{name.removesuffix('_gbp')}_at": at for name in figures}
    source = CoinSource.objects.get(kind=kind)
    CoinWord.objects.update_or_create(source=source, coin=coin, defaults={**figures, **times})


@pytest.mark.parametrize(
    ("pounds", "words"),
    [("64528.21", "£64,528"), ("254.8", "£254.80"), ("0.00336", "0.336 p"), ("0.92", "92.0 p"), (None, "–")],
)
def test_a_price_reads_as_people_say_it(pounds, words):
    assert coin_price(None if pounds is None else Decimal(pounds)) == words


def test_every_page_shows_the_prices_and_greys_an_old_one(viewer):
    say("BTC", price_gbp=Decimal("64528.21"))
    say("BCH", price_gbp=Decimal("254.8"), ago=25 * HOUR)

    page = viewer.get("/pools/").content.decode()

    ticker = page[page.index('id="coin-ticker"') :].split("</a>")[0]
    assert "£64,528" in ticker
    assert "3 min" in ticker
    assert ticker.count("is-stale") == 1
    assert "£254.80" in ticker.split("is-stale")[1]
    assert "DGB" not in ticker


def test_without_any_price_there_is_no_ticker(viewer):
    say("BTC", difficulty=1e14)

    page = viewer.get("/pools/").content.decode()

    assert page.split('id="coin-ticker"')[1].split(">")[0].rstrip().endswith("hidden")


def test_the_page_of_coins_says_who_said_what_and_what_is_unknown(viewer):
    say("BTC", price_gbp=Decimal("64528.21"), difficulty=132_757_073_449_487.5)
    say("BTC", kind="coinbase", price_gbp=Decimal(40_000))

    page = viewer.get("/pools/coins/").content.decode()

    assert "sources differ by 61 %" in page
    assert "CoinGecko" in page
    assert "No source has told a price yet" in page
    assert "3.06 p a day" in page  # 4.735286200058027e-07 coins of £64,528.21
    assert "/pools/coins/coingecko/" not in page


def test_the_page_takes_three_queries_whatever_the_history(django_assert_num_queries):
    say("BTC", price_gbp=Decimal(1))
    now = hour_of(read_clock())
    CoinObservation.objects.bulk_create(
        CoinObservation(coin="BTC", hour=now - hour * HOUR, price_gbp=Decimal(hour)) for hour in range(1, 40)
    )

    with django_assert_num_queries(3):
        context = coins_context(read_clock())

    spark = next(row.spark for row in context["coins"] if row.facts.coin == "BTC")
    assert sum(point is not None for point in spark) == 7


def test_old_figures_value_nothing(viewer):
    say("BTC", price_gbp=Decimal("64528.21"), ago=25 * HOUR)
    say("BTC", kind="mempool", difficulty=1e14)

    row = next(row for row in coins_context(read_clock())["coins"] if row.facts.coin == "BTC")

    assert row.pence_per_ths_day is None
    assert row.facts.price_gbp == Decimal("64528.21")


def test_an_operator_changes_a_source_and_a_viewer_does_not(operator, viewer):
    ensure_sources()
    posted = {"rank": "4", "base_url": "https://coins.example.org/api/"}

    assert viewer.get("/pools/coins/coingecko/").status_code == 403
    assert operator.post("/pools/coins/coingecko/", posted).status_code == 302

    source = CoinSource.objects.get(kind="coingecko")
    assert (source.enabled, source.rank, source.base_url) == (False, 4, "https://coins.example.org/api/")


@pytest.mark.parametrize(
    "address", ["coins.example.org", "ftp://x", "http://u:p@x/", "http://x:99999/", "javascript:1"]
)
def test_an_impossible_address_stores_nothing(operator, address):
    ensure_sources()

    answer = operator.post("/pools/coins/coingecko/", {"enabled": "on", "rank": "1", "base_url": address})

    assert answer.status_code == 422
    assert CoinSource.objects.get(kind="coingecko").base_url == ""


def test_a_stored_key_is_never_shown(operator):
    ensure_sources()
    operator.post("/pools/coins/coingecko/", {"enabled": "on", "rank": "1", "new_key": "secret-key"})

    assert CoinSource.objects.get(kind="coingecko").key == "secret-key"
    assert "secret-key" not in operator.get("/pools/coins/coingecko/").content.decode()


def test_what_nobody_asks_has_no_address_to_change(operator):
    ensure_sources()

    assert 'name="base_url"' not in operator.get("/pools/coins/pools/").content.decode()
    assert operator.post("/pools/coins/pools/", {"rank": "5"}).status_code == 302
    assert operator.get("/pools/coins/nobody/").status_code == 404


def test_the_api_tells_what_is_known_and_null_for_the_rest(reader):
    say("BTC", price_gbp=Decimal("64528.21"), difficulty=132_757_073_449_487.5)

    found = {row["coin"]: row for row in reader("get", "/api/coins").json()}

    assert found["BTC"]["price_gbp"] == "64528.2100000000"
    assert found["BTC"]["expected_p_per_ths_day"] == pytest.approx(4.735286200058027e-07 * 6_452_821)
    assert found["BTC"]["price_source"] == "coingecko"
    assert found["DGB"]["price_gbp"] is None
    assert found["DGB"]["price_at"] is None


def test_the_api_tells_a_coin_s_hours_oldest_first(reader):
    now = hour_of(read_clock())
    for back in (40 * 24, 5, 2):
        CoinObservation.objects.create(coin="DGB", hour=now - back * HOUR, price_gbp=Decimal("0.0033612345"))

    rows = reader("get", "/api/coins/dgb/history").json()

    assert [row["hour"] for row in rows] == [
        (now - back * HOUR).isoformat().replace("+00:00", "Z") for back in (5, 2)
    ]
    assert rows[0]["price_gbp"] == "0.0033612345"
    assert rows[0]["difficulty"] is None
    assert len(reader("get", "/api/coins/DGB/history", days=366).json()) == 3
    assert reader("get", "/api/coins/DOGE/history").status_code == 404
    assert reader("get", "/api/coins/DGB/history", days=0).status_code == 422
