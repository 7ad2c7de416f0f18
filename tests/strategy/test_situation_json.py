"""`manage.py decide`: whatever is wrong is named by its field, and nothing ends in a traceback."""

import io
import json
from decimal import Decimal

import pytest
from django.core.management import call_command
from hypothesis import given, settings
from hypothesis import strategies as st

from strategy.situation_json import answer, answer_all

NOW = "2026-11-24T12:10:00Z"
SLOT = {"start": "2026-11-24T12:00:00Z", "end": "2026-11-24T12:30:00Z", "price_p_per_kwh": "9"}
NEXT = {"start": "2026-11-24T12:30:00Z", "end": "2026-11-24T13:00:00Z", "price_p_per_kwh": 9.5}
MINER = {"id": "7", "family": "bitaxe", "modes": ["eco", "standard"]}
GOOD = {
    "now": NOW,
    "bands": [
        {"ceiling_p_per_kwh": "5", "target": "BTC"},
        {"ceiling_p_per_kwh": 12, "target": "DGB", "modes": {"bitaxe": "std"}},
        {"ceiling_p_per_kwh": None, "target": "OFF"},
    ],
    "prices": [SLOT, NEXT],
}


def changed(path, value):
    """Return the good situation with one value, given as a path of keys and places, replaced."""
    document = json.loads(json.dumps({**GOOD, "miners": [MINER]}))
    place = document
    for key in path[:-1]:
        place = place[key] if isinstance(place, list) else place.setdefault(key, {})
    place[path[-1]] = value
    return document


def fault(path, value):
    return answer(changed(path, value))["error"]["field"]


