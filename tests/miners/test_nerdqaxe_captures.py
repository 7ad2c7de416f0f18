"""Every NerdOS capture reads correctly, and the stratum block in each of its shapes."""

import json

import pytest

from miners.drivers.base import DeviceState, NotAMinerError, OtherDeviceError, PayloadError, Trust
from miners.drivers.nerdqaxe import boards, wire
from tests.captures import captures

INFO = {
    "deviceModel": "NerdQAxe++",
    "ASICModel": "BM1370",
    "asicCount": 4,
    "hostip": "192.168.1.2",
    "version": "v1.0.37",
    "hashRate": 4800.0,
    "frequency": 600,
    "coreVoltage": 1150,
    "temp": 55,
    "overheat_temp": 70,
    "stratumURL": "one.test",
    "stratumPort": 3333,
    "stratumUser": "a.b",
    "fallbackStratumURL": "two.test",
    "fallbackStratumPort": 3334,
    "fallbackStratumUser": "a.c",
}


def capture(name):
    return json.loads(captures("devices", "nerdqaxe", name).read_text())


def test_a_running_device_of_v1_0_30():
    reading = wire.reading(capture("nerdqaxepp_v1.0.30_info_PARTIAL.json"))

    assert (reading.family, reading.model, reading.firmware) == ("nerdqaxe", "NerdQAxe++", "v1.0.30")
    assert (reading.trust, reading.state, reading.mode) == (Trust.FULL, DeviceState.HASHING, "custom")
    assert (reading.mac, reading.hostname, reading.uptime_s) == ("aca704000002", "nerdqaxe", 2137)
    assert reading.hashrate_ths == pytest.approx(4.756291)
    assert reading.expected_hashrate_ths == pytest.approx(4.896)
    assert (reading.power_w, reading.max_power_w) == (78.25, 100)
    assert reading.input_voltage_mv == pytest.approx(11765.63)
    assert (reading.chip_temp_c, reading.vr_temp_c, reading.overheated) == (54.75, 60, False)
    assert (reading.fan_rpm, reading.fan_percent, reading.auto_fan) == (1924, 62, True)
    assert (reading.frequency_mhz, reading.core_voltage_mv, reading.core_voltage_actual_mv) == (600, 1120, 1119)
    assert (reading.shares_accepted, reading.shares_rejected) == (348, 1)
    assert (reading.best_difficulty, reading.best_session_difficulty) == (270e6, 2.75e6)
    assert (reading.pool_difficulty, reading.wifi_rssi_dbm) == (4096, -58)
    assert (reading.paused, reading.can_pause, reading.locked) == (None, False, None)
    assert (reading.pool.host, reading.pool.port, reading.pool.fallback) == ("eu.stratum.braiins.com", 3333, False)
    assert [pool.host for pool in reading.pools] == ["eu.stratum.braiins.com", "public-pool.io"]
    assert (reading.pool_mode, reading.pool_needs_restart) == (None, True)


def test_a_device_that_was_shut_down_is_idle_and_no_failure():
    reading = wire.reading(capture("nerdqaxepp_v1.0.37_shutdown_CONSTRUCTED.json"))

    assert (reading.state, reading.paused, reading.can_pause) == (DeviceState.IDLE, True, True)
    assert (reading.hashrate_ths, reading.power_w) == (0, 6.1)
    assert (reading.chip_temp_c, reading.vr_temp_c) == (31.2, 55.9375)
    assert (reading.best_difficulty, reading.best_session_difficulty) == (13790464144, 14137811)
    assert (reading.locked, reading.pool_mode, reading.pool_needs_restart) == (False, "failover", False)
    assert (reading.pool.host, reading.pool.port, reading.pool.fallback) == ("192.168.50.6", 2018, False)
    assert [pool.connected for pool in reading.pools] == [False, None]
    assert (reading.frequency_mhz, reading.mode) == (680, "custom")


def test_the_option_lists_make_the_board():
    board = boards.board(
        device_model="NerdQAxe++", asic_model="BM1370", chips=4, asic=capture("nerdqaxepp_v1.0.32_asic.json")
    )

    pairs = {mode: (preset.frequency_mhz, preset.core_voltage_mv) for mode, preset in board.presets.items()}
    assert pairs == {"eco": (500, 1120), "standard": (600, 1150), "turbo": (625, 1170)}
    assert (board.chip_count, board.small_core_count, board.source) == (4, 2040, "reported")
    assert (board.limits.frequency_max_mhz, board.limits.core_voltage_max_mv) == (625, 1200)
    assert (board.oc_limits.frequency_max_mhz, board.oc_limits.core_voltage_max_mv) == (725, 1300)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"deviceModel": None}, OtherDeviceError),
        ({"deviceModel": "Toaster", "hostip": None}, OtherDeviceError),
        ({"deviceModel": 7, "ASICModel": None}, NotAMinerError),
    ],
)
def test_the_other_families_are_left_to_their_drivers(changes, error):
    changed = {**INFO, **changes}

    with pytest.raises(error):
        wire.reading({name: value for name, value in changed.items() if value is not None})


