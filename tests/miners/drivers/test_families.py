"""Each family keeps the contract, and what answers beside them is told apart by name."""

import json
import socket
import threading
import urllib.error
import urllib.request
from typing import ClassVar

import pytest

from miners.discovery import look_at
from miners.drivers import esp_http
from miners.drivers.avalon_nano import cgminer
from miners.drivers.avalon_nano.simulator import AvalonSimulator
from miners.drivers.base import (
    DeviceState,
    NotAMinerError,
    OtherDeviceError,
    PayloadError,
    RefusedError,
    Trust,
    UnreachableError,
)
from miners.drivers.bitaxe.driver import Bitaxe
from miners.drivers.bitaxe.simulator import BitaxeSimulator
from miners.drivers.nerdqaxe.driver import NerdQaxe
from miners.drivers.nerdqaxe.simulator import NerdQaxeSimulator
from miners.drivers.nmminer.simulator import NMMinerSimulator
from miners.drivers.registry import candidates, recognise
from tests.captures import captures
from tests.miners.drivers.contract import FamilyContract


class TestBitaxe(FamilyContract):
    kind = "bitaxe"

    @pytest.fixture
    def device(self):
        with BitaxeSimulator(reboot_s=0.2) as simulator:
            yield simulator


class TestNerdQaxe(FamilyContract):
    kind = "nerdqaxe"

    @pytest.fixture
    def device(self):
        with NerdQaxeSimulator(reboot_s=0.2) as simulator:
            yield simulator


class TestAvalonNano(FamilyContract):
    kind = "avalon_nano"
    statuses: ClassVar = {}  # a line of text has none
    faults: ClassVar = {"truncate": PayloadError, "vanish": UnreachableError}

    @pytest.fixture
    def device(self):
        with AvalonSimulator(reboot_s=0.2) as simulator:
            yield simulator


class TestNMMiner(FamilyContract):
    kind = "nmminer"

    @pytest.fixture
    def device(self):
        with NMMinerSimulator(reboot_s=0.2) as simulator:
            yield simulator


class Listener:
    """A program on a port that answers everything with the same bytes, whatever is asked of it."""

    def __init__(self, answer):
        self.answer = answer
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                line, _from = self.socket.accept()
            except OSError:
                return
            with line:
                line.recv(4096)
                line.sendall(self.answer)

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.socket.close()


def http(body, status="200 OK", kind="application/json"):
    content = body.encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(content)}\r\n\r\n"
    return head.encode() + content


PRINTER = "<html><head><title>LaserPrinter 3000</title></head></html>"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (http(PRINTER, kind="text/html"), "not_a_miner"),
        (http(PRINTER, "404 Not Found", "text/html"), "not_a_miner"),
        (http(PRINTER, "401 Unauthorized", "text/html"), "not_a_miner"),
        (http(PRINTER, "500 Internal Server Error", "text/html"), "not_a_miner"),
        (http("", "302 Found"), "not_a_miner"),
        (http('{"sensor": "boiler", "value": 61.5}'), "not_a_miner"),
        (http('{"deviceModel": "Toaster 3", "ASICModel": "none"}'), "not_a_miner"),
        (http("Unauthorized", "401 Unauthorized"), "refused"),
        (b"220 mail.example.net ESMTP\r\n", "bad_payload"),
        (b"", "bad_payload"),
    ],
)
def test_what_is_no_miner_is_said_so(answer, code):
    with Listener(answer) as other, pytest.raises((NotAMinerError, PayloadError, RefusedError)) as caught:
        recognise("127.0.0.1", other.port)

    assert caught.value.code == code


@pytest.mark.parametrize(
    "make", [BitaxeSimulator, NerdQaxeSimulator, NMMinerSimulator, AvalonSimulator], ids=lambda make: make.__name__
)
def test_one_that_takes_the_question_and_never_answers_is_unreachable_whatever_family_is_asked(make, monkeypatch):
    monkeypatch.setattr(esp_http, "TOTAL_S", 0.3)
    monkeypatch.setattr(cgminer.Conversation.__init__, "__kwdefaults__", {"total_s": 0.3})
    with make() as device:
        device.set_fault("stall")

        with pytest.raises(UnreachableError, match="in time"):
            recognise(device.host, device.port)


@pytest.mark.parametrize("make", [BitaxeSimulator, AvalonSimulator, NMMinerSimulator])
def test_a_simulator_refuses_a_fault_it_does_not_have(make):
    with make() as device:
        order = urllib.request.Request(device.control_url, data=b'{"fault": "stahl"}', method="POST")
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(order, timeout=5)

        assert caught.value.code == 400
        assert "there are: " in caught.value.read().decode()
        assert device.fault == "none"


