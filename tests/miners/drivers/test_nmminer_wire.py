"""NMMiner's words of three generations, against captures and by hand."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from miners.drivers.base import (
    DeviceState,
    NotAMinerError,
    OtherDeviceError,
    PayloadError,
    PoolTarget,
    Reading,
    Trust,
)
from miners.drivers.nmminer import wire
from tests.captures import captures


def capture(name):
    return json.loads(captures("devices", "nmminer", name).read_text())


def test_the_first_broadcasts():
    told = wire.heard(captures("devices", "nmminer", "udp_v0.3.01_doc.json").read_bytes())
    reading = told.reading

    assert told.claimed_host == "192.168.1.101"
    assert (reading.family, reading.trust, reading.state) == ("nmminer", Trust.FULL, DeviceState.HASHING)
    assert (reading.model, reading.firmware, reading.mode) == ("NMLotto", "v0.3.01", "fixed")
    assert reading.hashrate_ths == pytest.approx(113.13e3 / 1e12)
    assert (reading.shares_accepted, reading.shares_rejected) == (None, None), "two figures are not settled"
    assert (reading.best_difficulty, reading.best_session_difficulty) == (pytest.approx(4.021e6), None)
    assert (reading.pool_difficulty, reading.chip_temp_c, reading.wifi_rssi_dbm) == (0.001, 48.5, -62)
    assert reading.uptime_s == 3600 + 23 * 60 + 46
    assert (reading.pool.host, reading.pool.port, reading.pools) == ("public-pool.io", 21496, ())


def test_later_broadcasts_hold_two_figures_in_one_text():
    told = wire.heard(captures("devices", "nmminer", "udp_v1.x_CONSTRUCTED.json").read_bytes())
    reading = told.reading

    assert told.claimed_host == "192.168.1.102"
    assert reading.hashrate_ths == pytest.approx(1.0154e-6)
    assert (reading.shares_accepted, reading.shares_rejected) == (128, 0)
    assert (reading.best_session_difficulty, reading.best_difficulty) == (0.842, pytest.approx(38170))
    assert reading.uptime_s == 22 * 60 + 57
    assert reading.chip_temp_c is None, "0 is no sensor"
    assert (reading.power_w, reading.wifi_rssi_dbm, reading.model) == (None, -51, "ESP32-WROOM-CYD")


def test_the_web_interface_of_version_2():
    reading = wire.reading(capture("v2.0.04_system_info.json"), capture("v2.0.04_setting_mining.json"))

    assert (reading.model, reading.firmware, reading.hostname) == ("NMMiner", "v2.0.04", "nm-cyd-c5-ab12cd")
    assert reading.hashrate_ths == pytest.approx(capture("v2.0.04_probe.json")["hr"] / 1e12)
    assert (reading.shares_accepted, reading.shares_rejected, reading.uptime_s) == (128, 2, 4321)
    assert (reading.best_difficulty, reading.best_session_difficulty) == (1.7833, 0.04215)
    assert (reading.pool_difficulty, reading.chip_temp_c, reading.wifi_rssi_dbm) == (0.0005, 51.3, -52)
    assert (reading.pool.host, reading.pool.port, reading.pool.fallback) == ("solobtc.nmminer.com", 3333, False)
    assert [entry.host for entry in reading.pools] == ["solobtc.nmminer.com", "au.solobtc.nmminer.com"]
    assert reading.pools[0].user == "bc1qexample0000000000000000000000000000000.worker1"


def test_without_the_pools_it_is_still_a_reading():
    reading = wire.reading(capture("v2.0.04_system_info.json"))

    assert (reading.pools, reading.pool.fallback) == ((), None)


def test_the_whole_configuration_is_written_for_one_device():
    template = capture("udp_config_12347.json")
    own = {name: value for name, value in template.items() if name != "IP"}

    body = json.loads(wire.configuration(own, ip="192.168.1.102"))

    assert body == {**template, "IP": "192.168.1.102"}
    assert set(own) == set(wire.CONFIGURATION)


INFO = {
    "identity": {"hwModel": "NMMiner", "fwVersion": "v2.0.04"},
    "miner": {"hashRate": 0.001, "uptimeSeconds": 4000},
    "stratum": {"url": "pool.test:3333", "user": "w"},
}
FLAT = {"ip": "192.168.1.7", "HashRate": "1.0MH/s", "BoardType": "ESP32", "Version": "v1.8.0"}
TEMPLATE = {name: {str: "x", int: 1, bool: True}[kind] for name, kind in wire.CONFIGURATION.items()}


@pytest.mark.parametrize(
    ("text", "hashes"),
    [
        ("113.13K", 113_130),
        ("1.0154MH/s", 1_015_400),
        ("1013.4KH/s", 1_013_400),
        ("507.2GH/s", 507.2e9),
        ("1.2 th/s", 1.2e12),
        ("950", 950),
        (950, 950),
        ("0", 0),
    ],
)
def test_every_way_a_hash_rate_is_written(text, hashes):
    assert wire.flat_reading({**FLAT, "HashRate": text}).hashrate_ths == pytest.approx(hashes / 1e12)


def test_the_list_of_generation_2_names_the_unit_that_was_asked():
    units = [{"ip": f"192.168.1.{n}", "hashRate": f"{n}KH/s", "temp": "N/A", "bestDiff": "1.5 /4.2M"} for n in (7, 8)]

    reading = wire.swarm_reading({"devices": units}, "192.168.1.8")

    assert reading.hashrate_ths == pytest.approx(8e3 / 1e12)
    assert (reading.best_session_difficulty, reading.best_difficulty, reading.chip_temp_c) == (1.5, 4.2e6, None)
    with pytest.raises(PayloadError, match="does not name"):
        wire.swarm_reading({"devices": units}, "192.168.1.9")


def test_a_unit_without_work_is_starting_and_then_stalled():
    assert wire.flat_reading({**FLAT, "HashRate": "0", "Uptime": "000d 00:00:30"}).state is DeviceState.STARTING
    assert wire.flat_reading({**FLAT, "HashRate": "0", "Uptime": "001d 00:00:30"}).state is DeviceState.STALLED


@pytest.mark.parametrize(
    ("name", "value"),
    [("HashRate", "fast"), ("HashRate", True), ("HashRate", float("nan")), ("Uptime", "yesterday"), ("HashRate", [])],
)
def test_a_word_of_the_wrong_kind_is_named(name, value):
    with pytest.raises(PayloadError, match=name.lower()):
        wire.flat_reading({**FLAT, name: value})


@pytest.mark.parametrize("datagram", [b"", b"\xff\xfe", b"[]", b"7", b"{}", b'{"ip":', b"[" * 3000, b" " * 5000])
def test_what_is_no_broadcast_makes_no_reading(datagram):
    with pytest.raises(PayloadError):
        wire.heard(datagram)


def test_a_number_of_absurd_length_is_refused():
    with pytest.raises(PayloadError):
        wire.heard(b'{"HashRate": ' + b"9" * 400 + b"}")


def test_hostile_text_is_cut_and_cleaned():
    reading = wire.flat_reading({**FLAT, "BoardType": "<b>\x00\u202e" + "x" * 500, "Version": "v\x00" + "9" * 99})

    assert len(reading.model) == 60
    assert "\x00" not in reading.model + reading.firmware
    assert "\u202e" not in reading.model


@pytest.mark.parametrize(
    ("info", "error"),
    [
        ([], PayloadError),
        ({"ASICModel": "BM1370"}, NotAMinerError),
        ({**INFO, "identity": {"hwModel": "NMAxe"}}, OtherDeviceError),
        ({**INFO, "asic": {"count": 1}}, OtherDeviceError),
        ({**INFO, "miner": {}}, PayloadError),
        ({**INFO, "miner": {"hashRate": "fast"}}, PayloadError),
    ],
)
def test_the_same_path_of_other_families_is_refused(info, error):
    with pytest.raises(error):
        wire.reading(info)


def test_the_fallback_is_told_from_the_first_pool():
    setting = {"PrimaryPool": "stratum+tcp://first.test:3333", "PrimaryAddress": "w", "PrimaryPassword": "secret"}

    reading = wire.reading(INFO, setting)

    assert reading.pool.fallback is True
    assert "secret" not in repr(reading)


@pytest.mark.parametrize("ip", ["0.0.0.0", "255.255.255.255", ""])
def test_no_configuration_is_meant_for_every_device(ip):
    with pytest.raises(PayloadError, match="one device"):
        wire.configuration(TEMPLATE, ip=ip)


@pytest.mark.parametrize("name", sorted(wire.CONFIGURATION))
def test_an_incomplete_configuration_is_never_sent(name):
    with pytest.raises(PayloadError, match=name):
        wire.configuration({key: value for key, value in TEMPLATE.items() if key != name}, ip="192.168.1.7")


def test_a_new_pool_takes_the_first_place_of_the_configuration():
    target = PoolTarget(host="new.test", port=3334, user="wallet.one", password="p")

    body = json.loads(wire.configuration(TEMPLATE, ip="192.168.1.7", target=target))

    assert body["PrimaryPool"] == "stratum+tcp://new.test:3334"
    assert (body["PrimaryAddress"], body["PrimaryPassword"], body["SecondaryPool"]) == ("wallet.one", "p", "x")


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["", "N/A", "1/2/3", "9e9", "\x00", "1:2:3", "K"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=5,
)
KEYS = ["ip", "HashRate", "Share", "BestDiff", "Uptime", "Temp", "RSSI", "PoolInUse", "Version", "Power"]


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(told=st.dictionaries(st.sampled_from(KEYS), anything))
def test_whatever_is_sent_gives_a_reading_or_a_payload_error(told):
    try:
        heard = wire.heard(json.dumps(told).encode())
    except PayloadError:
        return
    assert isinstance(heard.reading, Reading)
