"""The Avalon driver against a cgminer server that is real and misbehaves."""

import json
import socket
import threading
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from miners.drivers.avalon_nano import cgminer, slots, wire
from miners.drivers.avalon_nano.driver import READS, AvalonNano
from miners.drivers.avalon_nano.products import MODES
from miners.drivers.avalon_nano.replies import expect, parse
from miners.drivers.avalon_nano.simulator import AvalonSimulator
from miners.drivers.base import (
    DeviceState,
    DriverError,
    Options,
    OtherDeviceError,
    PayloadError,
    PoolTarget,
    Reading,
    RefusedError,
    Trust,
    TryLaterError,
    UnreachableError,
    UnsafeSettingError,
    WrongProtocolError,
)
from miners.drivers.bitaxe.simulator import BitaxeSimulator
from miners.drivers.registry import recognise

POOL = PoolTarget(host="new.test", port=3335, user="wallet.one", password="hunter2")


@pytest.fixture(autouse=True)
def short_pause(monkeypatch):
    monkeypatch.setattr(cgminer, "PAUSE_S", 0.0)


@pytest.fixture
def clock():
    return [1000.0]


@pytest.fixture
def device(clock):
    with AvalonSimulator(clock=lambda: clock[0]) as simulator:
        yield simulator


def driver(device, **options):
    return AvalonNano(device.address, Options(**options))


def ask(device, request):
    with socket.create_connection((device.host, device.port), timeout=5) as line:
        line.sendall(request)
        raw = b""
        while not raw.endswith(b"\0"):
            raw += line.recv(4096)
    return raw


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("refuse", RefusedError),
        ("truncate", PayloadError),
        ("empty", PayloadError),
        ("garbage", WrongProtocolError),
        ("malformed", PayloadError),
        ("wrong_type", PayloadError),
        ("binary", PayloadError),
        ("html", WrongProtocolError),
        ("reset", UnreachableError),
        ("vanish", UnreachableError),
    ],
)
def test_every_fault_has_its_error_and_leaves_no_half_reading(device, fault, error):
    board = driver(device).board(driver(device).read())
    device.set_fault(fault)

    with pytest.raises(error):
        driver(device).read(board=board)


@pytest.mark.parametrize("fault", ["stall", "trickle"])
def test_a_device_that_stalls_or_trickles_is_cut_off_at_the_total(device, fault):
    device.set_fault(fault)
    began = time.monotonic()

    with pytest.raises(UnreachableError, match="in time"):
        cgminer.Conversation(device.address, total_s=0.6).ask("version")

    assert time.monotonic() - began < 5


def test_several_requests_share_one_deadline(device):
    device.delay_s = 0.3
    talk = cgminer.Conversation(device.address, total_s=0.6)
    talk.ask("version")

    with pytest.raises(UnreachableError):
        [talk.ask("version") for _request in range(5)]


@pytest.mark.parametrize(
    ("model", "label", "watts", "mac"),
    [
        ("nano3s", "Nano 3S", 101, "02484d000102"),
        ("nano3", "Nano 3", 90, None),
        ("q", "Avalon Q", 1300, "02484d000102"),
    ],
)
def test_every_model_reads_whole(model, label, watts, mac):
    with AvalonSimulator(model) as device:
        reading = driver(device).read()

    assert (reading.model, reading.state, reading.mode) == (label, DeviceState.HASHING, "med")
    assert reading.power_w == pytest.approx(watts, rel=0.05)
    assert reading.mac == mac
    assert reading.hashrate_ths == pytest.approx(reading.expected_hashrate_ths, rel=0.1)
    assert reading.uptime_s >= 3600
    assert reading.pools[0].host == "pool0.example.net"
    assert (reading.pool.host, reading.pool.fallback) == ("pool0.example.net", False)
    assert reading.can_pause is (model == "q")


def test_a_known_device_is_read_in_one_request(device):
    board = driver(device).board(driver(device).read())
    before = len(device.requests)

    reading = driver(device).read(board=board)

    assert [json.loads(entry[3])["command"] for entry in device.requests[before:]] == ["summary+stats+pools"]
    assert (reading.model, reading.firmware) == ("Nano 3S", "25021401_56abae7")


def test_a_device_that_cannot_join_is_asked_one_by_one(device, monkeypatch):
    def alone(commands):
        return device._encode(device.status("E", 14, "Invalid command"), {}, as_json=True)

    monkeypatch.setattr(device, "_joined", alone)

    assert driver(device).read().state is DeviceState.HASHING
    assert device.max_parallel == 1


def test_it_is_recognised_among_all_families(device):
    assert recognise(device.host, device.port).family == "avalon_nano"
    assert recognise(device.host, device.port, family="avalon_nano").model == "Nano 3S"


