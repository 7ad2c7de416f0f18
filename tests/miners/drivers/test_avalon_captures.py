"""Every capture of an Avalon reads correctly."""

import json

import pytest

from miners.drivers.avalon_nano import slots, wire
from miners.drivers.avalon_nano.replies import code_of, expect, parse, succeeded, tokens_of, words_of
from miners.drivers.base import (
    DeviceState,
    NotAMinerError,
    PayloadError,
    RefusedError,
    Trust,
    TryLaterError,
    WrongProtocolError,
)
from tests.captures import captures


def raw(name):
    return captures("devices", "avalon", name).read_bytes()


def one(name):
    return parse(raw(name))[""]


def nano_3s(**changes):
    answers = {name: one(f"nano3s_25021401_{name}.json") for name in ("stats", "summary", "pools")}
    return wire.reading(
        **{**answers, "version": wire.identity(one("nano3s_25021401_version.json")), **changes}  # type: ignore[arg-type]
    )


def test_nano_3s_in_high_mode():
    reading = nano_3s()

    assert (reading.family, reading.model, reading.trust) == ("avalon_nano", "Nano 3S", Trust.FULL)
    assert (reading.firmware, reading.mac) == ("25021401_56abae7", "e0e1a9000001")
    assert reading.hashrate_ths == pytest.approx(6.42303), "not the 7.1 of the summary"
    assert reading.expected_hashrate_ths == pytest.approx(6.5802)
    assert reading.power_w == 132, "not the 3678 beside it"
    assert (reading.chip_temp_c, reading.board_temp_c) == (96, 58)
    assert (reading.fan_rpm, reading.fan_percent) == (1720, 36)
    assert reading.frequency_mhz == pytest.approx(450.95)
    assert (reading.mode, reading.state) == ("high", DeviceState.HASHING)
    assert (reading.paused, reading.can_pause) == (False, False)
    assert (reading.asic_model, reading.chip_count) == ("A3197S", 12)
    assert (reading.shares_accepted, reading.shares_rejected) == (2567, 1)
    assert (reading.best_difficulty, reading.error_percent) == (111181383, 2.130)
    assert reading.uptime_s == 12961
    assert (reading.pool.host, reading.pool.port, reading.pool.user, reading.pool.fallback) == (
        "stratum.braiins.com",
        3333,
        "exampleuser.nano3s",
        False,
    )
    assert [(pool.position, pool.status, pool.live) for pool in reading.pools] == [
        (0, "Alive", True),
        (1, "Alive", False),
        (2, "Alive", False),
    ]


def test_nano_3s_without_its_version_is_known_by_its_figures():
    assert nano_3s(version=None) == nano_3s().__class__(
        **{**{name: getattr(nano_3s(), name) for name in nano_3s().__slots__}, "mac": None}
    )


def test_a_joined_answer_holds_each_command():
    answers = parse(raw("nano3s_25021401_summary+version+stats.json"), ("summary", "version", "stats"))

    reading = wire.reading(
        stats=answers["stats"], summary=answers["summary"], version=wire.identity(answers["version"])
    )

    assert (reading.power_w, reading.uptime_s, reading.mac) == (131, 393, "e0e1a9000001")
    assert reading.hashrate_ths == pytest.approx(6.41828)
    assert reading.pools == ()


def test_nano_3_keeps_its_watts_elsewhere_and_has_levels():
    reading = wire.reading(
        stats=one("nano3_24071801_stats.json"),
        summary=one("nano3_24071801_summary.json"),
        version=wire.identity(one("nano3_24071801_version_no_mac.json")),
    )

    assert (reading.model, reading.trust, reading.mac) == ("Nano 3", Trust.FULL, None)
    assert reading.power_w == 92, "not the 314 that is its core voltage"
    assert (reading.mode, reading.state) == ("med", DeviceState.HASHING)
    assert reading.hashrate_ths == pytest.approx(3.3324)
    assert (reading.chip_temp_c, reading.board_temp_c, reading.frequency_mhz) == (87, 52, None)
    assert reading.firmware == "24071801_42c628d"


