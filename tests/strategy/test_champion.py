"""The champion: chosen by joules per terahash, kept until the band is left, replaced after three failures."""

from dataclasses import replace

from strategy.champion import ChampionEvent, ChampionState, EfficiencySource, joules_per_terahash, next_state, ranked
from strategy.core import Band, Decision, Power, Reason
from strategy.wanting import Efficiency, Fields, MinerView, wanted


def miner(name, j_per_th=20.0, **changes):
    measured = Efficiency(power_w=j_per_th * 100, hashrate_ths=100.0, samples=50)
    return MinerView(
        **{"id": name, "family": "bitaxe", "modes": ("eco", "standard"), "efficiency": measured, **changes}
    )


def test_the_most_efficient_is_selected_and_ties_go_by_id():
    state, event = next_state(ChampionState(), [miner("1", 30), miner("10", 15), miner("2", 15)], 5)

    assert (state.champion, event) == ("2", ChampionEvent.SELECTED)


def test_it_stays_when_another_becomes_better():
    state, _event = next_state(ChampionState(), [miner("1", 15), miner("2", 20)], 5)
    state, event = next_state(state, [miner("1", 25), miner("2", 10)], 5)

    assert (state.champion, event) == ("1", ChampionEvent.NONE)


def test_three_failures_in_a_row_promote_the_next_and_one_success_forgets_them():
    failing = [miner("1", 15, failing=True), miner("2", 20)]
    state, _event = next_state(ChampionState(), [miner("1", 15), miner("2", 20)], 5)
    state, _event = next_state(state, failing, 5)
    state, _event = next_state(state, failing, 5)
    state, _event = next_state(state, [miner("1", 15), miner("2", 20)], 5)
    assert state.failures == 0

    for _tick in range(2):
        state, event = next_state(state, failing, 5)
        assert (state.champion, event) == ("1", ChampionEvent.NONE)
    state, event = next_state(state, failing, 5)
    assert (state.champion, event, state.failed) == ("2", ChampionEvent.PROMOTED, ("1",))


def test_when_none_is_left_it_is_said_once_and_all_stay_off():
    state = ChampionState(band=5, champion="1", failures=2)
    alone = [miner("1", failing=True)]

    state, event = next_state(state, alone, 5)
    assert (state.champion, event) == (None, ChampionEvent.EXHAUSTED)
    state, event = next_state(state, alone, 5)
    assert (state.champion, event) == (None, ChampionEvent.NONE)


def test_another_stay_gives_everybody_a_new_chance():
    state = ChampionState(band=5, failed=("1",), exhausted=True)

    state, _event = next_state(state, [miner("1")], None)
    state, event = next_state(state, [miner("1")], 5)

    assert (state.champion, event) == ("1", ChampionEvent.SELECTED)


def test_it_is_chosen_late_when_none_could_be_at_entry():
    state, event = next_state(ChampionState(), [miner("1", reachable=False)], 5)
    assert (state.champion, event) == (None, ChampionEvent.NONE)

    state, event = next_state(state, [miner("1")], 5)
    assert (state.champion, event) == ("1", ChampionEvent.SELECTED)


def test_a_champion_that_is_no_longer_enrolled_is_replaced():
    state = ChampionState(band=5, champion="1")

    state, event = next_state(state, [miner("1", enrolled=False), miner("2")], 5)

    assert (state.champion, event) == ("2", ChampionEvent.PROMOTED)


def test_who_may_be_champion():
    off_by_us = miner("1", reachable=False, confirmed=Fields(power=False))
    held = miner("2", holds={"mode": "keeper"})
    gone = miner("3", reachable=False)
    foreign = miner("4", enrolled=False)

    assert [view.id for view in ranked([off_by_us, held, gone, foreign, miner("5", 30)])] == ["1", "5"]


def test_where_a_figure_comes_from_is_told():
    few = Efficiency(power_w=100, hashrate_ths=5, samples=3)

    assert joules_per_terahash(few) == (20.0, EfficiencySource.FEW)
    assert joules_per_terahash(replace(few, samples=10))[1] is EfficiencySource.MEASURED
    assert joules_per_terahash(Efficiency(expected_j_per_th=17.5)) == (17.5, EfficiencySource.EXPECTED)
    assert joules_per_terahash(Efficiency()) == (None, EfficiencySource.UNKNOWN)


def test_the_unknown_come_last():
    assert [view.id for view in ranked([miner("1", efficiency=Efficiency()), miner("2", 40)])] == ["2", "1"]


def test_in_a_champion_band_one_runs_its_lowest_mode_and_the_others_are_off():
    band = Band(position=5, ceiling_p_per_kwh=None, target="DGB", champion_only=True, modes={"bitaxe": "turbo"})
    decision = Decision(band=band, power=Power.ON, target="DGB", reason=Reason.SAME_BAND, explanation="25 p.")

    best = wanted(miner("1"), decision, champion="1")
    other = wanted(miner("2"), decision, champion="1")
    external = wanted(
        miner("1"), replace(decision, band=replace(band, modes={"bitaxe": "managed_externally"})), champion="1"
    )

    assert (best.on, best.mode, best.pool, best.champion) == (True, "eco", "DGB", True)
    assert (other.on, other.mode, other.champion) == (False, None, False)
    assert (external.on, external.mode) == (True, None)