def test_an_access_that_is_denied_is_a_refusal_at_the_first_contact_too(device):
    device.set_fault("refuse")

    with pytest.raises(RefusedError, match="access denied"):
        driver(device).read()


def test_a_web_server_asked_by_mistake_says_so_at_once():
    began = time.monotonic()
    with BitaxeSimulator() as other, pytest.raises(WrongProtocolError):
        AvalonNano(other.address).read()

    assert time.monotonic() - began < 6


def test_another_makers_device_is_named(device, monkeypatch):
    body = b'{"STATUS":[{"STATUS":"S","Code":22}],"VERSION":[{"Type":"Antminer S19 Pro"}],"id":1}\0'
    monkeypatch.setattr(device, "answer", lambda request: body)

    with pytest.raises(OtherDeviceError, match="Antminer"):
        recognise(device.host, device.port, family="avalon_nano")


def test_others_wait_while_it_answers_one(device):
    device.delay_s = 0.3
    ended = []

    def read():
        ask(device, b'{"command":"version"}')
        ended.append(time.monotonic())

    began = time.monotonic()
    threads = [threading.Thread(target=read) for _place in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(ended)[-1] - began >= 0.9


def test_it_speaks_text_to_whoever_speaks_text(device):
    reply = ask(device, b"summary")

    assert reply.startswith(b"STATUS=S,When=")
    assert reply.endswith(b"|\0")


# --- modes -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("model", "option"), [("nano3s", "workmode"), ("nano3", "worklevel")])
def test_a_mode_is_written_as_the_model_calls_it(model, option):
    with AvalonSimulator(model) as device:
        driver(device).set_mode("high")

        assert device.mode == 2
        reading = driver(device).read()
    assert (reading.mode, reading.state) == ("high", DeviceState.STARTING)
    sent = [json.loads(entry[3]) for entry in device.requests]
    assert {"command": "ascset", "parameter": f"0,{option},set,2"} in sent


def test_another_mode_while_it_calibrates_is_to_be_tried_later(device, clock):
    driver(device).set_mode("high")

    with pytest.raises(TryLaterError):
        driver(device).set_mode("low")
    clock[0] += device.calibration_s + 1
    driver(device).set_mode("low")

    assert device.mode == 0


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    mode=st.text(max_size=12) | st.sampled_from((*MODES, "3", "-1", "high,1", "super")),
    fan=st.integers(-1000, 1000) | st.none(),
    slot=st.integers(-5, 9),
    port=st.integers(-5, 70_000),
    text=st.text(max_size=12),
)
def test_nothing_out_of_range_leaves(device, mode, fan, slot, port, text):
    device.calibration_s = 0
    before = len(device.requests)
    own = driver(device, user="admin", password="admin")
    board = own.board(Reading(family="avalon_nano", trust=Trust.FULL, state=DeviceState.HASHING, model="Nano 3S"))
    target = PoolTarget(host="new.test", port=port, user=f"wallet.{text}", password=text)
    for act in (
        lambda: own.set_mode(mode, board=board),
        lambda: own.set_fan(fan),
        lambda: own.switch_slot(slot),
        lambda: own.write_slot(slot, target),
    ):
        try:
            act()
        except UnsafeSettingError:
            continue

    for entry in device.requests[before:]:
        sent = json.loads(entry[3])
        parameter = sent.get("parameter", "")
        if parameter.startswith("0,workmode,"):
            assert parameter in {f"0,workmode,set,{number}" for number in range(3)}
        elif parameter.startswith("0,fan-spd,"):
            assert int(parameter.rsplit(",", 1)[1]) in {-1, *range(30, 101)}
        elif sent["command"] == "switchpool":
            assert parameter in {"0", "1", "2"}
        elif sent["command"] == "setpool":
            parts = parameter.split(",")
            assert len(parts) == 6
            assert parts[2] in {"0", "1", "2"}
            assert 1 <= int(parts[3].rsplit(":", 1)[1]) <= 65535


# --- restart and standby ---------------------------------------------------------------------------


def test_a_restart_closes_the_port_and_begins_to_count_anew(device, clock):
    driver(device).restart()

    with pytest.raises(UnreachableError):
        driver(device).read()
    clock[0] += device.reboot_s + 5
    reading = driver(device).read()

    assert (reading.uptime_s, reading.state) == (5, DeviceState.STARTING)


@pytest.mark.parametrize("fault", ["empty", "reset", "truncate"])
def test_a_restart_whose_answer_is_lost_counts_as_taken(device, clock, fault):
    device.set_fault(fault)

    driver(device).restart()  # raises nothing

    assert [json.loads(entry[3])["parameter"] for entry in device.requests] == ["0,reboot,0"]