@pytest.mark.parametrize(
    ("stratum", "pool", "fallback", "mode", "connected"),
    [
        (None, "one.test", None, None, [None, None]),
        (
            {"poolMode": 0, "usingFallback": False, "pools": [{"connected": True}]},
            "one.test",
            False,
            "failover",
            [True, None],
        ),
        (
            {"poolMode": 0, "usingFallback": True, "pools": [{"connected": True}]},
            "two.test",
            True,
            "failover",
            [None, True],
        ),
        (
            {"poolMode": 0, "usingFallback": True, "pools": [{"connected": False}, {"connected": True}]},
            "two.test",
            True,
            "failover",
            [False, True],
        ),
        (
            {"poolMode": 1, "poolBalance": 70, "pools": [{"connected": True}, {"connected": True}]},
            "one.test",
            None,
            "dual",
            [True, True],
        ),
        (
            {"poolMode": 1, "poolBalance": 70, "pools": [{"connected": False}, {"connected": True}]},
            "two.test",
            None,
            "dual",
            [False, True],
        ),
        (
            {"poolMode": 1, "activePoolMode": 0, "usingFallback": False, "pools": []},
            "one.test",
            False,
            "failover",
            [None, None],
        ),
    ],
)
def test_the_stratum_block_in_its_shapes(stratum, pool, fallback, mode, connected):
    reading = wire.reading(INFO if stratum is None else {**INFO, "stratum": stratum})

    assert (reading.pool.host, reading.pool.fallback, reading.pool_mode) == (pool, fallback, mode)
    assert [entry.connected for entry in reading.pools] == connected
    shares = [70, 30] if mode == "dual" else [None, None]
    assert [entry.share_percent for entry in reading.pools] == shares


def test_the_flag_of_older_firmware_names_the_fallback():
    reading = wire.reading({**INFO, "version": "v1.0.30", "isUsingFallbackStratum": True})

    assert (reading.pool.host, reading.pool.fallback) == ("two.test", True)


def test_a_device_with_a_hash_rate_of_ten_minutes_only_still_hashes():
    info = {key: value for key, value in INFO.items() if key != "hashRate"} | {"hashRate_10m": 4700}

    assert wire.reading(info).state is DeviceState.HASHING


def test_the_threshold_is_a_setting_and_heat_above_it_is_what_counts():
    assert wire.reading({**INFO, "temp": 69.9}).state is DeviceState.HASHING
    assert wire.reading({**INFO, "temp": 70.5}).state is DeviceState.OVERHEATED
    assert wire.reading({**INFO, "asicTemps": [50, 71, 0, 0]}).chip_temp_c == 71
    assert wire.reading({**INFO, "asicTemps": [0, 0, 0, 0], "temp": -1}).chip_temp_c is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("frequency", "600"),
        ("power", float("nan")),
        ("temp", True),
        ("bestDiff", "lots"),
        ("shutdown", 2),
        ("stratum", [1]),
        ("otp", "yes"),
        ("stratumPort", "3333"),
    ],
)
def test_a_field_of_the_wrong_kind_is_named(name, value):
    with pytest.raises(PayloadError, match=name):
        wire.reading({**INFO, name: value})


@pytest.mark.parametrize("name", ["ASICModel", "version", "frequency", "hashRate"])
def test_an_answer_that_lacks_what_matters_makes_no_half_reading(name):
    with pytest.raises(PayloadError, match=name):
        wire.reading({key: value for key, value in INFO.items() if key != name})


@pytest.mark.parametrize("payload", [None, [], "x", 7])
def test_what_is_no_object_makes_no_reading(payload):
    with pytest.raises(PayloadError):
        wire.reading(payload)


@pytest.mark.parametrize(
    ("told", "name", "chips", "standard"),
    [
        ("NerdAxe", "NerdAxe", 1, (485, 1200)),
        ("NerdAxeGamma", "NerdAxeGamma", 1, (515, 1150)),
        ("NerdQAxe+", "NerdQAxe+", 4, (490, 1250)),
        ("NerdOCTAXE-γ", "NerdOCTAXE-gamma", 8, (700, 1210)),
        ("NerdOCTAXE-Gamma", "NerdOCTAXE-gamma", 8, (700, 1210)),
        ("NerdHaxe-γ", "NerdHaxe-gamma", 6, (525, 1150)),
        ("NerdQX", "NerdQX", 9, (777, 1200)),
    ],
)
def test_the_relatives_come_from_the_table(told, name, chips, standard):
    asic_model = boards.model_named(told).asic_model

    board = boards.board(device_model=told, asic_model=asic_model, chips=9, asic=None)

    assert (board.model, board.chip_count) == (name, chips)
    assert (board.presets["standard"].frequency_mhz, board.presets["standard"].core_voltage_mv) == standard
    assert wire.reading({**INFO, "deviceModel": told, "ASICModel": asic_model}).trust is Trust.FULL


@pytest.mark.parametrize(("told", "chip"), [("NerdEKO", "BM1370"), ("Q1370", "BM1370"), ("NerdQAxe++", "BM1366")])
def test_a_board_that_is_not_in_the_table_is_only_read(told, chip):
    assert wire.reading({**INFO, "deviceModel": told, "ASICModel": chip}).trust is Trust.READ_ONLY


def test_the_pair_the_device_calls_eco_is_taken_and_its_maximum_is_kept():
    asic = {"ecoFrequency": 495, "ecoVoltage": 1085, "absMaxFrequency": 610, "absMaxVoltage": 1180}

    board = boards.board(device_model="NerdQAxe++", asic_model="BM1370", chips=4, asic=asic)

    assert (board.presets["eco"].frequency_mhz, board.presets["eco"].core_voltage_mv) == (495, 1085)
    assert "turbo" not in board.presets, "625 MHz is above what this board takes"
    assert (board.oc_limits.frequency_max_mhz, board.oc_limits.core_voltage_max_mv) == (610, 1180)


@pytest.mark.parametrize("asic", [[], "x", 5])
def test_option_lists_that_are_no_object_are_refused(asic):
    with pytest.raises(PayloadError):
        boards.board(device_model="NerdQAxe++", asic_model="BM1370", chips=4, asic=asic)
