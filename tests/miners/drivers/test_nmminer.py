"""The NMMiner driver against a device that is a real server, sender and receiver."""

import json
import socket

import pytest

from hmm.simulation.server import Reply
from miners.drivers.base import (
    DeviceState,
    NotAMinerError,
    OtherDeviceError,
    PayloadError,
    PoolTarget,
    RefusedError,
    UnreachableError,
)
from miners.drivers.bitaxe.simulator import BitaxeSimulator
from miners.drivers.nmminer import wire
from miners.drivers.nmminer.driver import NMMiner
from miners.drivers.nmminer.simulator import NMMinerSimulator
from miners.drivers.registry import lottery_kinds, recognise
from tests.waiting import until

TEMPLATE = {name: {str: "x", int: 1, bool: True}[kind] for name, kind in wire.CONFIGURATION.items()}


@pytest.fixture
def device():
    with NMMinerSimulator(reboot_s=0.2) as simulator:
        yield simulator


def driver(device):
    return NMMiner(device.address)


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


def test_a_device_that_vanished_comes_back(device):
    device.set_fault("vanish")
    device.set_fault("none")

    assert driver(device).read().state is DeviceState.HASHING


@pytest.mark.parametrize(("firmware", "board"), [("v1.7.06", "d0"), ("v1.8.23", "s3"), ("v2.0.04", "c5")])
def test_every_version_with_a_web_server_reads_whole(firmware, board):
    with NMMinerSimulator(board, firmware) as device:
        reading = driver(device).read()

    assert (reading.firmware, reading.mode, reading.state) == (firmware, "fixed", DeviceState.HASHING)
    assert reading.hashrate_ths == pytest.approx(device.board.hashes / 1e12, rel=0.05)
    assert reading.chip_temp_c == (device.board.temp_c or None)
    assert (reading.shares_rejected, reading.best_difficulty) == (2, pytest.approx(38170))
    assert 4000 <= reading.uptime_s < 4100
    assert (reading.pool.host, reading.pool.port) == ("pool.example.net", 3333)
    assert (reading.power_w, reading.mac, reading.can_pause) == (None, None, False)


def test_it_is_recognised_among_the_other_families(device):
    assert recognise(device.host, device.port).family == "nmminer"
    with BitaxeSimulator() as other:
        assert recognise(other.host, other.port).family == "bitaxe"
        with pytest.raises(NotAMinerError):
            driver(other).read()


def test_a_relative_of_the_same_maker_is_named(device):
    device.respond = lambda *_request: Reply(200, {"identity": {"hwModel": "NMQAxe+"}, "asic": {"count": 4}})

    with pytest.raises(OtherDeviceError, match="NMQAxe"):
        recognise(device.host, device.port)


def test_a_pool_is_written_and_in_force_after_a_restart(device):
    driver(device).set_pool(PoolTarget(host="new.test", port=3335, user="wallet.one", password="secret"))

    reading = driver(device).read()
    assert (reading.pools[0].host, reading.pools[0].user) == ("new.test", "wallet.one")
    assert (reading.pool.host, reading.pool.fallback) == ("pool.example.net", True)
    assert device.settings["SecondaryPool"] == "stratum+tcp://fallback.example.net:3333"
    assert "secret" not in repr(reading)

    driver(device).restart()
    until(device.is_up, within=5, what="the end of the reboot")
    reading = driver(device).read()
    assert (reading.pool.host, reading.uptime_s < 60) == ("new.test", True)


def test_it_shows_itself(device):
    driver(device).identify()

    assert device.requests[-1][2] == "/api/swarm/find"


def test_old_firmware_refuses_what_it_does_not_know():
    with NMMinerSimulator(firmware="v1.8.23") as device, pytest.raises(RefusedError):
        driver(device).restart()


def test_it_is_a_lottery_miner():
    assert "nmminer" in lottery_kinds()
    assert "bitaxe" not in lottery_kinds()


# --- datagrams -------------------------------------------------------------------------------------


@pytest.fixture
def ears():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(10)
        yield receiver


@pytest.mark.parametrize("firmware", ["v0.3.01", "v1.5.01", "v1.8.23"])
def test_a_broadcast_is_heard_and_read(ears, firmware):
    with NMMinerSimulator(firmware=firmware, tell_to=ears.getsockname()) as device:
        device.tell()
        datagram, source = ears.recvfrom(65536)

    told = NMMiner.heard(datagram)
    assert (source[0], told.claimed_host) == ("127.0.0.1", "127.0.0.1")
    assert told.reading.firmware == firmware
    assert told.reading.hashrate_ths == pytest.approx(1.015e-6, rel=0.05)


def test_version_2_says_nothing_by_itself(ears):
    with NMMinerSimulator(firmware="v2.0.04", tell_to=ears.getsockname()) as device:
        assert not device.broadcasts


@pytest.mark.parametrize("fault", ["nonsense", "oversize", "truncate"])
def test_a_damaged_broadcast_makes_no_reading(fault):
    with NMMinerSimulator(firmware="v1.8.23") as device:
        device.set_fault(fault)
        with pytest.raises(PayloadError):
            NMMiner.heard(device.tell())


def test_a_spoofed_broadcast_shows_the_address_it_claims():
    with NMMinerSimulator(firmware="v1.8.23") as device:
        device.set_fault("spoof")

        assert NMMiner.heard(device.tell()).claimed_host == "192.168.250.250"


def test_a_configuration_reaches_the_one_device_it_names():
    with NMMinerSimulator(firmware="v1.8.23", reboot_s=0.1) as device:
        target = PoolTarget(host="new.test", port=3334, user="wallet.one")
        driver(device).configure(TEMPLATE, target, port=device.configuration_port)
        until(lambda: device.configurations, within=10, what="the configuration")

        assert device.configurations[0]["IP"] == "127.0.0.1"
        assert set(device.configurations[0]) == {"IP", *wire.CONFIGURATION}
        until(device.is_up, within=5, what="the end of the reboot")
        assert json.loads(device.words())["PoolInUse"] == "new.test:3334"


def test_a_configuration_for_another_device_is_left_alone():
    with NMMinerSimulator(firmware="v1.8.23") as device:
        device.take_configuration(wire.configuration(TEMPLATE, ip="192.168.1.99"))

        assert device.configurations == []


def test_half_a_configuration_never_leaves():
    with NMMinerSimulator(firmware="v1.8.23") as device:
        with pytest.raises(PayloadError, match="WiFiPWD"):
            driver(device).configure(
                {k: v for k, v in TEMPLATE.items() if k != "WiFiPWD"}, None, port=device.configuration_port
            )
        assert device.configurations == []
