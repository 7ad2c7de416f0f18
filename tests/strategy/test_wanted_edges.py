"""What each miner should do, at the edges that a mutation run found nobody to stand at."""

from dataclasses import replace

import pytest

from strategy.core import MANAGED_EXTERNALLY, FailSafe, Settings, decide
from strategy.services.commanding import fields_to_look_at
from strategy.wanting import Fields, MinerView, Wanted, has_restarted, mode_of, must_be_enforced, wanted
from tests.strategy.scenes import SIX, situation

ESP = ("eco", "standard", "turbo")
LOWEST = decide(situation(settings=Settings(fail_safe=FailSafe.LOWEST)))
HOLD = decide(situation(settings=Settings(fail_safe=FailSafe.HOLD)))


def view(**changes):
    return MinerView(**{"id": "1", "family": "bitaxe", "modes": ESP, **changes})


@pytest.mark.parametrize(
    ("observed", "confirmed", "told"),
    [
        (True, True, Wanted(on=None, mode="eco", why=LOWEST.explanation)),
        (None, None, Wanted(on=None, mode="eco", why=LOWEST.explanation)),
        (False, True, Wanted(on=False, why=LOWEST.explanation)),
        (True, False, Wanted(on=False, why=LOWEST.explanation)),
        (False, False, Wanted(on=False, why=LOWEST.explanation)),
    ],
)
def test_under_the_fail_safe_what_runs_goes_low_and_what_is_off_stays_off(observed, confirmed, told):
    miner = view(observed=Fields(power=observed), confirmed=Fields(power=confirmed))

    assert wanted(miner, LOWEST) == told


def test_under_the_fail_safe_a_miner_without_modes_keeps_the_one_it_has():
    assert wanted(view(modes=()), LOWEST) == Wanted(on=None, mode=None, why=LOWEST.explanation)


def test_while_nothing_is_changed_the_champion_keeps_its_badge():
    assert wanted(view(), HOLD, champion="1").champion
    assert not wanted(view(), HOLD, champion="2").champion


@pytest.mark.parametrize(
    ("modes", "asked", "runs", "says"),
    [
        (ESP, "eco", "eco", ""),
        (ESP, MANAGED_EXTERNALLY, None, ""),
        ((*ESP, MANAGED_EXTERNALLY), MANAGED_EXTERNALLY, None, ""),
        ((*ESP, "oc"), "oc", "oc", ""),
        (ESP, "oc", "turbo", "No overclock has been entered"),
        (("eco", "standard"), "oc", "standard", "has no oc, so it runs standard"),
        (("eco", "standard"), "turbo", "standard", "has no turbo, so it runs standard"),
        (("low", "high"), "oc", None, "has no mode oc"),
        (("low", "high"), "turbo", None, "has no mode turbo"),
        (ESP, "low", None, "has no mode low"),
        (("eco", "turbo"), "standard", None, "has no mode standard"),
    ],
)
def test_the_mode_a_band_asks_for_or_the_next_best(modes, asked, runs, says):
    mode, note = mode_of(view(modes=modes), asked)

    assert mode == runs
    assert says in note
    assert bool(note) == bool(says)


@pytest.mark.parametrize(
    ("champion", "words"), [("2", "another miner is the champion"), (None, "no champion could be chosen yet")]
)
def test_one_that_is_not_the_champion_says_why_it_is_off(champion, words):
    alone = (*SIX[:4], replace(SIX[4], champion_only=True), SIX[5])

    told = wanted(view(), decide(situation(25, 25, bands=alone)), champion=champion)

    assert told.on is False
    assert words in told.why
    assert not told.champion


@pytest.mark.parametrize("mode", [MANAGED_EXTERNALLY, "turbo"])
@pytest.mark.parametrize("modes", [ESP, ()])
def test_a_champion_runs_its_lowest_mode_where_modes_are_ours(modes, mode):
    alone = (*SIX[:4], replace(SIX[4], champion_only=True, modes={"bitaxe": mode}), SIX[5])

    told = wanted(view(modes=modes), decide(situation(25, 25, bands=alone)), champion="1")

    assert (told.on, told.champion) == (True, True)
    assert told.mode == ("eco" if modes and mode == "turbo" else None)


@pytest.mark.parametrize(("can", "modes", "mode"), [(True, ESP, None), (False, ESP, "eco"), (False, (), None)])
def test_off_means_the_lowest_mode_only_where_it_cannot_be_turned_off(can, modes, mode):
    told = wanted(view(can_turn_off=can, modes=modes), decide(situation(35, 35)))

    assert (told.on, told.mode, bool(told.note)) == (False, mode, not can)


@pytest.mark.parametrize(("fields", "obeys"), [({}, True), ({"pause_fails": True}, False)])
def test_one_that_could_be_off_and_does_not_obey_runs_its_lowest_mode_and_is_told_again(fields, obeys):
    miner = view(can_turn_off=True, modes=ESP, **fields)
    told = wanted(miner, decide(situation(35, 35)))

    assert (told.on, told.mode) == (False, None if obeys else "eco")
    assert fields_to_look_at(miner, told) == (("power",) if obeys else ("power", "mode"))


def test_only_off_is_put_back_against_a_hand():
    assert must_be_enforced("power", False)
    assert not must_be_enforced("power", True)
    assert not must_be_enforced("mode", False)
    assert not must_be_enforced("pool", None)


@pytest.mark.parametrize(
    ("seen", "confirmed", "restarted"), [(99, 100, True), (100, 100, False), (None, 100, False), (99, None, False)]
)
def test_a_device_restarted_when_its_uptime_fell(seen, confirmed, restarted):
    assert has_restarted(view(observed=Fields(uptime_s=seen), confirmed=Fields(uptime_s=confirmed))) is restarted
