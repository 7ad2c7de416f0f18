"""Automation rules: what holds, what fires, what is overruled, and what no rule can ever do."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strategy.core import Override, OverrideKind, Power, decide
from strategy.rule_parts import (
    LOWEST,
    Action,
    ActionKind,
    Crossing,
    Device,
    Rule,
    Scope,
    ScopeKind,
    Surroundings,
    Trigger,
    TriggerKind,
)
from strategy.rules import caps, conflicts, evaluate, rehearsed, remembered
from strategy.triggers import days_words, trigger_words
from strategy.wanting import Fields, MinerView, Plug, Wanted, wanted
from strategy.windows import Window
from tests.strategy.scenes import NOON, situation

LONDON = ZoneInfo("Europe/London")
NOW = NOON + timedelta(minutes=10)
MODES = ("eco", "standard", "turbo")
MINUTE = timedelta(minutes=1)
RUNS = Wanted(on=True, mode="turbo")


def price(kind, low=None, high=None):
    limits = {"low_p_per_kwh": low, "high_p_per_kwh": high}
    return Trigger(
        kind=TriggerKind(f"price_{kind}"),
        **{name: Decimal(str(value)) if value is not None else None for name, value in limits.items()},
    )


ABOVE, OFF, ECO = price("above", low=5), Action(kind=ActionKind.OFF), Action(kind=ActionKind.MODE, mode="eco")
TELL = Action(kind=ActionKind.NOTIFY)


def rule(trigger=ABOVE, action=OFF, **changes):
    return Rule(**{"id": 1, "name": "Evening", "trigger": trigger, "action": action, **changes})


def follows(**changes):
    """Return a miner that follows the strategy and is to run turbo."""
    given_values = {"id": "1", "name": "Study", "family": "bitaxe", "enrolled": True, "on": True, "mode": "turbo"}
    return Device(**{**given_values, "modes": MODES, "can_pause": True, "wish": RUNS, **changes})


def free(**changes):
    return follows(**{"id": "2", "name": "Shed", "enrolled": False, "wish": None, **changes})


def scene(*devices, now_price=7, decision=None, **changes):
    decision = decide(situation(now_price, now_price, current=3)) if decision is None else decision
    cost = Decimal(str(now_price)) if now_price is not None else None
    given_values = {"decision": decision, "zone": LONDON, "devices": devices, "price_p_per_kwh": cost}
    return Surroundings(**{**given_values, **changes})


def one(rules, surroundings, memory=None, now=NOW):
    (outcome,) = evaluate([rules], surroundings, memory or {}, now)
    return outcome


# --- triggers ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("trigger", "now_price", "holds"),
    [
        (price("below", high=5), "4.999999", True),
        (price("below", high=5), 5, False),
        (price("below", high=0), "-0.01", True),
        (price("below", high=0), 0, False),
        (price("above", low=30), 30, False),
        (price("above", low=30), "30.000001", True),
        (price("between", low=5, high=10), "4.99", False),
        (price("between", low=5, high=10), 5, True),
        (price("between", low=5, high=10), "9.999999", True),
        (price("between", low=5, high=10), 10, False),
        (price("above", low=-3), -2, True),
        (price("above", low=30), None, None),
    ],
)
def test_a_price_trigger_at_its_limits(trigger, now_price, holds):
    assert one(rule(trigger, TELL), scene(now_price=now_price)).holds is holds


@pytest.mark.parametrize(("minute", "holds"), [(9, False), (10, True), (59, True)])
def test_offline_counts_from_its_minutes_on(minute, holds):
    silent = follows(silent_since=NOW - minute * MINUTE)
    offline = rule(Trigger(kind=TriggerKind.OFFLINE, minutes=10), TELL)

    assert one(offline, scene(silent)).holds is holds
    assert one(offline, scene(follows())).holds is False


def test_a_miner_whose_plug_is_off_is_not_offline_and_not_hot():
    dark = follows(silent_since=NOW - 99 * MINUTE, overheated=True, plug=Plug(entity="switch.a", state=False))

    for kind in (TriggerKind.OFFLINE, TriggerKind.OVERHEAT):
        assert one(rule(Trigger(kind=kind, minutes=10), TELL), scene(dark)).holds is False


@pytest.mark.parametrize(("hot", "holds"), [(True, True), (False, False), (None, None)])
def test_overheat_is_what_the_device_says(hot, holds):
    assert one(rule(Trigger(kind=TriggerKind.OVERHEAT), TELL), scene(follows(overheated=hot))).holds is holds


@pytest.mark.parametrize(("minute", "active"), [(0, True), (14, True), (15, False)])
def test_once_too_hot_a_miner_rests_for_its_minutes(minute, active):
    hot = rule(Trigger(kind=TriggerKind.OVERHEAT, minutes=15))
    memory = {(1, "1"): Crossing(active=True, fired_at=NOW - minute * MINUTE)}

    assert one(hot, scene(follows(overheated=False)), memory).active is active


@pytest.mark.parametrize(
    ("pool", "device_pool", "bad_since", "holds"),
    [
        ("7", None, {"7": 5}, True),
        ("7", None, {"7": 4}, False),
        ("7", None, {"8": 9}, False),
        (None, "8", {"8": 9}, True),
        (None, "8", {"7": 9}, False),
        (None, None, {"7": 9}, None),
        (None, "", {"7": 9}, False),
    ],
)
def test_a_pool_is_down_once_it_was_for_its_minutes(pool, device_pool, bad_since, holds):
    down = rule(Trigger(kind=TriggerKind.POOL_DOWN, minutes=5, pool=pool), TELL)
    since = {key: NOW - minutes * MINUTE for key, minutes in bad_since.items()}

    assert one(down, scene(follows(pool=device_pool), bad_since=since)).holds is holds


def test_a_window_follows_the_clock_of_the_household():
    evening = rule(Trigger(kind=TriggerKind.TIME, window=Window(time(16), time(19))), TELL)
    summer = datetime(2026, 7, 1, 15, 30, tzinfo=UTC)

    assert one(evening, scene(), now=summer).holds
    assert not one(evening, scene(), now=summer.replace(month=12)).holds


# --- crossings -----------------------------------------------------------------------------------


def walk(rules, scenes, start=NOW, step=MINUTE):
    """Yield the outcomes of one minute after another with the memory of those before."""
    memory = {}
    for place, surroundings in enumerate(scenes):
        now = start + place * step
        outcomes = evaluate(rules, surroundings, memory, now)
        memory = remembered(memory, outcomes, now)
        yield outcomes


def fired(rules, scenes, **how):
    return [any(item.fires for item in outcomes) for outcomes in walk(rules, scenes, **how)]


def test_a_rule_fires_once_for_each_crossing():
    scenes = [scene(follows(), now_price=cost) for cost in (3, 7, 8, 7, 3, 3, 7, 7)]

    assert fired([rule()], scenes) == [False, True, False, False, False, False, True, False]


def test_a_price_that_is_not_known_ends_nothing_and_begins_nothing():
    scenes = [scene(follows(), now_price=cost) for cost in (None, 7, None, 7, 3, None, 7)]
    outcomes = [found[0] for found in walk([rule()], scenes)]

    assert [item.fires for item in outcomes] == [False, True, False, False, False, False, True]
    assert [item.active for item in outcomes] == [False, True, True, True, False, False, True]


def test_a_cooldown_puts_the_next_firing_off_to_its_end():
    scenes = [scene(follows(), now_price=cost) for cost in (7, 3, 7, 7, 7, 7, 3, 7)]
    outcomes = [found[0] for found in walk([rule(cooldown=4 * MINUTE)], scenes)]

    assert [item.fires for item in outcomes] == [True, False, False, False, True, False, False, False]
    assert outcomes[2].cooling_until == NOW + 4 * MINUTE
    assert not outcomes[2].active


def test_a_clock_that_was_set_back_ends_a_cooldown():
    memory = {(1, ""): Crossing(fired_at=NOW + timedelta(days=9))}

    assert one(rule(cooldown=30 * MINUTE), scene(follows()), memory).fires


def test_each_miner_crosses_on_its_own():
    hot = rule(Trigger(kind=TriggerKind.OVERHEAT))
    first, second = follows(overheated=True), follows(id="3", overheated=False)
    scenes = [scene(first, second), scene(first, replace(second, overheated=True))]
    outcomes = list(walk([hot], scenes))

    assert [item.fires for item in outcomes[0]] == [True, False]
    assert [item.fires for item in outcomes[1]] == [False, True]


def test_what_is_overruled_has_not_fired_and_does_when_nothing_overrules_it_any_more():
    off = replace(RUNS, on=False, mode=None)
    scenes = [scene(follows(wish=wish)) for wish in (off, off, RUNS, RUNS)]
    outcomes = [found[0] for found in walk([rule(action=ECO)], scenes)]

    assert [item.fires for item in outcomes] == [False, False, True, False]
    assert outcomes[0].overruled == "The strategy has it off."


# --- effects on what follows the strategy --------------------------------------------------------

CHEAP, DEAR = decide(situation(7, 7, current=3)), decide(situation(35, 35, current=6))
FORCED_ON = decide(situation(7, 7, override=Override(kind=OverrideKind.ON)))
DISABLED = decide(situation(7, 7, enabled=False))
HOT = Trigger(kind=TriggerKind.OVERHEAT)


@pytest.mark.parametrize(
    ("trigger", "action", "device", "decision", "words"),
    [
        (ABOVE, OFF, {}, CHEAP, ""),
        (ABOVE, OFF, {}, DEAR, ""),
        (ABOVE, ECO, {}, CHEAP, ""),
        (ABOVE, ECO, {"mode": "turbo", "wish": Wanted(on=True)}, CHEAP, ""),
        (ABOVE, Action(kind=ActionKind.MODE, mode=LOWEST), {}, CHEAP, ""),
        (HOT, OFF, {"overheated": True}, FORCED_ON, ""),
        (ABOVE, OFF, {}, FORCED_ON, "A person forced the fleet on."),
        (ABOVE, OFF, {}, DISABLED, "The strategy is off"),
        (ABOVE, Action(kind=ActionKind.POOL, pool="7"), {}, CHEAP, "chooses the pool"),
        (ABOVE, Action(kind=ActionKind.PLUG_ON), {}, CHEAP, "alone turns on"),
        (ABOVE, Action(kind=ActionKind.PLUG_OFF), {}, CHEAP, "no smart plug"),
        (ABOVE, Action(kind=ActionKind.PLUG_OFF), {"plug": Plug(entity="switch.a")}, CHEAP, ""),
        (ABOVE, Action(kind=ActionKind.MODE, mode="high"), {}, CHEAP, "no mode high"),
        (ABOVE, ECO, {"wish": Wanted(on=False)}, CHEAP, "has it off"),
        (ABOVE, Action(kind=ActionKind.MODE, mode="turbo"), {"wish": Wanted(on=True, mode="eco")}, CHEAP, "lower"),
        (ABOVE, Action(kind=ActionKind.MODE, mode="turbo"), {"mode": "eco", "wish": Wanted(on=True)}, CHEAP, "lower"),
        (ABOVE, ECO, {"mode": None, "wish": Wanted(on=True)}, CHEAP, "not known"),
        (ABOVE, ECO, {"modes": ()}, CHEAP, "no mode eco"),
    ],
)
def test_a_miner_that_follows_is_only_ever_told_less(trigger, action, device, decision, words):
    outcome = one(rule(trigger, action), scene(follows(**device), decision=decision))
    (effect,) = outcome.effects

    assert words in effect.overruled
    assert (effect.cap is not None) is (words == "")
    assert outcome.fires is (words == "")
    assert effect.order is None


def test_the_cap_names_its_rule_and_cause():
    found = caps([one(rule(), scene(follows()))])

    assert found["1"].why == "Rule “Evening” keeps it off while the price is above 5 p/kWh."


def test_a_dry_run_fires_and_caps_nobody():
    outcome = one(rule(dry_run=True), scene(follows()))

    assert outcome.fires
    assert outcome.effects[0].words == "off"
    assert caps([outcome]) == {}


# --- effects on what does not --------------------------------------------------------------------

OWN_PLUG = Plug(entity="switch.a", name="Shed plug", state=True)
SHARED = Plug(entity="switch.a", name="Shed plug", state=True, shared_with=("9",), names={"9": "Barn"})
PLUG_ON, PLUG_OFF = Action(kind=ActionKind.PLUG_ON), Action(kind=ActionKind.PLUG_OFF)
TO_POOL = Action(kind=ActionKind.POOL, pool="7")
TURBO = Action(kind=ActionKind.MODE, mode="turbo")


@pytest.mark.parametrize(
    ("action", "device", "around", "ordered", "words"),
    [
        (OFF, {}, {}, ("power", False), ""),
        (OFF, {"plug": OWN_PLUG}, {}, ("plug", False), ""),
        (OFF, {"plug": SHARED}, {}, ("power", False), ""),
        (OFF, {"can_pause": False}, {}, ("mode", "eco"), ""),
        (OFF, {"can_pause": False, "modes": ()}, {}, None, "cannot be turned off"),
        (OFF, {"writable": False}, {}, None, "only reads"),
        (OFF, {}, {"decision": DEAR}, ("power", False), ""),
        (PLUG_OFF, {"plug": OWN_PLUG}, {"decision": DEAR}, ("plug", False), ""),
        (PLUG_OFF, {"plug": SHARED}, {}, None, "also feeds Barn"),
        (PLUG_OFF, {"plug": replace(OWN_PLUG, locked=True)}, {}, None, "is locked"),
        (PLUG_OFF, {"plug": replace(OWN_PLUG, state=None)}, {}, None, "cannot be switched now"),
        (PLUG_OFF, {}, {}, None, "no smart plug"),
        (PLUG_ON, {"plug": replace(OWN_PLUG, state=False), "on": False}, {}, ("plug", True), ""),
        (PLUG_ON, {"plug": replace(OWN_PLUG, state=False)}, {"decision": DEAR}, None, "No rule lets"),
        (PLUG_ON, {"plug": replace(OWN_PLUG, state=False)}, {"decision": DISABLED}, ("plug", True), ""),
        (PLUG_ON, {"plug": replace(OWN_PLUG, state=False)}, {"forced_off": True}, None, "forced the fleet off"),
        (
            PLUG_ON,
            {"plug": replace(OWN_PLUG, state=False)},
            {"forced_off": True, "decision": DISABLED},
            None,
            "forced the fleet off",
        ),
        (TURBO, {"mode": "eco"}, {}, ("mode", "turbo"), ""),
        (TURBO, {"mode": "eco"}, {"decision": DEAR}, None, "No rule lets"),
        (ECO, {"mode": "turbo"}, {"decision": DEAR}, ("mode", "eco"), ""),
        (ECO, {"mode": None}, {"decision": DEAR}, ("mode", "eco"), ""),
        (ECO, {"on": False}, {}, None, "It is off"),
        (ECO, {"on": None}, {"decision": DEAR}, None, "No rule lets"),
        (Action(kind=ActionKind.MODE, mode="oc"), {}, {}, None, "no mode oc"),
        (TO_POOL, {}, {"pools": {"7": "Other"}}, ("pool", "7"), ""),
        (TO_POOL, {}, {}, None, "switched off"),
        (TO_POOL, {"on": False}, {"pools": {"7": "Other"}}, None, "It is off"),
        (TO_POOL, {"writable": False}, {"pools": {"7": "Other"}}, None, "only reads"),
    ],
)
def test_a_miner_that_does_not_follow_is_told_once_what_may_be_told(action, device, around, ordered, words):
    (effect,) = one(rule(action=action), scene(free(**device), **around)).effects

    assert words in effect.overruled if words else not effect.overruled
    assert (effect.order and (effect.order.kind, effect.order.value)) == ordered
    assert effect.cap is None


def test_a_shared_plug_goes_off_when_the_rule_is_about_all_on_it():
    both = [free(plug=replace(SHARED, shared_with=("9",))), free(id="9", plug=replace(SHARED, shared_with=("2",)))]
    effects = one(rule(action=PLUG_OFF), scene(*both)).effects

    assert [effect.order.kind for effect in effects] == ["plug", "plug"]


@pytest.mark.parametrize(
    ("scope", "ids"),
    [
        (Scope(), ["1", "2", "3"]),
        (Scope(kind=ScopeKind.FAMILY, family="avalon_nano"), ["3"]),
        (Scope(kind=ScopeKind.MINERS, miners=frozenset({"2", "77"})), ["2"]),
        (Scope(kind=ScopeKind.MINERS), []),
    ],
)
def test_a_rule_is_about_its_scope(scope, ids):
    around = scene(follows(), free(), free(id="3", family="avalon_nano"))

    assert [effect.miner for effect in one(rule(scope=scope), around).effects] == ids


# --- conflicts -----------------------------------------------------------------------------------


def test_the_lower_number_decides_between_two_that_contradict():
    first, second = rule(action=ECO, priority=1), rule(id=2, name="Late", priority=2)
    outcomes = evaluate([second, first], scene(follows()), {}, NOW)

    assert [item.rule.id for item in outcomes] == [1, 2]
    assert caps(outcomes)["1"].mode == "eco"
    assert outcomes[1].overruled == "Rule “Evening” comes first: at most eco."
    assert not outcomes[1].fires


def test_among_equals_the_older_one_decides_and_agreement_is_no_conflict():
    first, second = rule(), rule(id=2, name="Late", action=Action(kind=ActionKind.OFF))
    outcomes = evaluate([second, first], scene(follows()), {}, NOW)

    assert all(item.fires for item in outcomes)
    assert "Evening" in caps(outcomes)["1"].why


def test_a_rule_that_is_overruled_or_dry_decides_nothing():
    dry = rule(action=ECO, priority=1, dry_run=True)
    moot = rule(id=3, action=TO_POOL, priority=2)
    outcomes = evaluate([dry, moot, rule(id=2, priority=3)], scene(follows()), {}, NOW)

    assert caps(outcomes)["1"].off


def test_when_the_first_ends_the_second_has_its_turn():
    first, second = rule(price("above", low=8), ECO, priority=1), rule(id=2, priority=2)
    scenes = [scene(follows(), now_price=cost) for cost in (9, 7, 9)]
    found = [caps(outcomes)["1"] for outcomes in walk([first, second], scenes)]

    assert [(cap.mode, cap.off) for cap in found] == [("eco", False), (None, True), ("eco", False)]


@pytest.mark.parametrize(
    ("one_trigger", "other_trigger", "other_action", "clash"),
    [
        (ABOVE, price("above", low=9), ECO, True),
        (ABOVE, price("below", high=5), ECO, False),
        (ABOVE, price("between", low=4, high=6), ECO, True),
        (ABOVE, HOT, ECO, True),
        (ABOVE, ABOVE, PLUG_OFF, False),
        (ABOVE, ABOVE, TELL, False),
        (ABOVE, ABOVE, TO_POOL, False),
        (ABOVE, ABOVE, PLUG_ON, True),
    ],
)
def test_rules_that_could_contradict_each_other_are_named(one_trigger, other_trigger, other_action, clash):
    found = conflicts([rule(one_trigger), rule(other_trigger, other_action, id=2)], scene(follows()))

    assert [(item.first.id, item.second.id, item.miners) for item in found] == ([(1, 2, ("Study",))] if clash else [])


def test_a_rehearsal_says_what_would_be_done_although_the_trigger_does_not_hold():
    first = rule(action=ECO, priority=1)
    rules = [first, rule(price("above", low=50), id=2, priority=2)]
    effects = rehearsed(rules[1], rules, scene(follows(), free()), {}, NOW)

    assert [effect.overruled for effect in effects] == [
        "Rule “Evening” comes first: at most eco.",
        "Rule “Evening” comes first: mode eco.",
    ]


# --- what holds for every rule -------------------------------------------------------------------

limits = st.integers(-5, 40).map(Decimal)
triggers = st.one_of(
    st.builds(Trigger, kind=st.just(TriggerKind.PRICE_BELOW), high_p_per_kwh=limits),
    st.builds(Trigger, kind=st.just(TriggerKind.PRICE_ABOVE), low_p_per_kwh=limits),
    st.builds(Trigger, kind=st.just(TriggerKind.PRICE_BETWEEN), low_p_per_kwh=limits, high_p_per_kwh=limits),
    st.builds(
        lambda start, end: Trigger(kind=TriggerKind.TIME, window=Window(time(start), time(end))),
        st.integers(0, 23),
        st.integers(0, 23),
    ),
    st.builds(Trigger, kind=st.sampled_from([TriggerKind.OFFLINE, TriggerKind.OVERHEAT]), minutes=st.integers(0, 20)),
    st.builds(Trigger, kind=st.just(TriggerKind.POOL_DOWN), pool=st.sampled_from(["7", None])),
)
actions = st.builds(
    Action,
    kind=st.sampled_from(ActionKind),
    mode=st.sampled_from([*MODES, "oc", "high", LOWEST]),
    pool=st.sampled_from(["7", "8"]),
)
plugs = st.one_of(
    st.none(),
    st.builds(
        Plug,
        entity=st.just("switch.a"),
        state=st.sampled_from([True, False, None]),
        locked=st.booleans(),
        shared_with=st.sampled_from([(), ("1",), ("9",)]),
    ),
)
devices = st.builds(
    follows,
    id=st.sampled_from(["1", "2", "3"]),
    enrolled=st.booleans(),
    writable=st.booleans(),
    on=st.sampled_from([True, False, None]),
    mode=st.sampled_from([*MODES, None]),
    modes=st.sampled_from([MODES, MODES[:1], ()]),
    can_pause=st.booleans(),
    pool=st.sampled_from(["7", None]),
    silent_since=st.sampled_from([None, NOW - 15 * MINUTE]),
    overheated=st.sampled_from([True, False, None]),
    plug=plugs,
)
decisions = st.builds(
    lambda now, after, current, kind, enabled: decide(
        situation(now, after, current=current, override=Override(kind=kind), enabled=enabled)
    ),
    st.one_of(st.none(), st.integers(-5, 45)),
    st.one_of(st.none(), st.integers(-5, 45)),
    st.one_of(st.none(), st.integers(1, 6)),
    st.sampled_from(OverrideKind),
    st.booleans(),
)
houses = st.builds(
    lambda found, decision, forced_off, cost: scene(
        *{device.id: with_wish(device, decision) for device in found}.values(),
        decision=decision,
        forced_off=forced_off or decision.reason.value == "override_off",
        price_p_per_kwh=cost,
        pools={"7": "Other"},
        bad_since={"7": NOW - 30 * MINUTE},
    ),
    st.lists(devices, max_size=3),
    decisions,
    st.booleans(),
    st.one_of(st.none(), limits),
)
rulebooks = st.lists(
    st.builds(
        rule,
        triggers,
        actions,
        priority=st.integers(1, 3),
        cooldown=st.integers(0, 5).map(lambda minutes: minutes * MINUTE),
        dry_run=st.booleans(),
    ),
    min_size=1,
    max_size=4,
).map(lambda rules: [replace(item, id=place, name=f"R{place}") for place, item in enumerate(rules, 1)])


def view_of(device, cap=None):
    seen = Fields(power=device.on, mode=device.mode)
    return MinerView(
        id=device.id, family=device.family, enrolled=device.enrolled, modes=device.modes, observed=seen, cap=cap
    )


def with_wish(device, decision):
    return replace(device, wish=wanted(view_of(device), decision) if device.enrolled else None)


@settings(max_examples=150)
@given(rules=rulebooks, house=houses)
def test_no_rule_makes_a_miner_hash_that_should_not(rules, house):
    outcomes = evaluate(rules, house, {}, NOW)
    found = caps(outcomes)

    for device in house.devices:
        if device.enrolled:
            capped = wanted(view_of(device, found.get(device.id)), house.decision)
            assert not (capped.on is True and device.wish.on is not True)
    orders = [effect for item in outcomes for effect in item.effects if effect.order is not None]
    by_id = {device.id: device for device in house.devices}
    for effect in orders:
        device = by_id[effect.miner]
        assert not device.enrolled
        turns_on = effect.order.kind == "plug" and effect.order.value
        if house.forced_off or house.decision.power in {Power.OFF, Power.LOWEST}:
            assert not turns_on
        if effect.order.kind in {"mode", "pool"}:
            assert device.on is not False
        if effect.order.kind == "mode":
            assert effect.order.value in device.modes, "nothing but the presets within its board's limits"


@settings(max_examples=100)
@given(rules=rulebooks, house=houses, later=st.integers(0, 3))
def test_evaluating_again_fires_nothing_again_and_gives_the_same_answer(rules, house, later):
    outcomes = evaluate(rules, house, {}, NOW)
    memory = remembered({}, outcomes, NOW)
    again = evaluate(reversed(rules), house, memory, NOW)

    assert evaluate(rules, house, {}, NOW) == outcomes
    assert not any(item.fires or item.ends for item in again)
    assert caps(again) == caps(outcomes)
    assert remembered(memory, again, NOW + later * MINUTE) == memory


@settings(max_examples=60)
@given(rules=rulebooks, walked=st.lists(houses, min_size=2, max_size=8))
def test_between_two_firings_of_a_rule_lies_its_cooldown_and_an_end(rules, walked):
    last = {}
    ended = set()
    for place, outcomes in enumerate(walk(rules, walked)):
        for item in outcomes:
            key = (item.rule.id, item.subject)
            if item.ends:
                ended.add(key)
            if item.fires:
                assert key not in last or (key in ended and (place - last[key]) * MINUTE >= item.rule.cooldown)
                last[key] = place
                ended.discard(key)


@settings(max_examples=60)
@given(rules=rulebooks, house=houses)
def test_no_miner_is_told_two_things_that_contradict_each_other(rules, house):
    kinds = {}
    for item in evaluate(rules, house, {}, NOW):
        for effect in item.effects if item.active and not item.rule.dry_run else ():
            if effect.cap is not None or effect.order is not None:
                said = (
                    ("cap", effect.cap.off, effect.cap.mode)
                    if effect.cap
                    else (effect.order.kind, effect.order.value)
                )
                kinds.setdefault(effect.miner, set()).add(said)
    for said in kinds.values():
        modes = {entry for entry in said if entry[0] == "mode"}
        assert len(modes) <= 1
        assert len({entry[1:] for entry in said if entry[0] == "cap"}) <= 1
        assert len({entry[1] for entry in said if entry[0] in {"plug", "power"}}) <= 1


@pytest.mark.parametrize(
    ("trigger", "words"),
    [
        (price("between", low="5.50", high=10), "the price is from 5.5 to below 10 p/kWh"),
        (Trigger(kind=TriggerKind.TIME, window=Window(time(22), time(6))), "it is 22:00 to 06:00"),
        (
            Trigger(kind=TriggerKind.TIME, window=Window(time(0), time(0), frozenset({0, 1, 2, 5}))),
            "it is a day from 00:00 on Mon–Wed, Sat",
        ),
        (Trigger(kind=TriggerKind.OFFLINE, minutes=10), "a miner has not answered for 10 min"),
        (Trigger(kind=TriggerKind.OVERHEAT, minutes=15), "a miner is too hot (15 min at least)"),
        (Trigger(kind=TriggerKind.POOL_DOWN, minutes=5), "its pool has been down for 5 min"),
    ],
)
def test_triggers_read_as_half_a_sentence(trigger, words):
    assert trigger_words(trigger) == words


# --- at the edges --------------------------------------------------------------------------------


def test_it_holds_since_it_fired_and_fires_now():
    fired = {(1, ""): Crossing(active=True, fired_at=NOW - MINUTE)}

    assert one(rule(), scene(follows())).since == NOW
    assert one(rule(), scene(follows()), fired).since == NOW - MINUTE
    assert one(rule(price("above", low=9)), scene(follows()), fired).since is None


def test_a_mode_is_not_set_at_what_an_earlier_rule_takes_the_current_from():
    plugged = free(plug=Plug(entity="switch.shed", state=True))
    dark = rule(action=Action(kind=ActionKind.PLUG_OFF), name="Dark", priority=1)
    first, second = evaluate([rule(id=2, action=ECO), dark], scene(plugged), {}, NOW)

    assert first.effects[0].order.kind == "plug"
    assert second.effects[0].overruled == "Rule “Dark” comes first: plug off."


def test_a_mode_and_a_pool_are_both_set():
    both = [rule(action=ECO), rule(id=2, action=Action(kind=ActionKind.POOL, pool="9"))]
    found = evaluate(both, scene(free(), pools={"9": "Solo"}), {}, NOW)

    assert [outcome.effects[0].order.kind for outcome in found] == ["mode", "pool"]


@pytest.mark.parametrize("turned", [False, True])
def test_prices_that_touch_at_a_limit_do_not_meet(turned):
    low, high = rule(price("between", 5, 10), ECO), rule(price("between", 10, 20), OFF)
    low, high = replace(low, id=1 + turned), replace(high, id=2 - turned)

    assert conflicts([low, high], scene(follows())) == ()


def test_the_lowest_mode_is_the_first():
    lowest = Action(kind=ActionKind.MODE, mode=LOWEST)

    assert one(rule(action=lowest), scene(follows())).effects[0].cap.mode == "eco"
    assert one(rule(action=lowest), scene(free())).effects[0].order.value == "eco"


@pytest.mark.parametrize(("runs", "given"), [("turbo", True), ("standard", True), ("eco", False), ("custom", False)])
def test_at_an_excluded_price_only_a_mode_that_surely_lowers_is_set(runs, given):
    dear = decide(situation(35, 35, current=6))
    surroundings = scene(free(mode=runs), now_price=35, decision=dear)
    standard = Action(kind=ActionKind.MODE, mode="standard")

    assert (one(rule(action=standard), surroundings).effects[0].order is not None) is given


def test_of_two_modes_the_rule_that_comes_first_decides():
    standard = Action(kind=ActionKind.MODE, mode="standard")
    found = evaluate([rule(action=standard), rule(id=2, name="Later", action=ECO)], scene(follows()), {}, NOW)

    assert found[0].effects[0].cap.mode == "standard"
    assert found[1].effects[0].overruled == "Rule “Evening” comes first: at most standard."


@pytest.mark.parametrize(
    ("days", "words"),
    [
        ({0, 1}, "Mon, Tue"),
        ({0, 1, 2}, "Mon–Wed"),
        ({0, 2, 3, 4}, "Mon, Wed–Fri"),
        ({0, 1, 3, 4, 5}, "Mon, Tue, Thu–Sat"),
    ],
)
def test_weekdays_in_a_row_are_said_with_a_dash_from_three_on(days, words):
    assert days_words(frozenset(days)) == words
