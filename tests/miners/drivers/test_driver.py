"""The AxeOS driver against a device that is a real server and misbehaves."""

import time
import urllib.error
import urllib.request

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hmm.net import exchange
from miners.drivers.base import (
    DeviceState,
    NotAMinerError,
    PayloadError,
    PoolTarget,
    Preset,
    RefusedError,
    UnreachableError,
    UnsafeSettingError,
)
from miners.drivers.bitaxe import boards
from miners.drivers.bitaxe.driver import Bitaxe
from miners.drivers.bitaxe.simulator import HANGS_ABOVE, BitaxeSimulator

VERSIONS = ["v2.1.8", "v2.4.5", "v2.8.0", "v2.10.0", "v2.12.2", "v2.14.0", "v2.15.0"]


@pytest.fixture
def device():
    with BitaxeSimulator(reboot_s=0.2) as simulator:
        yield simulator


def driver(device):
    return Bitaxe(device.address)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("refuse", RefusedError),
        ("truncate", PayloadError),
        ("empty", PayloadError),
        ("html", NotAMinerError),
        ("redirect", NotAMinerError),
        ("vanish", UnreachableError),
    ],
)
def test_every_fault_has_its_error_and_leaves_no_half_reading(device, fault, error):
    device.set_fault(fault)

    with pytest.raises(error):
        driver(device).read()


@pytest.mark.parametrize("fault", ["stall", "trickle"])
def test_a_device_that_stalls_or_trickles_is_cut_off_at_the_total(device, fault):
    device.set_fault(fault)
    began = time.monotonic()

    with pytest.raises(TimeoutError):
        exchange(device.host, device.port, "GET", "/api/system/info", total_s=1.5)

    assert time.monotonic() - began < 3


def test_a_device_that_stalled_is_well_as_soon_as_its_fault_is_over_however_often_it_was_asked(device):
    device.set_fault("stall")
    for _caller in range(HANGS_ABOVE + 2):
        with pytest.raises(TimeoutError):
            exchange(device.host, device.port, "GET", "/api/system/info", total_s=0.05)
    device.set_fault("none")
    time.sleep(0.3)

    assert device.parallel == 0
    assert driver(device).read().state is DeviceState.HASHING


def test_a_device_that_vanished_comes_back(device):
    device.set_fault("vanish")
    device.set_fault("none")

    assert driver(device).read().state is DeviceState.HASHING


@pytest.mark.parametrize("status", [401, 400, 404, 500, 503])
def test_a_status_is_named(device, status):
    device.refuse_with = status
    device.set_fault("refuse")

    with pytest.raises((RefusedError, NotAMinerError)) as caught:
        driver(device).read()
    assert status == 404 or str(status) in str(caught.value)


@pytest.mark.parametrize("firmware", VERSIONS)
def test_every_version_reads_whole(firmware):
    with BitaxeSimulator("supra401", firmware, seed=5) as device:
        reading = driver(device).read()

    assert (reading.model, reading.firmware, reading.state) == ("Supra 401", firmware, DeviceState.HASHING)
    assert reading.hashrate_ths == pytest.approx(490 * 1276 / 1e6, rel=0.1)
    assert reading.power_w == pytest.approx(12, rel=0.2)
    assert reading.fan_rpm
    assert reading.chip_temp_c
    assert reading.uptime_s >= 3600
    assert (reading.frequency_mhz, reading.core_voltage_mv, reading.mode) == (490, 1166, "standard")
    assert reading.best_difficulty is not None
    assert reading.can_pause is (VERSIONS.index(firmware) >= VERSIONS.index("v2.14.0"))
    assert (reading.mac is None) is (firmware == "v2.1.8")
    assert reading.pools[0].host == "pool.example.net"


