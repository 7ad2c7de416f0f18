from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strategy.core import (
    FailSafe,
    Override,
    OverrideKind,
    Power,
    Reason,
    Settings,
    SituationError,
    band_for,
    decide,
)
from tests.strategy.scenes import HALF_HOUR, NOON, SIX, make_bands, make_periods, situation

OFF_INSIDE = make_bands((0, "OFF"), (5, "BTC"), (10, "OFF"), (20, "DGB"), (None, "OFF"))


@pytest.mark.parametrize(
    ("price", "position"),
    [
        ("-19.94", 1),
        ("-0.000001", 1),
        ("0", 2),
        ("4.999999", 2),
        ("5", 3),
        ("9.999999", 3),
        ("10", 4),
        ("19.999999", 4),
        ("20", 5),
        ("29.999999", 5),
        ("30", 6),
        ("100", 6),
    ],
)
def test_a_price_equal_to_a_limit_belongs_to_the_dearer_band(price, position):
    assert band_for(Decimal(price), SIX).position == position
    assert decide(situation(price)).band.position == position


def test_a_price_above_every_limit_is_in_the_last_band():
    bands = make_bands((0, "BTC"), (5, "DGB"))

    assert band_for(Decimal(99), bands).position == 2


@pytest.mark.parametrize(
    ("now", "following", "current", "position", "reason"),
    [
        # the price is in an OFF band: at once
        (35, 1, 2, 6, Reason.OFF_NOW),
        (35, 35, None, 6, Reason.OFF_NOW),
        (35, None, 6, 6, Reason.OFF_NOW),
        # dearer: at once, whatever follows
        (12, 1, 2, 4, Reason.DEARER_NOW),
        (12, None, 1, 4, Reason.DEARER_NOW),
        # the same
        (12, None, 4, 4, Reason.SAME_BAND),
        # cheaper: the next slot has to confirm it
        (3, 3, 4, 2, Reason.CHEAPER_CONFIRMED),
        (3, -1, 4, 2, Reason.CHEAPER_CONFIRMED),
        (-1, 7, 4, 3, Reason.CHEAPER_CONFIRMED),
        (3, 12, 4, 4, Reason.CHEAPER_NOT_CONFIRMED),
        (3, 25, 4, 4, Reason.CHEAPER_NOT_CONFIRMED),
        (3, 35, 4, 4, Reason.CHEAPER_NOT_CONFIRMED),
        (3, None, 4, 4, Reason.NEXT_UNKNOWN),
        # out of an OFF band: likewise, and as far as the dearer of the two
        (25, 25, 6, 5, Reason.CHEAPER_CONFIRMED),
        (3, 25, 6, 5, Reason.CHEAPER_CONFIRMED),
        (25, 3, 6, 5, Reason.CHEAPER_CONFIRMED),
        (25, 31, 6, 6, Reason.CHEAPER_NOT_CONFIRMED),
        (25, None, 6, 6, Reason.NEXT_UNKNOWN),
        # nothing stored: adopt
        (12, None, None, 4, Reason.COLD_START),
    ],
)
def test_the_table_row_by_row(now, following, current, position, reason):
    decision = decide(situation(now, following, current=current))

    assert (decision.band.position, decision.reason) == (position, reason)


@pytest.mark.parametrize(
    ("now", "following", "current", "position", "reason"),
    [
        (-1, 3, 2, 1, Reason.OFF_NOW),  # an OFF band at the cheap end
        (3, 3, 1, 2, Reason.CHEAPER_CONFIRMED),  # out of it upwards: still a running band after OFF
        (3, None, 1, 1, Reason.NEXT_UNKNOWN),
        (3, 7, 1, 1, Reason.CHEAPER_NOT_CONFIRMED),  # the next slot is in the OFF band in the middle
        (7, 3, 2, 3, Reason.OFF_NOW),
        (12, 3, 3, 4, Reason.CHEAPER_CONFIRMED),
        (3, 12, 3, 4, Reason.CHEAPER_CONFIRMED),
        (3, 7, 4, 4, Reason.CHEAPER_NOT_CONFIRMED),
        (12, -1, 2, 4, Reason.DEARER_NOW),
    ],
)
def test_off_bands_may_stand_anywhere(now, following, current, position, reason):
    decision = decide(situation(now, following, current=current, bands=OFF_INSIDE))

    assert (decision.band.position, decision.reason) == (position, reason)