def test_a_restart_of_a_device_that_is_gone_is_none(device):
    device.set_fault("vanish")

    with pytest.raises(UnreachableError):
        driver(device).restart()


def test_only_a_model_with_standby_stands_by(device):
    with pytest.raises(RefusedError, match="cannot stand by"):
        driver(device).pause()
    with AvalonSimulator("q") as big:
        driver(big).pause()
        assert driver(big).read().state is DeviceState.IDLE
        assert driver(big).read().power_w is None
        driver(big).resume()
        assert driver(big).read().paused is False


# --- pools -----------------------------------------------------------------------------------------


def test_a_pool_in_a_slot_is_switched_to_at_once(device):
    target = PoolTarget(host="pool2.example.net", port=3333, user="nobody.nano")

    assert driver(device).use_pool(target) is False
    reading = driver(device).read()

    assert (reading.pool.host, reading.pool.fallback, reading.pools[0].position) == ("pool2.example.net", False, 2)
    assert device.flash[2].host == "pool2.example.net"


def test_a_pool_in_no_slot_is_written_where_it_is_missed_least_and_shows_after_the_restart(device, clock):
    assert driver(device).use_pool(POOL) is True
    assert "new.test" not in [entry.host for entry in driver(device).read().pools]

    driver(device).restart()
    clock[0] += device.reboot_s + 1

    reading = driver(device).read()
    assert [entry.host for entry in reading.pools] == ["pool0.example.net", "pool1.example.net", "new.test"]
    assert device.slots[2].password == "hunter2"


def test_the_slot_in_use_is_not_written_while_another_can_be(device):
    driver(device).switch_slot(2)

    driver(device).use_pool(POOL)

    assert device.flash[2].host == "pool2.example.net"
    assert device.flash[1].host == "new.test"


def test_an_empty_slot_is_filled_first(device):
    entries = slots.entries_of(
        [{"POOL": 0, "URL": "stratum+tcp://a.test:1", "Stratum Active": True}, {"POOL": 1, "URL": ""}]
    )

    assert slots.slot_to_write(entries) == 1


@pytest.mark.parametrize(("user", "password"), [("admin", "other"), ("keeper", "admin")])
def test_a_wrong_login_is_said_and_nothing_is_written(device, user, password):
    with pytest.raises(RefusedError, match="user or password") as caught:
        driver(device, user=user, password=password).use_pool(POOL)

    assert "hunter2" not in str(caught.value)
    assert "new.test" not in [slot.host for slot in device.flash]


def test_the_models_own_login_is_used_where_none_was_typed_in():
    with AvalonSimulator("nano3") as device:
        assert driver(device).use_pool(POOL)
    assert device.flash[2].host == "new.test"


@pytest.mark.parametrize(
    "changes", [{"user": "a,b"}, {"password": "a\nb"}, {"user": "x" * 129}, {"host": "h" * 400}, {"user": ""}]
)
def test_values_the_device_would_take_apart_wrongly_are_not_sent(changes):
    parts = {"host": "new.test", "port": 3335, "user": "wallet.one", "password": "x", **changes}

    with pytest.raises(UnsafeSettingError):
        slots.setpool_parameter(0, PoolTarget(**parts), user="admin", password="admin")


def test_whoever_is_not_alone_may_be_turned_away(device):
    device.set_fault("crowd")
    device.delay_s = 0.5
    first = threading.Thread(target=ask, args=(device, b'{"command":"version"}'))
    first.start()
    while not device.requests:
        time.sleep(0.01)

    with pytest.raises(UnreachableError):
        driver(device).read()
    first.join()


@pytest.fixture(scope="module")
def whole_reply():
    return AvalonSimulator("nano3s").answer(b'{"command":"summary+stats+pools"}')


@settings(max_examples=150, deadline=None)
@given(
    place=st.floats(0, 1),
    length=st.integers(0, 40),
    instead=st.binary(max_size=12)
    | st.sampled_from([b"null", b"true", b"-1", b"1e999", b"[]", b'"x"', b"\\u0000", b"9" * 40, b"9" * 400]),
)
def test_a_reply_that_is_damaged_anywhere_is_read_whole_or_refused(whole_reply, place, length, instead):
    at = int(place * len(whole_reply))
    raw = whole_reply[:at] + instead + whole_reply[at + length :]
    try:
        answers = parse(raw, READS)
        if set(answers) != set(READS):
            return  # one answer instead of three: the driver says so
        parts = {name: expect(answers[name], what=name) for name in READS}
        reading = wire.reading(stats=parts["stats"], summary=parts["summary"], pools=parts["pools"])
    except DriverError:
        return

    assert reading.hashrate_ths is not None
    assert "\0" not in repr(reading)
