from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from pools.models import CoinObservation
from pools.services.coins import coin_pasts
from pools.templatetags.pool_figures import few_digits
from pools.valuing import CoinPast, Hour

NOON = datetime(2026, 9, 25, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY_OF_ONE_TH = 86_400.0  # TH of work
BTC = 132_757_073_449_487.5


def past(*hours: Hour, reward: str = "3.125") -> CoinPast:
    return CoinPast(hours, lambda _height, _moment: Decimal(reward))


def test_a_day_of_one_ths_is_worth_what_was_worked_out_by_hand():
    found = past(Hour(NOON, Decimal("64528.21"), BTC, None))

    coins = found.coins(DAY_OF_ONE_TH, NOON)

    assert float(coins) == pytest.approx(4.735286200058027e-07, rel=1e-9)
    assert float(6 * coins * found.price_p(NOON)) == pytest.approx(18.33357253964678, rel=1e-9)


@pytest.mark.parametrize(
    ("difficulty", "reward", "coins"),
    [
        (531_625_310_065.6644, "3.125", 0.00011824921160879272),
        (430_030_207.2203099, "250.72839494", 11.728931187380775),
        (2e10, "50", 0.05029141902923584),
        (1e14, "3.125", 6.28642737865448e-07),
    ],
)
def test_each_coin_is_worth_what_was_worked_out_by_hand(difficulty, reward, coins):
    found = past(Hour(NOON, None, difficulty, None), reward=reward)

    assert float(found.coins(DAY_OF_ONE_TH, NOON)) == pytest.approx(coins, rel=1e-9)


def test_the_hour_s_own_figures_count_and_not_the_next_one_s():
    found = past(Hour(NOON, Decimal(1), 1e14, None), Hour(NOON + HOUR, Decimal(2), 2e14, None))

    assert found.price_p(NOON + timedelta(minutes=59)) == 100
    assert found.price_p(NOON + HOUR) == 200
    assert found.coins(1.0, NOON + timedelta(minutes=59)) == 2 * found.coins(1.0, NOON + HOUR)


def test_a_price_holds_for_a_day_a_difficulty_for_two_and_then_nothing_is_known():
    found = past(Hour(NOON, Decimal(1), 1e14, None))

    assert found.price_p(NOON + 23 * HOUR) == 100
    assert found.price_p(NOON + 24 * HOUR) is None
    assert found.coins(1.0, NOON + 47 * HOUR) is not None
    assert found.coins(1.0, NOON + 48 * HOUR) is None


def test_before_the_first_word_nothing_is_known():
    found = past(Hour(NOON, Decimal(1), 1e14, None))

    assert found.price_p(NOON - HOUR) is None
    assert found.coins(1.0, NOON - HOUR) is None
    assert past().coins(1.0, NOON) is None


@pytest.mark.django_db
def test_the_past_of_several_coins_takes_one_query_and_of_none_none(django_assert_num_queries):
    for coin in ("DGB", "BTC"):
        CoinObservation.objects.create(coin=coin, hour=NOON - 40 * HOUR, difficulty=430_030_207.22, height=24_206_000)
    CoinObservation.objects.create(coin="DGB", hour=NOON + HOUR, difficulty=1.0)

    with django_assert_num_queries(1):
        found = coin_pasts(["DGB", "BTC"], NOON, NOON + HOUR)
    with django_assert_num_queries(0):
        assert coin_pasts([], NOON, NOON + HOUR) == {}

    assert float(found["DGB"].coins(DAY_OF_ONE_TH, NOON)) == pytest.approx(11.7289, rel=1e-5)
    assert found["BTC"].coins(DAY_OF_ONE_TH, NOON) is not None


@pytest.mark.parametrize(
    ("amount", "words"),
    [("4.735286200058027e-07", "0.000000474"), ("11.7289", "11.7"), ("1234.5", "1,234"), ("0", "0"), (None, "–")],
)
def test_tiny_amounts_keep_three_digits_that_count(amount, words):
    assert few_digits(None if amount is None else Decimal(amount)) == words