def test_avalon_q_in_standby_is_read_and_not_written():
    reading = wire.reading(
        stats=one("avalonq_25052801_stats.json"),
        summary=one("nano3s_25021401_summary.json"),
        version=wire.identity(one("avalonq_25052801_version.json")),
    )

    assert (reading.model, reading.trust, reading.mac) == ("Avalon Q", Trust.READ_ONLY, "aabbccddeeff")
    assert (reading.state, reading.paused, reading.can_pause) == (DeviceState.IDLE, True, True)
    assert reading.hashrate_ths == 0, "not the average, which stays high"
    assert reading.power_w is None, "the 146 W are stale"
    assert (reading.chip_temp_c, reading.board_temp_c) == (None, 27)
    assert (reading.mode, reading.firmware, reading.chip_count) == ("low", "25052801_14a19a2", 160)


@pytest.mark.parametrize("name", ["config", "devdetails", "devs", "litestats"])
def test_other_answers_are_taken_apart(name):
    assert succeeded(one(f"nano3s_25021401_{name}.json"))


@pytest.mark.parametrize(
    "name", ["ascset_workmode_set_ok.json", "avalonq_25052801_ascset_softoff.json", "reply_switchpool_ok.raw"]
)
def test_a_yes_is_a_yes_with_s_or_i(name):
    assert expect(one(name), what="It")


def test_the_mode_is_told_in_words():
    assert words_of(one("reply_workmode_get.raw")).endswith("workmode 2")


def test_a_refusal_while_it_calibrates_is_to_be_tried_later():
    with pytest.raises(TryLaterError, match="calibrating"):
        expect(one("reply_workmode_calibrating.raw"), what="Mode low")


@pytest.mark.parametrize(
    ("name", "code"), [("reply_invalid_command.raw", 14), ("reply_setpool_bad_password.raw", 132)]
)
def test_a_no_is_a_refusal(name, code):
    assert code_of(one(name)) == code
    with pytest.raises(RefusedError):
        expect(one(name), what="It")


@pytest.mark.parametrize(
    ("name", "words"),
    [("antminer_s19pro_version.json", "Antminer S19 Pro"), ("whatsminer_v1_get_version.json", "whatsminer v1.4.0")],
)
def test_others_on_the_same_port_are_named_and_are_no_avalons(name, words):
    answer = parse(captures("devices", "other", name).read_bytes())[""]

    with pytest.raises(NotAMinerError, match=words):
        wire.identity(answer)


def test_a_raw_line_end_inside_a_text_is_read():
    answer = parse(b'{"STATUS":[{"STATUS":"S","Code":133,"Msg":"Pool set\nreboot the device"}],"id":1}\0')[""]

    assert words_of(answer) == "Pool set reboot the device"


def test_pipe_text_is_read_like_json():
    answer = parse(
        b"STATUS=S,When=12,Code=11,Msg=Summary,Description=cgminer 4.11.1|"
        b"SUMMARY,Elapsed=393,MHS av=5443897.45,Name=a\\,b\\=c\\|d,Best Share=909757|\0",
        ("summary",),
    )[""]

    assert succeeded(answer)
    row = answer["SUMMARY"][0]
    assert (row["Elapsed"], row["MHS av"], row["Name"], row["Best Share"]) == (393, 5443897.45, "a,b=c|d", 909757)


@pytest.mark.parametrize(
    "reply",
    [b"", b"\0", b'{"STATUS":[{"STATUS":"S","Co', b"[1,2]", b"STATUS=S,Code=11|SUMMARY,Elaps", b'{"a":1}trailing\0'],
)
def test_empty_and_cut_answers_are_no_answers(reply):
    with pytest.raises(PayloadError):
        parse(reply, ("summary",))


@pytest.mark.parametrize("cut", [40, 200, 900, 2000])
def test_a_capture_cut_anywhere_makes_no_half_reading(cut):
    with pytest.raises(PayloadError):
        parse(raw("nano3s_25021401_stats.json")[:-cut], ("stats",))


def test_html_is_another_language():
    with pytest.raises(WrongProtocolError):
        parse(b"HTTP/1.1 400 Bad Request\r\n\r\n<html>", ("version",))


def test_names_in_brackets_are_whole_and_the_last_counts():
    tokens = tokens_of("ITemp[-273]  OTemp[58] Temp[52] PS[0 0 1] SSID[a, b] FanR[36%] Nonce Mask[25] Temp[53]")

    assert tokens == {
        "ITemp": "-273",
        "OTemp": "58",
        "Temp": "53",
        "PS": "0 0 1",
        "SSID": "a, b",
        "FanR": "36%",
        "Nonce Mask": "25",
    }