@pytest.mark.parametrize(
    ("name", "words"),
    [("antminer_s19pro_version.json", "Antminer S19 Pro"), ("whatsminer_v1_get_version.json", "whatsminer")],
)
def test_other_makes_of_miners_are_named_and_make_no_reading(name, words):
    payload = captures("devices", "other", name).read_text()
    with Listener(http(payload)) as other, pytest.raises(NotAMinerError):
        recognise("127.0.0.1", other.port)
    with Listener(payload.encode() + b"\0") as other, pytest.raises(NotAMinerError, match=words):
        recognise("127.0.0.1", other.port)


def test_a_nested_answer_belongs_to_another_family():
    payload = captures("devices", "nmminer", "v2.0.04_system_info.json").read_text()
    for kind in ("bitaxe", "nerdqaxe"):
        with Listener(http(payload)) as other, pytest.raises(NotAMinerError):
            recognise("127.0.0.1", other.port, family=kind)


def test_a_family_that_was_named_says_what_it_found_instead():
    with NerdQaxeSimulator() as device, pytest.raises(OtherDeviceError, match=r"NerdQAxe\+\+"):
        recognise(device.host, device.port, family="bitaxe")
    with BitaxeSimulator() as device, pytest.raises(OtherDeviceError, match="AxeOS"):
        recognise(device.host, device.port, family="nerdqaxe")


def test_a_port_that_is_some_familys_home_is_asked_by_those_at_home_only():
    assert {"bitaxe", "nerdqaxe"} <= set(candidates(80))
    assert set(candidates(12)) == set(candidates(None))
    assert not {"bitaxe", "nerdqaxe"} & set(candidates(4028)) or "avalon_nano" not in candidates(None)


def test_a_scan_names_what_is_found(monkeypatch):
    monkeypatch.setattr("miners.discovery.default_ports", lambda: (device.port,))
    with NerdQaxeSimulator() as device:
        assert look_at("127.0.0.1").reading.family == "nerdqaxe"
    assert look_at("127.0.0.1").is_silent


# --- a make that is only read ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("driver", "device"),
    [
        (NerdQaxe, NerdQaxeSimulator("q1370")),
        (Bitaxe, BitaxeSimulator(firmware="v2.12.0")),
        (Bitaxe, BitaxeSimulator("bitforge800", "v1.0")),
    ],
)
def test_a_proof_flips_a_harmless_switch_and_puts_it_back(driver, device):
    with device:
        name = driver.harmless_switch
        before = {**device.settings}

        driver(device.address).prove(total_s=10)

        writes = [json.loads(body) for _at, method, _path, body in device.requests if method == "PATCH"]
        assert writes == [
            {name: type(writes[0][name])(not before[name])},
            {name: type(writes[0][name])(before[name])},
        ]
        assert {**device.settings, name: bool(device.settings[name])} == {**before, name: bool(before[name])}


@pytest.mark.parametrize("device", [NerdQaxeSimulator("q1370"), BitaxeSimulator()])
def test_a_device_that_forgets_proves_nothing(device):
    driver = NerdQaxe if isinstance(device, NerdQaxeSimulator) else Bitaxe
    with device:
        device.lies_about = {driver.harmless_switch}

        with pytest.raises(RefusedError, match="does not keep"):
            driver(device.address).prove(total_s=10)


def test_a_device_without_a_harmless_switch_is_not_tried():
    with Listener(http('{"ASICModel": "BM1370", "version": "v1", "hashRate": 1, "frequency": 1}')) as other:
        driver = Bitaxe(type("At", (), {"host": "127.0.0.1", "port": other.port, "__str__": lambda _self: "it"})())

        with pytest.raises(RefusedError, match="nothing harmless"):
            driver.prove(total_s=10)


@pytest.mark.parametrize(
    ("device", "firmware"),
    [(NerdQaxeSimulator("q1370"), "v1.0.37"), (BitaxeSimulator("bitforge800", "v1.0"), "v1.0")],
)
def test_a_relative_that_is_not_in_the_table_is_read_and_not_trusted(device, firmware):
    with device:
        reading = recognise(device.host, device.port)

    assert (reading.trust, reading.state) == (Trust.READ_ONLY, DeviceState.HASHING)
    assert reading.firmware == firmware
