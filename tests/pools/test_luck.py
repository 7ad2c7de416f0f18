import math

import pytest

from pools.luck import break_even_p_per_kwh, chance, coins_per_ths_day, expected_blocks, luck_of_best_share, odds

DAY = 86_400
BTC, BCH, DGB = 132_757_073_449_487.5, 531_625_310_065.6644, 430_030_207.2203099


def near(value: float) -> object:
    return pytest.approx(value, rel=1e-9)


def test_coins_a_day_are_those_worked_out_by_hand():
    assert coins_per_ths_day(1e14, 3.125) == near(6.28642737865448e-07)
    assert 100 * coins_per_ths_day(1e14, 3.125, 0.02) == near(6.16069883108139e-05)
    assert coins_per_ths_day(BTC, 3.125) == near(4.735286200058027e-07)
    assert coins_per_ths_day(BCH, 3.125) == near(0.00011824921160879272)
    assert coins_per_ths_day(DGB, 250.72839494) == near(11.728931187380775)


def test_chances_are_those_worked_out_by_hand():
    assert chance(1, 1e14, 365 * DAY) == near(7.342277619870632e-05)
    assert [chance(1.2, BCH, days * DAY) for days in (7, 30, 365)] == [
        near(0.0003178033706114257),
        near(0.0013613035023624426),
        near(0.01643721956468683),
    ]
    assert chance(6, DGB, DAY) == near(0.24472742991829594)
    assert 1 / expected_blocks(6, DGB, DAY) == near(3.5628195916345176)
    assert 1 / expected_blocks(1.2, 1e9, DAY) == near(41.425224691358025)


def test_the_break_even_price_is_the_one_worked_out_by_hand():
    assert break_even_p_per_kwh(coins_per_ths_day(1e14, 3.125), 6_000_000, 20) == near(7.8580342233181)


def test_half_of_the_miners_wait_longer_than_the_median_and_a_third_longer_than_the_mean():
    found = odds(6, DGB)
    assert found.median_s == near(found.mean_s * math.log(2))
    assert 1 - chance(6, DGB, found.mean_s) == near(math.exp(-1))
    assert found.chances["hour"] < found.chances["day"] < found.chances["month"] < found.chances["year"] <= 1
    assert odds(0, DGB).mean_s == math.inf
    assert odds(0, DGB).chances["year"] == 0


def test_a_best_share_as_high_as_the_work_is_luckier_than_a_third():
    assert luck_of_best_share(1e9, 1e9) == near(100 * math.exp(-1))
    assert luck_of_best_share(1e12, 1e9) > 99.8
    with pytest.raises(ValueError, match="nought"):
        luck_of_best_share(0, 1)
