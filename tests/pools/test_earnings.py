from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from hmm.clock import now as read_clock
from pools.backends.base import Account, DayReward, Earnings, Payout
from pools.backends.braiins.backend import Braiins
from pools.backends.braiins.simulator import TOKEN, BraiinsSimulator
from pools.backends.values import moment
from pools.models import CoinObservation, Pool, PoolHealth, PoolPayout, PoolReward, PoolSnapshot
from pools.services import save_pool
from pools.services.earning import read_earnings, record_earnings

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def pool() -> Pool:
    values = {"name": "Shared", "coin": "BTC", "reward_model": "pooled", "host": "127.0.0.1", "port": 3333}
    return save_pool(Pool(wallet="demo", backend="braiins", **values), actor="test", new_token=TOKEN)


@pytest.fixture(scope="module")
def server() -> Iterator[BraiinsSimulator]:
    with BraiinsSimulator() as simulator:
        yield simulator


@pytest.fixture
def account(server: BraiinsSimulator) -> Account:
    server.set_fault("none")
    server.requests.clear()
    return Account(user="demo", url=server.url, token=TOKEN, pause_s=0.0)


def payout(status: str = "queued") -> Payout:
    return Payout(way="onchain", status=status, amount=Decimal("0.0005"), requested_at=NOW)


def test_earnings_are_asked_for_once_in_half_an_hour(pool, server, account):
    for minutes in (0, 5, 29, 30):
        read_earnings(pool, Braiins(), account, now=NOW + minutes * MINUTE)

    assert len(server.requests) == 4
    assert (PoolReward.objects.count(), PoolPayout.objects.count()) == (14, 2)


def test_a_failure_is_said_keeps_what_is_known_and_waits(pool, server, account):
    read_earnings(pool, Braiins(), account, now=NOW)
    server.set_fault("html")
    read_earnings(pool, Braiins(), account, now=NOW + 30 * MINUTE)

    health = PoolHealth.objects.get(pool=pool)
    assert "not JSON" in health.earnings_error
    assert health.earnings_due_at == NOW + 90 * MINUTE
    assert PoolReward.objects.count() == 14


def test_a_payout_that_arrives_changes_its_row(pool):
    record_earnings(pool, Earnings((), (payout(),)))
    record_earnings(pool, Earnings((), (payout("confirmed"),)))

    assert PoolPayout.objects.get().status == "confirmed"


def test_amounts_no_column_holds_are_left_out_and_the_others_kept(pool):
    vast = Decimal(10) ** 20
    days = (DayReward(day=NOW.date(), total=vast), DayReward(day=date(2026, 11, 1), total=Decimal(1), mining=vast))

    record_earnings(pool, Earnings(days, (Payout(way="onchain", status="queued", amount=vast, requested_at=NOW),)))

    assert list(PoolReward.objects.values_list("total", "mining")) == [(Decimal(1), None)]
    assert not PoolPayout.objects.exists()


def test_a_time_no_clock_shows_is_none():
    assert moment("0001-01-01T00:00:00+14:00") is None


def test_the_page_says_how_old_today_s_figures_are(pool, viewer):
    PoolSnapshot.objects.create(pool=pool, fetched_at=read_clock() - 3 * 60 * MINUTE, earned_today=Decimal("0.5"))

    assert "3 h ago" in viewer.get(f"/pools/{pool.pk}/earnings/").content.decode()


def test_the_page_values_days_at_their_price_and_says_what_is_not_known(pool, viewer):
    today = read_clock().date()
    days = [today - timedelta(days=back) for back in (2, 30)]
    told = Earnings(tuple(DayReward(day=day, total=Decimal("0.001"), shares=5) for day in days), ())
    record_earnings(pool, told)
    evening = datetime(days[0].year, days[0].month, days[0].day, 20, tzinfo=UTC)
    CoinObservation.objects.create(coin="BTC", hour=evening, price_gbp=Decimal(64_000))

    page = viewer.get(f"/pools/{pool.pk}/earnings/").content.decode()

    assert "£64.00" in page
    assert page.count("0.001 BTC") == 2
    assert "0.002 BTC" in page
    assert page.count("£") == 1
    assert "No payout in 90 days" in page


def test_the_pool_s_card_leads_there_and_others_do_not(pool, viewer):
    Pool.objects.create(name="Solo", coin="BTC", host="h", port=1, wallet="w")

    page = viewer.get("/pools/").content.decode()

    assert page.count("Rewards by day and payouts") == 1
    assert f"/pools/{pool.pk}/earnings/" in page


def test_the_api_tells_days_and_payments(pool, reader):
    record_earnings(pool, Earnings((DayReward(day=date(2026, 11, 28), total=Decimal("0.001")),), (payout(),)))

    found = reader("get", f"/api/pools/{pool.pk}/earnings").json()

    assert found["rewards"] == [{"day": "2026-11-28", "total": "0.001000000", "mining": None, "shares": None}]
    assert found["payouts"][0]["amount"] == "0.000500000"
    assert reader("get", "/api/pools/99/earnings").status_code == 404
