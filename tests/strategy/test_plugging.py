"""Which plug goes off, and what its miners do when it cannot. No database."""

from dataclasses import replace

import pytest

from strategy.champion import ChampionState, is_candidate, next_state
from strategy.core import decide
from strategy.plugging import PlugMemory, outlet_of, plan, plug_verdict
from strategy.wanting import Efficiency, Fields, MinerView, Plug, Verdict
from tests.strategy.scenes import make_bands, situation

BANDS = make_bands((10, "BTC"), (None, "OFF"))


def view(name="a", *, plug="strip", state=True, others=(), **more):
    locked = more.pop("locked", False)
    trouble = more.pop("trouble", "")
    outlet = Plug(
        entity=plug, name=plug, state=state, locked=locked, trouble=trouble, shared_with=tuple(others), names={}
    )
    fields = Fields(power=True, mode="standard")
    base = {"observed": fields, "confirmed": fields, "modes": ("eco", "standard"), "plug": outlet if plug else None}
    return MinerView(**{"id": name, "family": "bitaxe", "can_turn_off": True, **base, **more})


def decision(price):
    return decide(situation(price, price, bands=BANDS))


OFF, ON = decision(50), decision(5)


def test_a_plug_goes_off_with_its_only_miner():
    wishes, plans = plan([view()], OFF)

    assert plans["strip"].on is False
    assert wishes["a"].on is False
    assert wishes["a"].note == ""


def test_a_miner_without_a_pause_is_turned_off_at_its_plug():
    wishes, plans = plan([view(can_turn_off=False)], OFF)

    assert plans["strip"].on is False
    assert wishes["a"].mode is None


def test_a_miner_that_does_not_obey_is_turned_off_at_its_plug_else_runs_its_lowest_mode():
    wishes, plans = plan([view(pause_fails=True)], OFF)
    assert (plans["strip"].on, wishes["a"].mode) == (False, None)

    wishes, _plans = plan([view(pause_fails=True, locked=True)], OFF)
    assert wishes["a"].mode == "eco"
    assert "runs its lowest mode, eco" in wishes["a"].note


@pytest.mark.parametrize("why", [{"locked": True}, {"trouble": "Home Assistant does not answer"}, {"state": None}])
@pytest.mark.parametrize(("can_pause", "mode"), [(True, None), (False, "eco")])
def test_a_plug_that_cannot_be_switched_falls_through_and_says_why(why, can_pause, mode):
    wishes, plans = plan([view(can_turn_off=can_pause, **why)], OFF)

    assert plans["strip"].on is None
    assert wishes["a"].on is False
    assert wishes["a"].mode == mode
    assert "strip" in wishes["a"].note


def test_a_plug_that_did_not_switch_is_tried_again_and_not_relied_on():
    broken = view()
    broken = MinerView(
        **{**as_dict(broken), "plug": Plug(entity="strip", state=True, unproven="it did not switch once")}
    )

    wishes, plans = plan([broken], OFF)

    assert plans["strip"].on is False
    assert "did not switch" in wishes["a"].note


def test_a_shared_plug_goes_off_when_all_should_be_off():
    _wishes, plans = plan([view("a", others="b"), view("b", others="a")], OFF)

    assert plans["strip"].on is False


def test_a_champion_keeps_a_shared_plug_on_and_the_other_one_stops_by_itself():
    bands = make_bands((10, "BTC"), (None, "OFF"))
    bands = (type(bands[0])(**{**as_dict(bands[0]), "champion_only": True}), bands[1])
    both = [view("a", others="b"), view("b", others="a", can_turn_off=False)]

    wishes, plans = plan(both, decide(situation(5, 5, bands=bands)), champion="a")

    assert plans["strip"].on is True
    assert wishes["b"].on is False
    assert wishes["b"].mode == "eco"
    assert "stays on for a" in wishes["b"].note


