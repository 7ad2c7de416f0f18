"""Whom a difference belongs to: each row of the table of ownership, drawn for power, mode and pool."""

import random
from dataclasses import replace

import pytest

from strategy.wanting import (
    MODE,
    POOL,
    POWER,
    Fields,
    MinerView,
    Verdict,
    Wanted,
    has_restarted,
    verdict,
)

VALUES = {
    POWER: (True, False),
    MODE: ("eco", "standard", "turbo", "custom"),
    POOL: (("a.test", 1, "w"), ("b.test", 2, "w"), ("b.test", 2, "w.rig")),
}
DRAWN = 24  # for each field and row


def drawn(row):
    """Return (field, numbers drawn) for a row of the table; the same ones each time."""
    dice = random.Random(row)  # examples, no secret
    return [pytest.param(name, dice.random(), id=f"{name}-{place}") for name in VALUES for place in range(DRAWN)]


def scene(name, *, seen, confirmed, want, **changes):
    wish = Wanted(on=want if name == POWER else True, mode=want if name == MODE else None)
    wish = replace(wish, pool=want if name == POOL else None)
    fields = {"observed": Fields(**{name: seen}), "confirmed": Fields(**{name: confirmed})}
    return MinerView(**{"id": "1", "family": "bitaxe", **fields, **changes}), wish


def pick(name, number, *others):
    """Return a value of a field other than the ones given, chosen by a number below 1."""
    left = [value for value in VALUES[name] if value not in others]
    return left[int(number * len(left))]


def three(name, number):
    """Return seen, confirmed and wanted values that differ where the field has enough of them."""
    seen = pick(name, number)
    want = pick(name, number * 7 % 1, seen)
    confirmed = want if name == POWER else pick(name, number * 13 % 1, seen, want)
    return seen, confirmed, want


def ruled(name, number, *, restarted=False, seen=None, confirmed=None, want=None, **changes):
    drawn_values = dict(zip(("seen", "confirmed", "want"), three(name, number), strict=True))
    given = {"seen": seen, "confirmed": confirmed, "want": want}
    values = drawn_values | {key: value for key, value in given.items() if value is not None}
    view, wish = scene(name, **values, **changes)
    return verdict(view, wish, name, restarted=restarted), values


@pytest.mark.parametrize(("name", "number"), drawn("same"))
def test_what_is_as_wanted_gets_nothing_sent_whoever_did_it(name, number):
    value = pick(name, number)
    view, wish = scene(name, seen=value, confirmed=pick(name, number, value), want=value)

    for restarted in (True, False):
        assert verdict(view, wish, name, restarted=restarted) is Verdict.SAME
        assert verdict(replace(view, holds={name: "keeper"}), wish, name, restarted=restarted) is Verdict.SAME


@pytest.mark.parametrize(("name", "number"), drawn("command"))
def test_what_is_as_confirmed_and_wanted_otherwise_is_commanded(name, number):
    seen, _confirmed, want = three(name, number)
    view, wish = scene(name, seen=seen, confirmed=seen, want=want)

    assert verdict(view, wish, name, restarted=False) is Verdict.SEND


@pytest.mark.parametrize(("name", "number"), drawn("never confirmed"))
def test_what_was_never_confirmed_is_ours_to_command(name, number):
    seen, _confirmed, want = three(name, number)
    view, wish = scene(name, seen=seen, confirmed=None, want=want)

    assert verdict(view, wish, name, restarted=False) is Verdict.SEND


@pytest.mark.parametrize(("name", "number"), drawn("restarted"))
def test_what_a_restart_forgot_is_commanded_again(name, number):
    ruling, _values = ruled(name, number, restarted=True)

    assert ruling is Verdict.RESEND


@pytest.mark.parametrize(("name", "number"), drawn("hand"))
def test_what_is_neither_confirmed_nor_wanted_is_a_person_s(name, number):
    ruling, values = ruled(name, number)

    enforced = name == POWER and values["want"] is False
    assert ruling is (Verdict.SEND if enforced else Verdict.HELD)


@pytest.mark.parametrize(("name", "number"), drawn("hold"))
def test_a_hold_stands_also_after_a_restart_and_with_an_owed_one(name, number):
    for restarted in (True, False):
        for owed in (True, False):
            ruling, values = ruled(name, number, restarted=restarted, holds={name: "keeper"}, restart_owed=owed)
            if name == POWER and values["want"] is False:
                assert ruling in {Verdict.SEND, Verdict.RESEND}, "nobody holds a miner on at an excluded price"
            else:
                assert ruling is Verdict.HELD


@pytest.mark.parametrize(("name", "number"), drawn("other hold"))
def test_a_hold_on_one_field_leaves_the_others_to_the_strategy(name, number):
    seen, _confirmed, want = three(name, number)
    others = {other: "keeper" for other in VALUES if other != name}
    view, wish = scene(name, seen=seen, confirmed=seen, want=want, holds=others)

    assert verdict(view, wish, name, restarted=False) is Verdict.SEND


@pytest.mark.parametrize(("name", "number"), drawn("unknown"))
def test_what_is_unknown_or_unreachable_is_waited_for(name, number):
    seen, confirmed, want = three(name, number)
    known, wish = scene(name, seen=seen, confirmed=confirmed, want=want)
    unknown, _wish = scene(name, seen=None, confirmed=confirmed, want=want)

    for view in (replace(known, reachable=False), unknown, replace(unknown, holds={name: "keeper"})):
        assert verdict(view, wish, name, restarted=False) is Verdict.WAIT


@pytest.mark.parametrize(("name", "number"), drawn("old agreement"))
def test_an_old_reading_agrees_with_nothing(name, number):
    value = pick(name, number)
    view, wish = scene(name, seen=value, confirmed=value, want=value, reachable=False)

    assert verdict(view, wish, name, restarted=False) is Verdict.WAIT


@pytest.mark.parametrize(("name", "number"), drawn("overheat"))
def test_an_overheat_keeps_the_mode_and_nothing_else(name, number):
    for restarted in (True, False):
        ruling, _values = ruled(name, number, restarted=restarted, overheated=True)
        assert (ruling is Verdict.OVERHEATED) == (name == MODE)


@pytest.mark.parametrize(("name", "number"), drawn("left alone"))
def test_what_nobody_wants_anything_of_is_left_alone(name, number):
    view, _wish = scene(name, seen=pick(name, number), confirmed=None, want=pick(name, number))

    assert verdict(view, Wanted(on=None), name, restarted=number < 0.5) is Verdict.SAME


@pytest.mark.parametrize("number", [place / 60 for place in range(60)])
def test_a_pool_that_shows_and_does_not_count_yet_is_commanded(number):
    value = pick(POOL, number)
    for confirmed in (None, value, pick(POOL, number, value)):
        view, wish = scene(POOL, seen=value, confirmed=confirmed, want=value, restart_owed=True)
        assert verdict(view, wish, POOL, restarted=False) is Verdict.SEND
        assert verdict(replace(view, reachable=False), wish, POOL, restarted=False) is Verdict.WAIT


@pytest.mark.parametrize("seconds", range(0, 6000, 100))
def test_a_restart_is_an_uptime_that_fell(seconds):
    confirmed = 3000
    view = MinerView(id="1", family="bitaxe", observed=Fields(uptime_s=seconds), confirmed=Fields(uptime_s=confirmed))

    assert has_restarted(view) is (seconds < confirmed)
    assert has_restarted(replace(view, observed=Fields())) is False
    assert has_restarted(replace(view, confirmed=Fields())) is False
