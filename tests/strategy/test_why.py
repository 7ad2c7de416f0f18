"""Why nothing happens: which condition decided, for the strategy and for one miner."""

from dataclasses import replace
from datetime import timedelta

import pytest

from strategy.core import Band, FailSafe, Override, OverrideKind, Settings, decide
from strategy.why import Device, Fleet, why_fleet, why_miner
from tests.strategy.scenes import NOON, SIX, situation

FLEET = Fleet(enrolled=3, pool="Solo", champion=None)
STUDY = Device(name="Study")


def clock(moment):
    return f"{moment:%H:%M}"


def fleet_checks(scene, fleet=FLEET):
    return why_fleet(scene, decide(scene), fleet, clock)


def miner_checks(scene, device=STUDY, fleet=FLEET):
    return why_miner(scene, decide(scene), device, fleet, clock)


def decided(checks):
    (found,) = [item for item in checks if item.decided]
    return found


RUNS = situation(7, 7, current=3)


@pytest.mark.parametrize(
    ("scene", "name", "words"),
    [
        (RUNS, "outcome", "Band 3 runs"),
        (replace(RUNS, enabled=False), "strategy", "nothing is told"),
        (replace(RUNS, override=Override(kind=OverrideKind.OFF)), "override", "Forced off by keeper"),
        (situation(35, 35, current=6), "band", "which is off"),
        (situation(7, None, current=4), "confirmed", "is not known"),
        (situation(7, 15, current=4), "confirmed", "does not confirm"),
        (situation(None, None, current=4), "price", "grace time is over"),
    ],
)
def test_the_condition_that_decides_is_marked(scene, name, words):
    found = decided(fleet_checks(scene, replace(FLEET, override_by="keeper")))

    assert found.name == name
    assert words in found.words


def test_conditions_after_the_deciding_one_were_not_asked():
    checks = fleet_checks(replace(RUNS, enabled=False))

    assert checks[0].passed is False
    assert {item.passed for item in checks[1:]} == {None}


def test_within_the_grace_time_the_missing_price_decides():
    scene = situation(
        None, last_price_at=NOON, current=3, settings=Settings(grace=timedelta(minutes=30), fail_safe=FailSafe.OFF)
    )

    assert decided(fleet_checks(scene)).name == "price"
    assert "grace" in decided(fleet_checks(scene)).words


def test_no_enrolled_miner_decides():
    assert decided(fleet_checks(RUNS, replace(FLEET, enrolled=0))).name == "enrolled"


def test_a_missing_pool_is_told_but_decides_nothing():
    checks = fleet_checks(RUNS, replace(FLEET, pool=None))
    (pool,) = [item for item in checks if item.name == "pool"]

    assert pool.passed is False
    assert "keeps its pool" in pool.words
    assert decided(checks).name == "outcome"


def test_a_pool_that_shares_is_named_as_people_read_it():
    shared = replace(RUNS, bands=(Band(position=1, ceiling_p_per_kwh=None, target="BTC_POOLED"),))

    words = [check.words for check in fleet_checks(shared)]

    assert any(line.startswith("BTC pooled has a usable pool") for line in words)


def test_many_silent_miners_are_named_in_part():
    checks = fleet_checks(RUNS, replace(FLEET, unreachable=tuple("ABCDEF")))

    assert any("A, B, C, D and 2 more" in item.words for item in checks)


@pytest.mark.parametrize(
    ("device", "name"),
    [
        (replace(STUDY, enabled=False), "enabled"),
        (replace(STUDY, may_be_written=False), "writable"),
        (replace(STUDY, enrolled=False), "enrolled"),
        (replace(STUDY, holds=(("power", "by hand"),)), "power"),
        (replace(STUDY, unreachable_since=NOON, error="No answer in 5 s."), "reachable"),
        (replace(STUDY, overheated=True), "overheated"),
        (replace(STUDY, commands=("mode, sent",)), "commands"),
        (replace(STUDY, waiting="pool failed 3 times; next try 12:30 UTC"), "waiting"),
        (replace(STUDY, starts_until=NOON), "starting"),
        (replace(STUDY, holds=(("mode", "Dan"),)), "outcome"),
        (STUDY, "outcome"),
    ],
)
def test_what_decides_for_one_miner(device, name):
    assert decided(miner_checks(RUNS, device)).name == name


def test_a_miner_switched_on_by_hand_at_an_excluded_price_is_not_left_alone():
    device = replace(STUDY, holds=(("power", "by hand"),))

    assert decided(miner_checks(situation(35, 35, current=6), device)).name == "band"


def test_in_a_champion_band_the_others_are_told_who_it_is():
    bands = (*SIX[:4], replace(SIX[4], champion_only=True), SIX[5])
    scene = situation(25, 25, current=5, bands=bands)
    fleet = replace(FLEET, champion="Loft")

    assert "that is Loft" in decided(miner_checks(scene, STUDY, fleet)).words
    assert decided(miner_checks(scene, replace(STUDY, is_champion=True), fleet)).name == "outcome"
    assert decided(fleet_checks(scene, FLEET)).name == "champion"


def test_forced_on_asks_no_price():
    scene = replace(situation(35, 35), override=Override(kind=OverrideKind.ON, band=2))
    checks = miner_checks(scene)

    assert decided(checks).name == "outcome"
    assert "price" not in {item.name for item in checks}