@pytest.mark.parametrize(
    ("can_turn_off", "pause_fails", "words"),
    [
        (True, False, "It is paused"),
        (True, True, "its lowest mode, eco"),
        (False, False, "its lowest mode, eco"),
    ],
)
@pytest.mark.parametrize("name", ["Strip", ""])
def test_a_note_names_the_plug_whom_it_stays_on_for_and_what_the_miner_does(can_turn_off, pause_fails, words, name):
    bands = (replace(BANDS[0], champion_only=True), BANDS[1])
    strip = Plug(entity="switch.strip", name=name, state=True, shared_with=("a",), names={"a": "Attic"})
    loser = replace(view("b"), plug=strip, can_turn_off=can_turn_off, pause_fails=pause_fails)
    winner = replace(view("a"), plug=replace(strip, shared_with=("b",)), name="Attic")
    elsewhere = replace(view("c", plug="other"), name="Cellar")

    wishes, _plans = plan([winner, loser, elsewhere], decide(situation(5, 5, bands=bands)), champion="a")

    assert wishes["b"].note.startswith(f"Its plug {name or 'switch.strip'} stays on for Attic. ")
    assert words in wishes["b"].note
    assert "Cellar" not in wishes["b"].note


def test_a_plug_that_waits_for_others_names_them_as_the_house_does():
    both = [view("a", others="b"), replace(view("b", others="a"), name="Bench")]

    assert outlet_of(both[0], both).shared_with == ["Bench"]
    named = replace(both[0], plug=replace(both[0].plug, names={"b": "Right"}))
    assert outlet_of(named, both).shared_with == ["Right"]


def test_a_miner_that_does_not_follow_the_strategy_keeps_its_plug_on():
    wishes, plans = plan([view("a", others=["9"])], OFF)

    assert plans["strip"].on is None
    assert "stays on for 9" in wishes["a"].note


def test_a_hold_leaves_the_plug_as_it_is():
    from_nothing = decide(situation(bands=BANDS, enabled=False))

    _wishes, plans = plan([view()], from_nothing)

    assert plans["strip"].on is None


def test_one_that_should_run_brings_its_plug_on():
    _wishes, plans = plan([view(state=False)], ON)

    assert plans["strip"].on is True


def test_a_miner_off_at_its_plug_may_be_champion():
    dark = view(state=False, reachable=False, can_turn_off=False, confirmed=Fields(power=False))
    thrifty = Efficiency(power_w=15, hashrate_ths=1, samples=20)

    assert is_candidate(dark)
    state, _event = next_state(
        ChampionState(), [MinerView(**{**as_dict(dark), "efficiency": thrifty}), view("b", plug="other")], 1
    )
    assert state.champion == "a"


@pytest.mark.parametrize(
    ("memory", "on", "ruling"),
    [
        ({"state": True, "confirmed": True}, True, Verdict.SAME),
        ({"state": True, "confirmed": True}, None, Verdict.SAME),
        ({"state": True, "confirmed": True}, False, Verdict.SEND),
        ({"state": True, "confirmed": None}, False, Verdict.SEND),
        ({"state": None, "confirmed": True}, False, Verdict.WAIT),
        ({"state": False, "confirmed": True}, True, Verdict.HELD),
        ({"state": True, "confirmed": False}, False, Verdict.SEND),
        ({"state": True, "confirmed": False, "enforces_off": False}, False, Verdict.HELD),
        ({"state": False, "confirmed": True, "enforces": True}, True, Verdict.SEND),
        ({"state": False, "confirmed": True, "was_away": True}, True, Verdict.RESEND),
        ({"state": True, "confirmed": None, "enforces_off": False}, False, Verdict.SEND),
        ({"state": True, "confirmed": True, "enforces_off": False}, False, Verdict.SEND),
        *(
            ({"state": True, "confirmed": False, "confirmed_s_ago": ago, "enforces_off": False}, False, ruling)
            for ago, ruling in (
                (-1, Verdict.HELD),  # the clock was set back
                (0, Verdict.RESEND),
                (30, Verdict.RESEND),
                (119.5, Verdict.RESEND),
                (120, Verdict.HELD),
            )
        ),
        ({"state": False, "confirmed": False, "held": True}, True, Verdict.HELD),
        ({"state": True, "confirmed": True, "held": True}, False, Verdict.SEND),
        ({"state": True, "confirmed": True, "held": True, "enforces_off": False}, False, Verdict.HELD),
    ],
)
def test_whom_a_difference_at_a_plug_belongs_to(memory, on, ruling):
    assert plug_verdict(PlugMemory(**memory), on) is ruling


def as_dict(value):
    return {name: getattr(value, name) for name in value.__dataclass_fields__}
