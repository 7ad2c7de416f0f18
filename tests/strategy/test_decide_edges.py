"""The edges of the decision that a mutation run found nobody to stand at."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from strategy.core import (
    BANDS_MAX,
    BANDS_MIN,
    FailSafe,
    Override,
    OverrideKind,
    Power,
    Reason,
    Settings,
    at_position,
    decide,
    exact,
)
from tests.strategy.scenes import HALF_HOUR, NOON, SIX, make_bands, situation


def test_a_household_has_two_to_twelve_bands():
    assert (BANDS_MIN, BANDS_MAX) == (2, 12)


@pytest.mark.parametrize(
    ("rows", "position", "told", "lies"),
    [
        (((5, "OFF"), (None, "OFF")), 1, "below 5 p", "below 5 p"),
        (((5, "OFF"), (10, "OFF"), (None, "OFF")), 2, "5–10 p", "in 5–10 p"),
        ((("-2.5", "OFF"), (-1, "OFF"), (None, "OFF")), 2, "-2.5 to -1 p", "in -2.5 to -1 p"),
        (((-1, "OFF"), (10, "OFF"), (None, "OFF")), 2, "-1 to 10 p", "in -1 to 10 p"),
        (((0, "OFF"), (10, "OFF"), (None, "OFF")), 2, "0–10 p", "in 0–10 p"),
        (((5, "OFF"), (None, "OFF")), 2, "5 p and over", "5 p or over"),
        (((None, "OFF"),), 1, "any price", "in the band"),
    ],
)
def test_a_band_says_its_range(rows, position, told, lies):
    band = make_bands(*rows)[position - 1]

    assert (band.range_words, band.place_words) == (told, lies)


@pytest.mark.parametrize(("price", "power"), [(35, Power.OFF), (25, Power.ON)])
def test_a_band_that_is_off_asks_for_off_and_one_that_runs_for_on(price, power):
    assert decide(situation(price, price)).power is power


def test_only_a_champion_band_that_runs_is_the_champion_s():
    alone = (*SIX[:5], replace(SIX[5], champion_only=True))
    running = (*SIX[:4], replace(SIX[4], champion_only=True), SIX[5])
    waiting = decide(situation(25, current=5, bands=running, minutes=40, last_price_at=NOON + HALF_HOUR))

    assert decide(situation(25, 25, bands=running)).champion_only
    assert not decide(situation(15, 15, bands=running)).champion_only
    assert not decide(situation(35, 35, bands=alone)).champion_only, "it is off"
    assert waiting.reason is Reason.NO_PRICE_GRACE
    assert waiting.band == running[4]
    assert not waiting.champion_only, "nothing is changed while a price is waited for"
    assert not decide(situation(bands=running, settings=Settings(fail_safe=FailSafe.HOLD))).champion_only


@pytest.mark.parametrize("position", [0, 7, -1, None])
def test_there_is_no_band_before_the_first_nor_after_the_last(position):
    assert at_position(SIX, position) is None


def test_at_a_limit_the_next_price_down_is_where_it_flips():
    assert decide(situation(20, 20, current=5)).flips_at_p_per_kwh == Decimal(30)
    only_cheaper = make_bands((20, "DGB"), (None, "BTC"))
    assert decide(situation(20, 15, current=2, bands=only_cheaper)).flips_at_p_per_kwh == Decimal(20)


@pytest.mark.parametrize(("band", "until"), [(None, NOON + HALF_HOUR), (2, None)])
def test_an_override_into_a_chosen_band_outlasts_the_slot(band, until):
    forced = decide(situation(9, 9, override=Override(kind=OverrideKind.ON, band=band)))

    assert forced.until == until


def test_forced_off_it_still_tells_the_price_where_one_is_known():
    off = Override(kind=OverrideKind.OFF)

    assert decide(situation(9, override=off)).price_p_per_kwh == Decimal(9)
    assert decide(situation(override=off)).price_p_per_kwh is None


def test_the_last_known_slot_has_no_next_one():
    assert decide(situation(9, current=5)).reason is Reason.NEXT_UNKNOWN


@pytest.mark.parametrize("minutes", [10, 40])
def test_the_next_slot_is_the_one_right_after_whatever_else_is_known(minutes):
    assert decide(situation(9, 9, 9, 35, current=5, minutes=minutes)).reason is Reason.CHEAPER_CONFIRMED


def test_an_override_that_ends_this_very_moment_is_no_time_to_ask_again():
    now = NOON + timedelta(minutes=10)

    assert decide(situation(9, 9, override=Override(kind=OverrideKind.OFF, until=now))).until == NOON + HALF_HOUR


def test_the_sentence_says_whether_it_stays_on_or_off():
    assert "band 5 stays." in decide(situation(9, current=5)).explanation
    assert "it stays off in band 6." in decide(situation(9, current=6)).explanation


@pytest.mark.parametrize(
    ("price", "words"), [("5", "5.00"), ("0", "0.00"), ("0.005", "0.005"), ("7.1234", "7.1234"), ("7.120", "7.12")]
)
def test_a_price_is_written_with_two_places_or_all_it_has(price, words):
    assert exact(Decimal(price)) == words
