"""What a rule's cap leaves of a wish: never more than the strategy wants, and nothing while it is disabled."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strategy.champion import ChampionState, next_state
from strategy.core import FailSafe, Override, OverrideKind, Settings, decide
from strategy.situation_json import answer
from strategy.wanting import Cap, Fields, MinerView, wanted
from tests.strategy.scenes import SIX, situation
from tests.strategy.test_situation_json import GOOD, MINER

MODES = ("eco", "standard", "turbo")
OFF, ECO = Cap(off=True, why="Rule “Evening”."), Cap(mode="eco", why="Rule “Evening”.")
TURBO_BANDS = tuple(replace(band, modes={"bitaxe": "turbo"}) for band in SIX)
RUNS = situation(7, 7, current=3, bands=TURBO_BANDS)


def view(**changes):
    return MinerView(**{"id": "1", "family": "bitaxe", "modes": MODES, **changes})


def test_an_off_cap_turns_off_and_says_why():
    wish = wanted(view(cap=OFF), decide(RUNS))

    assert (wish.on, wish.mode, wish.why) == (False, None, "Rule “Evening”.")


def test_an_off_cap_on_a_miner_that_cannot_be_turned_off_runs_its_lowest_mode():
    wish = wanted(view(cap=OFF, can_turn_off=False), decide(RUNS))

    assert (wish.on, wish.mode) == (False, "eco")
    assert "cannot be turned off" in wish.note


def test_a_mode_cap_lowers_the_mode_and_keeps_the_pool():
    free, wish = (wanted(view(cap=cap), decide(RUNS)) for cap in (None, ECO))

    assert (free.mode, wish.mode) == ("turbo", "eco")
    assert (wish.on, wish.pool, wish.why, wish.note) == (True, free.pool, free.why, "Rule “Evening”.")


@pytest.mark.parametrize("limit", ["turbo", "oc", None])
def test_a_mode_cap_above_the_wish_or_unknown_changes_nothing(limit):
    assert wanted(view(cap=Cap(mode=limit)), decide(RUNS)) == wanted(view(), decide(RUNS))


@pytest.mark.parametrize(("seen", "mode"), [("turbo", "eco"), ("standard", "eco"), ("eco", None), (None, None)])
def test_where_the_band_leaves_modes_alone_only_a_higher_one_is_lowered(seen, mode):
    wish = wanted(view(cap=ECO, observed=Fields(mode=seen)), decide(situation(7, 7, current=3)))

    assert wish.mode == mode
    assert ("keeps this one afterwards" in wish.note) is (mode is not None)


def test_a_cap_is_asked_for_nothing_while_the_strategy_is_disabled():
    assert wanted(view(cap=OFF), decide(replace(RUNS, enabled=False))).on is None


def test_a_cap_counts_while_a_price_is_waited_for():
    waits = replace(situation(None, current=3), last_price_at=RUNS.now)

    assert wanted(view(), decide(waits)).on is None
    assert wanted(view(cap=OFF), decide(waits)).on is False


@pytest.mark.parametrize(("seen", "known", "mode"), [(True, True, "eco"), (False, None, None), (None, False, None)])
def test_a_lower_mode_is_not_sent_to_what_is_off_while_a_price_is_waited_for(seen, known, mode):
    waits = decide(replace(situation(None, current=6), last_price_at=RUNS.now))
    miner = view(cap=ECO, observed=Fields(power=seen, mode="turbo"), confirmed=Fields(power=known))

    assert (wanted(miner, waits).on, wanted(miner, waits).mode) == (None, mode), "a setting could turn it on"


def test_a_champion_that_a_rule_keeps_off_gives_way_and_none_is_chosen_that_is():
    stay = ChampionState(band=3, champion="1")
    both = [view(cap=OFF), view(id="2")]

    assert next_state(stay, both, 3)[0].champion == "2"
    assert next_state(stay, [both[0], replace(both[1], cap=OFF)], 3)[0].champion is None
    assert next_state(stay, [view(cap=ECO), both[1]], 3)[0].champion == "1", "a lower mode keeps it running"


prices = st.one_of(st.none(), st.integers(-5, 45))
caps = st.builds(Cap, off=st.booleans(), mode=st.sampled_from([*MODES, "oc", None]))
scenes = st.builds(
    lambda now, after, current, enabled, kind, safe: situation(
        now,
        after,
        current=current,
        bands=TURBO_BANDS,
        enabled=enabled,
        override=Override(kind=kind),
        settings=Settings(fail_safe=safe),
    ),
    prices,
    prices,
    st.one_of(st.none(), st.integers(1, 6)),
    st.booleans(),
    st.sampled_from(OverrideKind),
    st.sampled_from(FailSafe),
)
views = st.builds(
    view,
    enrolled=st.booleans(),
    can_turn_off=st.booleans(),
    pause_fails=st.booleans(),
    observed=st.builds(
        Fields, power=st.sampled_from([True, False, None]), mode=st.sampled_from([*MODES, "custom", None])
    ),
    modes=st.sampled_from([MODES, MODES[:2], ()]),
)


def rank(wish, miner):
    """Return how much a wish lets a miner do: off 0, a mode by its place; a mode left alone as seen."""
    if wish.on is False:
        return -1
    mode = wish.mode if wish.mode is not None else miner.observed.mode
    return miner.modes.index(mode) if mode in miner.modes else 99


@settings(max_examples=200)
@given(miner=views, scene=scenes, cap=caps)
def test_no_cap_ever_makes_a_miner_do_more(miner, scene, cap):
    decision = decide(scene)
    free, held = wanted(miner, decision), wanted(replace(miner, cap=cap), decision)

    assert rank(held, miner) <= rank(free, miner)
    assert not (held.on is True and free.on is not True), "a rule turns nothing on"
    assert held.pool in {free.pool, None}


def test_decide_takes_caps_and_shows_what_they_leave():
    asked = {**GOOD, "miners": [MINER, {**MINER, "id": "8"}]}
    given_answer = answer({**asked, "caps": {"7": {"mode": "eco", "why": "Rule A."}, "8": {"off": True}}})

    assert given_answer["wanted"]["7"]["mode"] == "eco"
    assert "Rule A." in given_answer["wanted"]["7"]["why"]
    assert given_answer["wanted"]["8"]["on"] is False
    assert answer({**asked, "caps": {}}) == answer(asked)


@pytest.mark.parametrize(
    ("caps", "field"),
    [
        ({"9": {"off": True}}, "caps.9"),
        ({"7": {}}, "caps.7"),
        ({"7": {"off": True, "mode": "eco"}}, "caps.7"),
        ({"7": {"off": 1}}, "caps.7.off"),
        ({"7": {"mode": []}}, "caps.7.mode"),
        ({"7": 5}, "caps.7"),
        ([], "caps"),
    ],
)
def test_a_cap_that_cannot_be_is_named(caps, field):
    assert answer({**GOOD, "miners": [MINER], "caps": caps})["error"]["field"] == field