def test_the_good_one_is_answered():
    given_answer = answer({**GOOD, "miners": [MINER]})

    assert (given_answer["band"], given_answer["target"], given_answer["reason"]) == (2, "DGB", "cold_start")
    assert given_answer["wanted"]["7"]["mode"] == "standard"
    assert set(given_answer) == {
        "band", "target", "champion_only", "reason", "explanation", "flips_at_p_per_kwh", "until",
        "wanted", "champion",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        (["now"], None, "now"),
        (["now"], True, "now"),
        (["now"], "yesterday", "now"),
        (["now"], "2026-11-24T12:10:00", "now"),
        (["now"], "0001-01-01T00:00:00+14:00", "now"),
        (["now"], "9999-12-31T23:59:59Z", "now"),
        (["bands"], [], "bands"),
        (["bands"], "x", "bands"),
        (["bands"], [{"target": "BTC"}] * 13, "bands"),
        (["bands", 0], 5, "bands[0]"),
        (["bands", 0], None, "bands[0]"),
        (["bands", 0, "target"], "DOGE", "bands[0].target"),
        (["bands", 0, "target"], ["BTC"], "bands[0].target"),
        (["bands", 0, "ceiling_p_per_kwh"], None, "bands[0].ceiling_p_per_kwh"),
        (["bands", 0, "ceiling_p_per_kwh"], True, "bands[0].ceiling_p_per_kwh"),
        (["bands", 0, "ceiling_p_per_kwh"], "NaN", "bands[0].ceiling_p_per_kwh"),
        (["bands", 0, "ceiling_p_per_kwh"], float("nan"), "bands[0].ceiling_p_per_kwh"),
        (["bands", 0, "ceiling_p_per_kwh"], "-Infinity", "bands[0].ceiling_p_per_kwh"),
        (["bands", 0, "ceiling_p_per_kwh"], Decimal("1e999"), "bands[0].ceiling_p_per_kwh"),
        (["bands", 0, "ceiling_p_per_kwh"], "1e-999999", "bands[0].ceiling_p_per_kwh"),
        (["bands", 0, "ceiling_p_per_kwh"], "1e999999999", "bands[0].ceiling_p_per_kwh"),
        (["bands", 1, "ceiling_p_per_kwh"], 5, "bands[1].ceiling_p_per_kwh"),
        (["bands", 1, "ceiling_p_per_kwh"], 4, "bands[1].ceiling_p_per_kwh"),
        (["bands", 1, "champion_only"], "yes", "bands[1].champion_only"),
        (["bands", 1, "modes"], ["eco"], "bands[1].modes"),
        (["bands", 1, "modes", "bitaxe"], 3, "bands[1].modes.bitaxe"),
        (["prices"], {}, "prices"),
        (["prices", 0], "x", "prices[0]"),
        (["prices", 0, "price_p_per_kwh"], None, "prices[0].price_p_per_kwh"),
        (["prices", 0, "end"], "2026-11-24T12:00:00Z", "prices[0].end"),
        (["prices", 1, "start"], "2026-11-24T12:29:59Z", "prices[1].start"),
        (["prices", 1], SLOT, "prices[1].start"),
        (["current_band"], 4, "current_band"),
        (["current_band"], 0, "current_band"),
        (["current_band"], True, "current_band"),
        (["current_band"], "2", "current_band"),
        (["current_band"], {}, "current_band"),
        (["last_price_at"], 5, "last_price_at"),
        (["enabled"], 1, "enabled"),
        (["override"], "on", "override"),
        (["override", "kind"], "perhaps", "override.kind"),
        (["override", "kind"], [], "override.kind"),
        (["override"], {"kind": "on", "band": 9}, "override.band"),
        (["override"], {"kind": "on", "band": 3}, "override.band"),
        (["override", "until"], "soon", "override.until"),
        (["settings"], 30, "settings"),
        (["settings", "grace_minutes"], -1, "settings.grace_minutes"),
        (["settings", "grace_minutes"], "NaN", "settings.grace_minutes"),
        (["settings", "fail_safe"], "panic", "settings.fail_safe"),
        (["miners"], {}, "miners"),
        (["miners", 0], 7, "miners[0]"),
        (["miners", 0, "id"], None, "miners[0].id"),
        (["miners", 0, "id"], [], "miners[0].id"),
        (["miners", 0, "id"], False, "miners[0].id"),
        (["miners", 0, "family"], {}, "miners[0].family"),
        (["miners", 0, "enrolled"], "yes", "miners[0].enrolled"),
        (["miners", 0, "modes"], "eco", "miners[0].modes"),
        (["miners", 0, "modes"], [["eco"]], "miners[0].modes[0]"),
        (["miners", 0, "holds"], ["colour"], "miners[0].holds[0]"),
        (["miners", 0, "holds"], {"power": []}, "miners[0].holds.power"),
        (["miners", 0, "observed"], [], "miners[0].observed"),
        (["miners", 0, "observed", "power"], 1, "miners[0].observed.power"),
        (["miners", 0, "observed", "mode"], [], "miners[0].observed.mode"),
        (["miners", 0, "observed", "pool"], {"host": []}, "miners[0].observed.pool.host"),
        (["miners", 0, "confirmed", "uptime_s"], "long", "miners[0].confirmed.uptime_s"),
        (["miners", 0, "efficiency", "power_w"], "1e999", "miners[0].efficiency.power_w"),
        (["miners", 0, "efficiency", "samples"], 1.5, "miners[0].efficiency.samples"),
        (["miners", 0, "efficiency", "samples"], -1, "miners[0].efficiency.samples"),
        (["miners", 0, "efficiency", "newest_at"], "x", "miners[0].efficiency.newest_at"),
        (["miners", 0, "plug"], [], "miners[0].plug"),
        (["miners", 0, "plug"], {"entity": "switch.a", "shared_with": 3}, "miners[0].plug.shared_with"),
        (["miners"], [MINER, MINER], "miners[1].id"),
        (["champion"], {}, "champion"),
    ],
)  # fmt: skip
def test_the_field_at_fault_is_named(path, value, field):
    assert fault(path, value) == field


def test_a_number_of_five_thousand_digits_is_named_too():
    assert fault(["prices", 0, "price_p_per_kwh"], 10**5000) == "prices[0].price_p_per_kwh"


def test_an_uptime_of_months_and_sums_of_six_hours_are_no_errors():
    document = changed(["miners", 0, "observed"], {"power": "on", "uptime_s": 9_000_000})
    document["miners"][0]["efficiency"] = {"power_w": 3_600_000, "hashrate_ths": "250000.5", "samples": 720}

    assert "error" not in answer(document)


def test_slots_and_nulls_in_any_order_are_read():
    document = {**GOOD, "prices": [NEXT, SLOT], "override": None, "settings": None, "enabled": None, "miners": None}

    assert answer(document) == answer(GOOD)


def test_a_last_price_that_lies_ahead_holds_nothing():
    document = {**GOOD, "prices": [], "last_price_at": "2026-11-25T00:00:00Z"}

    assert answer(document)["reason"] == "no_price_fail_safe"


def test_an_error_stands_in_its_place_and_previous_goes_on_without_it():
    answers = answer_all([GOOD, {"now": NOW}, {**GOOD, "current_band": "previous"}, 5])

    assert [("error" in item) for item in answers] == [False, True, False, True]
    assert answers[2]["reason"] == "cold_start"