@pytest.mark.parametrize(
    ("stats", "words"),
    [
        ({"STATS": [{"MM ID0": "GHSspd[lots]"}]}, "GHSspd"),
        ({"STATS": [{"MM ID0": "Ver[Nano3s-1] WORKMODE[2]"}]}, "GHSspd"),
        ({"STATS": [{"MM ID0": 7}]}, "MM ID0"),
        ({"STATS": [{}]}, "missing"),
        ({"STATS": "x"}, "STATS"),
        ({"STATS": [{"MM ID0": "GHSspd[1]", "MM ID1": "GHSspd[1]"}]}, "several"),
        ({"STATS": [{"MM ID0": "GHSspd[6423.03] PS[0 0 x]"}]}, "PS"),
        ({"STATS": [{"MM ID0": "GHSspd[6423.03"}]}, "cut off"),
    ],
)
def test_a_figure_of_the_wrong_kind_is_named(stats, words):
    with pytest.raises(PayloadError, match=words):
        wire.reading(stats=stats, summary={"SUMMARY": [{"Elapsed": 1}]})


def with_tokens(**changes):
    tokens = {
        "Ver": "Nano3s-1_a",
        "SYSTEMSTATU": "Work: In Work, Hash Board: 1",
        "TMax": "96",
        "PS": "0 0 27697 4 0 3678 132",
        "GHSspd": "6423.03",
        "SoftOFF": "0",
        "WORKMODE": "2",
        "MPO": "133",
        "ADJ": "1",
        **changes,
    }
    line = " ".join(f"{name}[{value}]" for name, value in tokens.items())
    return wire.reading(stats={"STATS": [{"MM ID0": line}]}, summary={"SUMMARY": [{"Elapsed": 4000}]})


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({}, DeviceState.HASHING),
        ({"ADJ": "0", "GHSspd": "900"}, DeviceState.STARTING),
        ({"SYSTEMSTATU": "Work: In Init, Hash Board: 1", "GHSspd": "0"}, DeviceState.STARTING),
        ({"SoftOFF": "4"}, DeviceState.IDLE),
        ({"SYSTEMSTATU": "Work: In Fault, Hash Board: 1"}, DeviceState.STALLED),
        ({"GHSspd": "0"}, DeviceState.STALLED),
        ({"GHSspd": "0", "PS": "4 0 27697 4 0 3678 0"}, DeviceState.OVERHEATED),
        ({"GHSspd": "0", "PS": "16 0 27697 4 0 3678 0"}, DeviceState.STALLED),
        ({"ECHU": "512 512 512"}, DeviceState.HASHING),
    ],
)
def test_what_it_does_is_told_from_its_figures(changes, state):
    assert with_tokens(**changes).state is state


@pytest.mark.parametrize("row", ["0 0 27697 4 0 3678 0", "0 0 27697 4 0 3678 324", "0 0 3", ""])
def test_watts_that_cannot_be_are_unknown(row):
    assert with_tokens(PS=row).power_w is None


def test_a_supply_that_complains_is_quoted():
    assert with_tokens(PS="17 0 27697 4 0 3678 132").fault == (
        "Power supply: input under-voltage, input over-current"
    )


def test_a_model_nobody_knows_is_read_without_watts():
    reading = with_tokens(Ver="Nano9-1_a")

    assert (reading.trust, reading.power_w, reading.model) == (Trust.READ_ONLY, None, "Avalon Nano9")


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("stratum+tcp://pool.test:3333", ("pool.test", 3333)),
        ("stratum+ssl://pool.test:443/x", ("pool.test", 443)),
        ("pool.test", ("pool.test", None)),
        ("stratum+tcp://[fd00::5]:3333", ("fd00::5", 3333)),
        ("", (None, None)),
        (None, (None, None)),
    ],
)
def test_a_pools_address_is_taken_apart(url, place):
    assert slots.host_and_port(url) == place


def test_the_live_pool_is_a_fallback_when_it_is_not_the_first():
    pools = json.loads(raw("nano3s_25021401_pools.json"))
    pools["POOLS"][0]["Stratum Active"], pools["POOLS"][2]["Stratum Active"] = False, True
    pools["POOLS"][2]["URL"] = "stratum+tcp://else.test:1"

    reading = nano_3s(pools=pools)

    assert (reading.pool.host, reading.pool.fallback) == ("else.test", True)
    assert reading.pools[0].host == "stratum.braiins.com"


def test_a_password_among_the_pools_goes_nowhere():
    pools = json.loads(raw("nano3s_25021401_pools.json"))
    pools["POOLS"][0]["Password"] = "hunter2"

    assert "hunter2" not in repr(nano_3s(pools=pools))