def test_a_gap_after_the_slot_is_an_unknown_next_slot():
    decision = decide(situation(3, None, 3, current=4))

    assert decision.reason is Reason.NEXT_UNKNOWN


@pytest.mark.parametrize("length", [timedelta(minutes=1), timedelta(minutes=15), timedelta(hours=1)])
def test_slots_of_any_length_are_followed(length):
    scene = replace(situation(current=4), periods=make_periods(3, 3, length=length), now=NOON)

    decision = decide(scene)

    assert decision.reason is Reason.CHEAPER_CONFIRMED
    assert decision.until == NOON + length


def test_a_position_that_is_gone_counts_as_none():
    assert decide(situation(12, current=9)).reason is Reason.COLD_START


class TestOverride:
    def test_off_wins_over_any_price(self):
        decision = decide(situation(-5, -5, override=Override(kind=OverrideKind.OFF)))

        assert (decision.reason, decision.power, decision.band, decision.target) == (
            Reason.OVERRIDE_OFF,
            Power.OFF,
            None,
            "OFF",
        )

    def test_on_takes_the_chosen_band_at_any_price(self):
        decision = decide(situation(99, 99, override=Override(kind=OverrideKind.ON, band=3)))

        assert (decision.reason, decision.band.position, decision.power) == (Reason.OVERRIDE_ON, 3, Power.ON)

    def test_on_without_a_band_takes_the_band_of_now_if_it_runs(self):
        assert decide(situation(12, override=Override(kind=OverrideKind.ON))).band.position == 4

    def test_on_without_a_band_takes_the_cheapest_that_runs_otherwise(self):
        decision = decide(situation(7, bands=OFF_INSIDE, override=Override(kind=OverrideKind.ON)))

        assert decision.band.position == 2

    def test_on_needs_no_price(self):
        assert decide(situation(override=Override(kind=OverrideKind.ON))).band.position == 1

    def test_on_is_refused_when_nothing_runs(self):
        bands = make_bands((0, "OFF"), (None, "OFF"))

        with pytest.raises(SituationError, match="Every band is OFF"):
            decide(situation(7, bands=bands, override=Override(kind=OverrideKind.ON)))

    @pytest.mark.parametrize("band", [6, 7])
    def test_on_is_refused_for_a_band_that_is_off_or_missing(self, band):
        with pytest.raises(SituationError) as caught:
            decide(situation(7, override=Override(kind=OverrideKind.ON, band=band)))
        assert caught.value.field == "override.band"

    def test_it_ends_at_its_end(self):
        override = Override(kind=OverrideKind.OFF, until=NOON + timedelta(minutes=10))

        assert decide(situation(12, minutes=9, override=override)).reason is Reason.OVERRIDE_OFF
        assert decide(situation(12, minutes=10, override=override)).reason is Reason.COLD_START


