"""The champion, at the edges that a mutation run found nobody to stand at."""

import pytest

from strategy.champion import (
    SAMPLES_MIN,
    ChampionEvent,
    ChampionState,
    EfficiencySource,
    is_candidate,
    joules_per_terahash,
    next_state,
    ranked,
)
from strategy.wanting import Efficiency, Fields, MinerView, Plug


def view(name, **changes):
    return MinerView(**{"id": name, "family": "bitaxe", **changes})


@pytest.mark.parametrize(
    ("samples", "source"),
    [(9, EfficiencySource.FEW), (10, EfficiencySource.MEASURED), (11, EfficiencySource.MEASURED)],
)
def test_ten_readings_are_enough(samples, source):
    assert SAMPLES_MIN == 10
    assert joules_per_terahash(Efficiency(power_w=30.0, hashrate_ths=2.0, samples=samples)) == (15.0, source)


@pytest.mark.parametrize("figures", [{"power_w": 30.0}, {"hashrate_ths": 2.0}, {"power_w": 0.0, "hashrate_ths": 2.0}])
def test_half_a_measurement_is_none(figures):
    told = joules_per_terahash(Efficiency(**figures, samples=20, expected_j_per_th=17.0))

    assert told == (17.0, EfficiencySource.EXPECTED)


def test_a_new_champion_begins_without_failures():
    first = ChampionState(band=5, champion="1", failures=2)

    promoted, event = next_state(first, [view("1", failing=True), view("2")], 5)
    emptied, _event = next_state(first, [view("1", failing=True)], 5)

    assert event is ChampionEvent.PROMOTED
    assert promoted == ChampionState(band=5, champion="2", failures=0, failed=("1",))
    assert emptied == ChampionState(band=5, champion=None, failures=0, failed=("1",), exhausted=True)


def test_one_that_works_again_has_no_failures_and_one_that_starts_keeps_them():
    state = ChampionState(band=5, champion="1", failures=2)

    assert next_state(state, [view("1")], 5)[0].failures == 0
    assert next_state(state, [view("1", starting=True)], 5)[0].failures == 2


def test_a_late_choice_after_exhaustion_is_told_again_when_it_fails():
    state = ChampionState(band=5, failed=("1",), exhausted=True)

    chosen, event = next_state(state, [view("2")], 5)

    assert event is ChampionEvent.PROMOTED
    assert not chosen.exhausted


@pytest.mark.parametrize(
    ("can", "state", "is_one"), [(True, None, True), (False, False, True), (False, True, False), (False, None, False)]
)
def test_one_that_is_silent_is_a_candidate_only_where_we_turned_it_off(can, state, is_one):
    plug = Plug(entity="switch.desk", state=state)
    miner = view("1", reachable=False, confirmed=Fields(power=False), can_turn_off=can, plug=plug)

    assert is_candidate(miner) is is_one


def test_equal_figures_go_by_number_then_by_word_and_the_unknown_come_last():
    same = Efficiency(expected_j_per_th=15.0)
    views = [view("10", efficiency=same), view("9", efficiency=same), view("b", efficiency=same)]
    views += [view("1"), view("0", efficiency=Efficiency(expected_j_per_th=15.5)), view("a", efficiency=same)]

    assert [miner.id for miner in ranked(views)] == ["a", "b", "9", "10", "0", "1"]


def test_a_word_goes_between_nought_and_one():
    same = Efficiency(expected_j_per_th=15.0)

    assert [miner.id for miner in ranked(view(name, efficiency=same) for name in ("1", "a", "0"))] == ["0", "a", "1"]