@pytest.mark.parametrize("firmware", VERSIONS)
def test_a_pool_counts_after_the_restart_on_every_version(firmware):
    with BitaxeSimulator("gamma601", firmware, reboot_s=0.2) as device:
        driver(device).set_pool(PoolTarget(host="new.test", port=3335, user="wallet.one", password="secret"))
        assert driver(device).read().pools[0].host == "new.test"
        assert device.live_pool["stratumURL"] == "pool.example.net"
        assert device.settings["fallbackStratumURL"] == "fallback.example.net"

        driver(device).restart()
        time.sleep(0.4)

        assert device.live_pool["stratumURL"] == "new.test"
        assert device.settings["stratumPassword"] == "secret"
        assert driver(device).read().uptime_s < 10


@pytest.mark.parametrize("firmware", ["v2.4.5", "v2.8.0"])
def test_the_board_comes_from_the_table_where_the_device_has_no_lists(firmware):
    with BitaxeSimulator("supra401", firmware) as device:
        board = driver(device).board(driver(device).read())

    assert board.source == ("reported" if firmware == "v2.8.0" else "table")
    assert board.presets["standard"] == Preset(490, 1166)


def test_unknown_keys_are_ignored_with_a_200(device):
    answer = exchange(device.host, device.port, "PATCH", "/api/system", json={"voltage": 1300})

    assert (answer.status, answer.body) == (200, b"")
    assert device.settings["coreVoltage"] == 1150


def test_a_foreign_origin_is_refused_by_the_device(device):
    request = urllib.request.Request(f"{device.url}/api/system/info", headers={"Origin": "http://example.org"})

    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request, timeout=5)
    assert caught.value.code == 401
    assert driver(device).read(), "the driver sends no Origin"


@pytest.mark.parametrize(("firmware", "frequency", "voltage"), [("v2.8.0", 50, 1000), ("v2.14.0", 425, 1050)])
def test_an_overheated_device_steps_down_as_its_version_does(firmware, frequency, voltage):
    time_now = [1000.0]
    with BitaxeSimulator(firmware=firmware, reboot_s=1, clock=lambda: time_now[0]) as device:
        device.trip_overheat()
        assert driver(device).read().state is DeviceState.OVERHEATED

        time_now[0] += 600
        device.advance()
        time_now[0] += 60
        device.advance()

        assert (device.settings["frequency"], device.settings["coreVoltage"]) == (frequency, voltage)
        overheated = driver(device).read().state is DeviceState.OVERHEATED
        assert overheated is (firmware == "v2.8.0")


def test_pausing_is_refused_by_firmware_that_cannot():
    with BitaxeSimulator(firmware="v2.12.2") as device, pytest.raises(RefusedError, match="pause"):
        driver(device).pause()


def test_values_may_freeze(device):
    device.set_fault("freeze")
    first = driver(device).read()
    time.sleep(1.1)

    assert driver(device).read() == first


BOARDS = {
    name: boards.board(asic_model=asic, board_version=version, chips=1, asic=None)
    for name, (asic, version) in {
        "gamma": ("BM1370", "601"),
        "max": ("BM1397", "102"),
        "duo": ("BM1370", "650"),
    }.items()
}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    frequency=st.integers(-10, 70_000) | st.integers(280, 760),
    voltage=st.integers(-10, 70_000) | st.integers(950, 1550),
    name=st.sampled_from(sorted(BOARDS)),
    consent=st.booleans(),
)
def test_nothing_outside_the_limits_leaves(device, frequency, voltage, name, consent):
    board = BOARDS[name]
    limits = board.oc_limits if consent else board.limits
    before = len(device.requests)
    try:
        driver(device).set_tuning(Preset(frequency, voltage), board=board, with_consent=consent)
    except UnsafeSettingError:
        assert len(device.requests) == before
    else:
        assert limits.frequency_min_mhz <= frequency <= limits.frequency_max_mhz
        assert limits.core_voltage_min_mv <= voltage <= limits.core_voltage_max_mv


def test_an_unknown_board_is_never_tuned(device):
    board = boards.board(asic_model="BM9999", board_version="1", chips=1, asic=None)

    with pytest.raises(UnsafeSettingError):
        driver(device).set_tuning(Preset(400, 1100), board=board)