class TestWithoutAPrice:
    @pytest.mark.parametrize(
        ("minutes", "reason"),
        [(30, Reason.NO_PRICE_GRACE), (59, Reason.NO_PRICE_GRACE), (60, Reason.NO_PRICE_FAIL_SAFE)],
    )
    def test_the_grace_time_counts_from_the_end_of_the_last_slot(self, minutes, reason):
        assert decide(situation(3, minutes=minutes, current=2)).reason is reason

    def test_a_gap_counts_from_the_slot_before_it(self):
        decision = decide(situation(3, None, None, 3, minutes=61, current=2))

        assert decision.reason is Reason.NO_PRICE_FAIL_SAFE
        assert decision.until == NOON + 3 * HALF_HOUR

    def test_what_is_stored_of_the_last_price_counts_when_the_slots_are_gone(self):
        scene = situation(current=2, last_price_at=NOON)

        assert decide(scene).reason is Reason.NO_PRICE_GRACE

    def test_in_the_grace_time_everything_stays(self):
        decision = decide(situation(3, minutes=35, current=2))

        assert (decision.power, decision.target, decision.band.position) == (Power.HOLD, "HOLD", 2)
        assert decision.until == NOON + timedelta(minutes=60)

    @pytest.mark.parametrize(
        ("fail_safe", "power", "target"),
        [
            (FailSafe.OFF, Power.OFF, "OFF"),
            (FailSafe.LOWEST, Power.LOWEST, "KEEP"),
            (FailSafe.HOLD, Power.HOLD, "HOLD"),
        ],
    )
    def test_the_fail_safe_is_the_chosen_one(self, fail_safe, power, target):
        decision = decide(situation(minutes=90, settings=Settings(fail_safe=fail_safe)))

        assert (decision.power, decision.target, decision.band) == (power, target, None)

    def test_a_house_that_never_had_a_price_is_not_held_on(self):
        assert decide(situation()).reason is Reason.NO_PRICE_FAIL_SAFE


class TestDisabled:
    def test_nothing_is_commanded_and_the_decision_is_still_told(self):
        decision = decide(situation(12, enabled=False))

        assert (decision.power, decision.band, decision.reason) == (Power.HOLD, None, Reason.DISABLED)
        assert "12.00 p is in 10–20 p" in decision.explanation

    def test_it_wins_over_an_override(self):
        override = Override(kind=OverrideKind.OFF)

        assert decide(situation(12, enabled=False, override=override)).reason is Reason.DISABLED


@pytest.mark.parametrize(
    ("now", "following", "current", "flips"),
    [
        (8, 8, 3, "10"),  # upwards first
        (35, 3, 6, "30"),  # nothing dearer is left: downwards
        (3, 12, 4, "20"),  # held in 4 by the next slot; a dearer band than 4 would apply at once
        (35, 35, 6, None),  # the next slot is OFF as well: no price of this one would change it
    ],
)
def test_the_price_at_which_it_would_flip(now, following, current, flips):
    decision = decide(situation(now, following, current=current))

    assert decision.flips_at_p_per_kwh == (None if flips is None else Decimal(flips))


prices = st.decimals(min_value=-20, max_value=100, places=4)
targets = st.sampled_from(["OFF", "DGB", "BCH", "BTC", "BTC_POOLED", "KEEP"])


@st.composite
def band_sets(draw):
    count = draw(st.integers(2, 12))
    limits = sorted(draw(st.lists(prices, min_size=count - 1, max_size=count - 1, unique=True)))
    return make_bands(*((limit, draw(targets)) for limit in [*limits, None]))


@given(now=prices, following=st.none() | prices, bands=band_sets(), data=st.data())
def test_what_never_happens(now, following, bands, data):
    current = data.draw(st.none() | st.integers(1, len(bands)))
    scene = situation(now, following, current=current, bands=bands)
    decision = decide(scene)
    of_price = band_for(now, bands)

    if decision.band.runs:
        assert of_price.runs, "it never runs while the price is in an OFF band"
        assert decision.band.position >= of_price.position, "it never runs in a band cheaper than the price's"
    assert decide(scene) == decision, "the same question has the same answer"
    again = decide(replace(scene, current_band=decision.band.position))
    assert again.band == decision.band, "deciding twice changes nothing"
    assert decision.explanation


@given(now=prices, following=prices, bands=band_sets(), data=st.data())
def test_a_flip_really_flips(now, following, bands, data):
    current = data.draw(st.none() | st.integers(1, len(bands)))
    scene = situation(now, following, current=current, bands=bands)
    decision = decide(scene)
    flip = decision.flips_at_p_per_kwh

    if flip is not None:
        moved = flip if flip > now else flip - Decimal("0.000001")
        other = decide(replace(scene, periods=make_periods(moved, following)))
        assert other.band != decision.band
