"""Every AxeOS capture reads correctly."""

import json

import pytest

from miners.drivers.base import DeviceState, PayloadError, Trust
from miners.drivers.bitaxe import boards, wire
from tests.captures import captures


def read(name):
    return wire.reading(json.loads(captures("devices", "axeos", name).read_text()))


def test_gamma_on_its_fallback_pool():
    reading = read("gamma601_v2.12.2_info.json")

    assert (reading.model, reading.firmware, reading.mac) == ("Gamma 601", "v2.12.2", "10f512000001")
    assert reading.hashrate_ths == pytest.approx(1.0722407227)
    assert reading.expected_hashrate_ths == pytest.approx(1.071)
    assert reading.power_w == pytest.approx(18.7522583)
    assert (reading.chip_temp_c, reading.vr_temp_c, reading.fan_rpm) == (60.125, 62, 3915)
    assert reading.fan_percent == pytest.approx(48.4200668)
    assert (reading.frequency_mhz, reading.core_voltage_mv, reading.core_voltage_actual_mv) == (525, 1150, 1144)
    assert (reading.mode, reading.state, reading.trust) == ("standard", DeviceState.HASHING, Trust.FULL)
    assert (reading.shares_accepted, reading.shares_rejected) == (4768, 13)
    assert (reading.best_difficulty, reading.best_session_difficulty) == (49224525, 2038368)
    assert reading.uptime_s == 18574
    assert (reading.paused, reading.can_pause) == (None, False)
    assert (reading.pool.host, reading.pool.port, reading.pool.fallback) == ("solo.ckpool.org", 3333, True)
    assert [(pool.host, pool.port) for pool in reading.pools] == [
        ("public-pool.io", 21496),
        ("solo.ckpool.org", 3333),
    ]
    assert reading.chips[0].error_count == 1415


def test_gamma_with_a_list_of_pools():
    reading = read("gamma601_v2.15.0_info_CONSTRUCTED.json")

    assert [pool.position for pool in reading.pools] == [0, 1, 3]
    assert (reading.pool.host, reading.pool.fallback) == ("public-pool.io", False)
    assert (reading.paused, reading.can_pause) == (False, True)
    assert "*****" not in repr(reading)


def test_supra_just_after_its_boot():
    reading = read("supra401_v2.4.5_info.json")

    assert (reading.model, reading.firmware) == ("Supra 401", "v2.4.5-3-gb5d1e36-dirty")
    assert (reading.best_difficulty, reading.best_session_difficulty) == (483_000, 0)
    assert reading.hashrate_ths == pytest.approx(1.0)
    assert reading.expected_hashrate_ths == pytest.approx(490 * 1276 / 1e6)
    assert (reading.mode, reading.chip_count, reading.pool_difficulty) == ("standard", 1, 0)
    assert (reading.mac, reading.uptime_s) == ("aabbccddeeff", 4)
    assert reading.pool.fallback is False


def test_ultra_frozen_by_the_old_overheat_routine():
    reading = read("ultra204_v2.1.8_info_CONSTRUCTED.json")

    assert (reading.model, reading.mac, reading.vr_temp_c) == ("Ultra 204", None, None)
    assert reading.state is DeviceState.OVERHEATED
    assert (reading.mode, reading.fan_rpm, reading.fan_percent) == (None, 3583, 100)
    assert reading.pool.fallback is None


def test_a_fork_is_read_and_not_trusted():
    reading = read("bitforge_nano_v1.0_info.json")

    assert (reading.trust, reading.firmware, reading.chip_count) == (Trust.READ_ONLY, "v1.0", 2)
    assert reading.expected_hashrate_ths == pytest.approx(636 * 2040 * 2 / 1e6)
    assert (reading.best_difficulty, reading.mode) == (6_510_000, "custom")


def test_supra_option_lists_make_its_presets():
    asic = json.loads(captures("devices", "axeos", "supra_asic.json").read_text())

    board = boards.board(asic_model="BM1368", board_version="401", chips=1, asic=asic)

    pairs = {mode: (preset.frequency_mhz, preset.core_voltage_mv) for mode, preset in board.presets.items()}
    assert pairs == {"eco": (400, 1150), "standard": (490, 1166), "turbo": (525, 1200)}
    assert (board.limits.frequency_max_mhz, board.limits.core_voltage_max_mv) == (575, 1300)
    assert board.source == "reported"


@pytest.mark.parametrize("payload", [None, [], "x", 7, {"version": "v2.9.0", "frequency": 1, "hashRate": 2}])
def test_what_is_no_answer_makes_no_half_reading(payload):
    with pytest.raises(PayloadError):
        wire.reading(payload)


@pytest.mark.parametrize(
    ("name", "value"),
    [("hashRate", "1000"), ("power", float("nan")), ("temp", True), ("bestDiff", "lots"), ("overheat_mode", 2)],
)
def test_a_field_of_the_wrong_kind_is_named(name, value):
    info = {"ASICModel": "BM1370", "version": "v2.12.0", "hashRate": 1000, "frequency": 525, "boardVersion": "601"}

    with pytest.raises(PayloadError, match=name):
        wire.reading({**info, name: value})