def decide(text, *flags):
    out = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdin", io.StringIO(text))
        try:
            call_command("decide", "-", *flags, stdout=out)
        except SystemExit as end:
            return end.code, out.getvalue()
    return 0, out.getvalue()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[" * 200_000,
        '{"a":' * 50_000 + "1" + "}" * 50_000,
        "1" * 10_000,
        '{"now": 1e999999999999999999999}',
        '{"now": NaN}',
        '{"now": "\\ud800", "bands": [], "prices": []}',
        json.dumps(GOOD).replace('"9"', "1" * 9999),
    ],
)
def test_the_command_answers_any_text_with_an_error_and_no_traceback(text):
    code, printed = decide(text, "--json")

    assert code == 1
    assert set(json.loads(printed)["error"]) == {"field", "message"}
    assert decide(text)[1].startswith("error: ")


def test_the_command_says_what_to_give_instead_of_nothing():
    assert "There is nothing in it. Give a situation" in decide(" \n")[1]


def test_the_mark_some_editors_begin_a_file_with_is_no_fault():
    assert decide("\ufeff" + json.dumps(GOOD), "--json") == decide(json.dumps(GOOD), "--json")


def test_for_people_each_answer_of_a_list_says_which_it_is():
    _code, printed = decide(json.dumps([GOOD, {"now": NOW}]))

    assert [line.split(" ")[:2] for line in printed.splitlines() if line[0].isdigit()] == [
        ["1.", "DGB,"],
        ["2.", "error:"],
    ]


def test_the_whole_detail_of_a_row_of_the_activity_is_a_situation_too():
    assert answer({"situation": GOOD, "answer": answer(GOOD)}) == answer(GOOD)


def test_zero_has_no_sign():
    document = changed(["prices", 0, "price_p_per_kwh"], "-0.0")

    assert answer(document)["explanation"].startswith("0.00 p ")


def test_the_command_answers_a_year_in_one_call():
    elements = [{**GOOD, "current_band": "previous"}] * 2000

    code, printed = decide(json.dumps(elements), "--json")

    assert code == 0
    assert len(json.loads(printed)) == 2000


leaves = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
    | st.sampled_from(["on", "off", "OFF", "BTC", NOW, "previous", "1e999", "NaN", -1, 1, 2])
)  # fmt: skip
anything = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["start", "end", "kind", "band", "target", "modes", "power", "id", "family", "host", "entity"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)
PATHS = [
    ["now"], ["bands"], ["bands", 0], ["bands", 1, "modes"], ["prices"], ["prices", 0], ["current_band"],
    ["last_price_at"], ["enabled"], ["override"], ["settings"], ["settings", "grace_minutes"], ["miners"],
    ["miners", 0], ["miners", 0, "observed"], ["miners", 0, "confirmed"], ["miners", 0, "holds"],
    ["miners", 0, "modes"], ["miners", 0, "efficiency"], ["miners", 0, "plug"], ["miners", 0, "pools"], ["champion"],
]  # fmt: skip


@settings(deadline=None, max_examples=300)
@given(path=st.sampled_from(PATHS), value=anything)
def test_any_value_anywhere_is_answered_or_named(path, value):
    given_answer = answer(changed(path, value))

    if "error" in given_answer:
        assert given_answer["error"]["field"].split(".")[0].split("[")[0] in {path[0], "override", "bands"}
        assert given_answer["error"]["message"]
    json.dumps(given_answer)


RUNNING = {**MINER, "observed": {"power": True, "mode": "eco"}, "confirmed": {"power": True, "mode": "eco"}}


def wanted_of(miner, **changes):
    return answer({**GOOD, "current_band": 2, **changes, "miners": [{**MINER, **miner}]})["wanted"]["7"]


def test_what_a_person_holds_is_left_alone_and_named():
    held = wanted_of({**RUNNING, "holds": {"mode": "keeper"}})

    assert (held["on"], held["mode"]) == (True, None)
    assert "Its mode is held by keeper until the band changes." in held["why"]


def test_a_band_change_ends_what_is_held():
    assert wanted_of({**RUNNING, "holds": {"mode": "keeper"}}, current_band=1)["mode"] == "standard"


def test_nobody_holds_a_miner_on_at_an_excluded_price():
    dear = [{**SLOT, "price_p_per_kwh": "40"}]

    assert wanted_of({**RUNNING, "holds": ["power"]}, prices=dear, current_band=3)["on"] is False


def test_what_was_changed_by_hand_or_heat_is_told():
    by_hand = {**RUNNING, "observed": {"power": False, "mode": "eco"}}
    hot = {**RUNNING, "overheated": True}

    assert "Its power was changed by hand" in wanted_of(by_hand)["why"]
    assert "It overheated; its mode is left alone" in wanted_of(hot)["why"]
