"""A champion's stay end to end: chosen once, judged each minute, kept while a price is waited for."""

from dataclasses import replace
from datetime import timedelta

import pytest

from hmm.audit.models import AuditEntry
from miners.models import MinerTarget
from miners.services.fleet import edit_miner
from miners.services.targets import hold_field
from notifications.models import Incident
from strategy.champion import ChampionState, next_state
from strategy.models import StrategyState
from strategy.services.bands import apply_now, edit_band
from strategy.services.choosing import candidates
from strategy.services.gathering import gather
from strategy.wanting import MinerView

pytestmark = pytest.mark.django_db


@pytest.fixture
def stay(house):
    """Enter a champion band; the one miner is chosen and runs."""
    edit_band(3, {"champion_only": True}, actor="keeper", now=house.now)
    apply_now(actor="keeper", now=house.now)
    house.prices(9, None, 9)
    house.tick()
    house.settle(240)
    assert StrategyState.objects.get().champion_id == house.miner.pk
    return house


def told(what):
    return AuditEntry.objects.filter(action=f"champion.{what}").count()


def test_it_is_chosen_once_and_stored_with_its_row(stay):
    stay.pass_minutes(2)

    entry = AuditEntry.objects.get(action="champion.selected")
    assert (entry.target_label, entry.created_at) == (stay.miner.name, StrategyState.objects.get().champion_judged_at)
    assert MinerTarget.objects.get().champion


@pytest.mark.parametrize(("seconds_ago", "counts"), [(-1, True), (0, False), (44.9, False), (45, True), (None, True)])
def test_what_fails_counts_again_after_45_seconds_and_is_starting_until_then(stay, seconds_ago, counts):
    scene = gather(stay.now)
    scene.state.champion_judged_at = None if seconds_ago is None else stay.now - timedelta(seconds=seconds_ago)

    def seen(failing):
        view = replace(scene.views[0], failing=failing, starting=False)
        (judged,) = candidates(replace(scene, views=(view,)), stay.now, fresh=False)
        return judged.failing, judged.starting

    assert seen(failing=True) == (counts, not counts)
    assert seen(failing=False) == (False, False)


@pytest.mark.parametrize(("fresh", "held"), [(True, {"plug"}), (False, {"plug", "power", "mode", "pool"})])
def test_a_change_of_the_band_ends_what_a_hand_holds_and_not_what_bars_a_plug(stay, fresh, held):
    scene = gather(stay.now)
    holds = dict.fromkeys(("plug", "power", "mode", "pool"), "ann")

    (view,) = candidates(replace(scene, views=(replace(scene.views[0], holds=holds),)), stay.now, fresh=fresh)

    assert set(view.holds) == held


def test_a_band_that_is_a_champions_no_more_has_none_although_a_price_is_waited_for(stay):
    judged_at = StrategyState.objects.get().champion_judged_at
    stay.now = stay.now.replace(minute=31)
    edit_band(3, {"champion_only": False}, actor="keeper", now=stay.now)
    apply_now(actor="keeper", now=stay.now)
    stay.poll()
    stay.tick()

    state = StrategyState.objects.get()
    assert (state.champion_id, state.champion_judged_at) == (None, judged_at)


def test_one_whose_hold_ends_with_the_band_is_chosen_at_entry(house):
    edit_band(2, {"champion_only": True}, actor="keeper", now=house.now)
    apply_now(actor="keeper", now=house.now)
    house.prices(9, 5, 5)
    house.tick()
    house.settle(240)
    hold_field(house.miner.pk, "mode", by="ann", value=None, now=house.now)
    house.tick()
    house.now += timedelta(minutes=30)
    house.poll()
    house.tick()

    assert StrategyState.objects.get().champion_id == house.miner.pk


def test_it_stays_champion_while_a_price_is_waited_for(stay):
    stay.now = stay.now.replace(minute=31)
    stay.poll()
    stay.tick()

    assert StrategyState.objects.get().champion_id == stay.miner.pk
    assert MinerTarget.objects.get().champion
    assert told("selected") == 1


def test_three_failed_minutes_exhaust_it_and_three_ticks_in_one_minute_do_not(stay):
    stay.now += timedelta(minutes=6)
    stay.device.set_fault("vanish")
    for _try in range(4):
        stay.now += timedelta(seconds=40)
        stay.poll()
    for _tick in range(5):
        stay.now += timedelta(seconds=2)
        stay.tick()
    assert StrategyState.objects.get().champion_failures == 1

    for _minute in range(2):
        stay.now += timedelta(minutes=1)
        stay.tick()

    state = StrategyState.objects.get()
    assert (state.champion_id, state.champion_exhausted, told("exhausted")) == (None, True, 1)
    assert Incident.objects.open().filter(kind="champion_exhausted").exists()


def test_one_that_leaves_the_strategy_is_let_go_of_without_a_failure(stay):
    edit_miner(stay.fresh(), {"enrolled": False}, actor="keeper", now=stay.now)
    stay.now += timedelta(minutes=1)
    stay.tick()

    state = StrategyState.objects.get()
    assert (state.champion_id, state.champion_failed, told("exhausted")) == (None, [], 0)


def test_a_deleted_one_is_let_go_of(stay):
    stay.miner.delete()
    stay.now += timedelta(minutes=1)
    stay.tick()

    assert StrategyState.objects.get().champion_id is None


def test_a_start_neither_counts_as_a_failure_nor_forgets_those_before():
    state = ChampionState(band=3, champion="1", failures=2)
    starting = MinerView(id="1", family="bitaxe", starting=True)

    assert next_state(state, [starting], 3)[0].failures == 2
