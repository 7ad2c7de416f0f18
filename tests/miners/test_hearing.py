"""Devices that tell by themselves: heard over a real socket, believed little, and missed when they fall silent."""

import logging
import socket
import threading
from datetime import timedelta

import pytest
from django.db import connection

from hmm.clock import now as read_clock
from hmm.ops.listeners import LISTENERS
from miners.contexts import tile_of
from miners.drivers.base import UnreachableError
from miners.drivers.nmminer.driver import NMMiner
from miners.drivers.nmminer.simulator import NMMinerSimulator
from miners.drivers.registry import FAMILIES
from miners.listening import ALL_SOURCES_A_SECOND, SOURCES_MAX, Ear, Gate, hear_one, listen, listener_of, open_ears
from miners.models import HeardDevice, Miner, NewestReading, TelemetryReading
from miners.services.fleet import add_miner
from miners.services.hearing import HEARD_MAX, Told, take_in
from miners.services.polling import claim_due_polls, poll
from notifications.models import Incident
from tests.waiting import until

SOURCE = "127.0.0.1"


@pytest.fixture
def device():
    with NMMinerSimulator(firmware="v1.5.01") as simulator:
        yield simulator


def told_by(device, source=SOURCE):
    datagram = device.tell()
    return Told(kind="nmminer", source=source, datagram=datagram, heard=NMMiner.heard(datagram))


@pytest.fixture
def heard(device, db):
    """A miner that was heard first and added then, as a person would."""
    take_in(told_by(device), now=read_clock())
    return add_miner(address=SOURCE, name="Shelf", family="nmminer", actor="keeper", now=read_clock())


def free_udp_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


# --- what is believed ------------------------------------------------------------------------------


def ear():
    return Ear("nmminer", FAMILIES["nmminer"])


def test_the_source_is_believed_and_a_spoof_is_logged_once(device, caplog):
    caplog.set_level(logging.WARNING)
    device.set_fault("spoof")
    listener = ear()

    told = [listener.hear(device.tell(), SOURCE, at=float(second)) for second in range(5)]

    assert {item.source for item in told} == {SOURCE}
    assert len([line for line in caplog.messages if "192.168.250.250" in line]) == 1


def test_an_address_outside_the_private_networks_is_not_heard(device):
    assert ear().hear(device.tell(), "8.8.8.8", at=0.0) is None
    assert ear().hear(device.tell(), "192.168.1.5", at=0.0) is not None


@pytest.mark.parametrize("fault", ["nonsense", "oversize", "truncate"])
def test_what_cannot_be_read_is_dropped_and_told_once(device, caplog, fault):
    caplog.set_level(logging.INFO)
    device.set_fault(fault)
    listener = ear()

    assert [listener.hear(device.tell(), SOURCE, at=float(second)) for second in range(4)] == [None] * 4
    assert len([line for line in caplog.messages if "cannot be read" in line]) == 1


def test_one_source_is_heard_once_a_second():
    gate = Gate()

    assert [gate.lets_through(SOURCE, at) for at in (0.0, 0.5, 0.99, 1.0, 1.2, 2.1)] == [
        True,
        False,
        False,
        True,
        False,
        True,
    ]


def test_a_flood_from_many_sources_is_capped_and_forgotten():
    gate = Gate()

    passed = sum(gate.lets_through(f"10.0.{n // 250}.{n % 250}", 5.0) for n in range(5000))
    for n in range(2000):
        gate.lets_through(f"10.1.{n // 250}.{n % 250}", 6.0 + n / 50)

    assert passed == ALL_SOURCES_A_SECOND
    assert len(gate.last) <= SOURCES_MAX


# --- what becomes of it ----------------------------------------------------------------------------


@pytest.mark.django_db
class TestReadings:
    def test_a_stranger_is_kept_and_offered_not_added(self, device):
        take_in(told_by(device), now=read_clock())

        stranger = HeardDevice.objects.get()
        assert (stranger.kind, stranger.host, stranger.firmware) == ("nmminer", SOURCE, "v1.5.01")
        assert not Miner.objects.exists()

    def test_strangers_are_capped(self, device):
        datagram = told_by(device)
        now = read_clock()
        for place in range(HEARD_MAX + 20):
            take_in(Told(**{**kept(datagram), "source": f"10.0.0.{place}"}), now=now)

        assert HeardDevice.objects.count() == HEARD_MAX

        take_in(Told(**{**kept(datagram), "source": "10.0.1.1"}), now=now + timedelta(hours=1))
        assert list(HeardDevice.objects.values_list("host", flat=True)) == ["10.0.1.1"]

    def test_a_stranger_can_be_added_by_its_address(self, heard):
        assert (heard.kind, heard.pushed, heard.port, heard.enrolled) == ("nmminer", True, 80, False)
        assert NewestReading.objects.get().hashrate_ths == pytest.approx(1.015e-6, rel=0.05)
        assert not HeardDevice.objects.exists()

    def test_a_host_that_was_never_heard_is_not_added(self, db):
        with pytest.raises(UnreachableError):
            add_miner(address=f"{SOURCE}:{free_udp_port()}", family="nmminer", actor="keeper", now=read_clock())

    def test_readings_are_kept_as_often_as_it_would_be_polled(self, heard, device):
        now = read_clock() + timedelta(minutes=5)
        for second in range(0, 91, 5):
            take_in(told_by(device), now=now + timedelta(seconds=second))

        assert TelemetryReading.objects.filter(taken_at__gte=now).count() == 4

    def test_it_is_not_asked_while_it_is_heard(self, heard, device):
        now = NewestReading.objects.get().taken_at

        assert claim_due_polls(now=now + timedelta(seconds=59)) == []
        Miner.objects.update(poll_due_at=now)
        assert poll(heard.pk, now=now + timedelta(seconds=5)) is None
        assert Miner.objects.get().poll_due_at == now + timedelta(seconds=60)

    def test_a_minute_of_silence_makes_it_unreachable_and_a_word_brings_it_back(self, heard, device):
        now = NewestReading.objects.get().taken_at
        later = now + timedelta(seconds=61)
        Miner.objects.update(port=free_udp_port())

        for pk in claim_due_polls(now=later):
            poll(pk, now=later)

        stored = Miner.objects.with_latest().get()
        assert tile_of(stored, later).state == "unreachable"
        assert "told nothing for 60 s" in stored.last_error
        assert Incident.objects.open().get().kind == "miner_unreachable"

        take_in(told_by(device), now=later + timedelta(seconds=2))
        assert Miner.objects.get().unreachable_since is None
        assert not Incident.objects.open().exists()

    def test_after_a_pause_of_our_own_it_is_listened_for_before_it_counts_as_gone(self, heard):
        Miner.objects.update(port=free_udp_port())
        later = NewestReading.objects.get().taken_at + timedelta(hours=3)

        poll(heard.pk, now=later)
        assert Miner.objects.get().unreachable_since is None

        poll(heard.pk, now=later + timedelta(seconds=31))
        assert Miner.objects.get().unreachable_since is not None

    def test_one_that_falls_silent_and_answers_has_newer_firmware(self, heard):
        later = NewestReading.objects.get().taken_at + timedelta(seconds=61)
        with NMMinerSimulator(firmware="v2.0.04") as updated:
            Miner.objects.update(port=updated.port)
            reading = poll(heard.pk, now=later)

        stored = Miner.objects.get()
        assert (reading.firmware, stored.firmware, stored.pushed) == ("v2.0.04", "v2.0.04", False)

    def test_one_that_is_switched_off_here_is_not_recorded(self, heard, device):
        Miner.objects.update(enabled=False)
        before = TelemetryReading.objects.count()

        take_in(told_by(device), now=read_clock() + timedelta(hours=1))

        assert TelemetryReading.objects.count() == before

    def test_a_clock_that_was_set_back_does_not_deafen(self, heard, device):
        past = read_clock() - timedelta(days=2)

        take_in(told_by(device), now=past)

        assert NewestReading.objects.get().taken_at == past


def kept(told):
    return {name: getattr(told, name) for name in ("kind", "source", "datagram", "heard")}


# --- the listener ----------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_the_listener_hears_over_the_network_and_ends_when_it_is_told():
    port, stopping = free_udp_port(), threading.Event()
    thread = threading.Thread(target=listen, args=("nmminer", port, stopping), daemon=True)
    thread.start()
    try:
        with NMMinerSimulator(firmware="v1.8.23", tell_to=(SOURCE, port)) as device:

            def heard_it():
                device.tell()
                return HeardDevice.objects.filter(host=SOURCE).exists()

            until(heard_it, within=20, what="the broadcast")
    finally:
        stopping.set()
        thread.join(10)
    assert not thread.is_alive()
    connection.close()


def test_one_device_is_listened_for():
    port = free_udp_port()
    with NMMinerSimulator(firmware="v1.5.01", tell_to=(SOURCE, port)) as device:
        device.every_s = 0.1
        reading = hear_one("nmminer", SOURCE, seconds=20, port=port)

    assert reading.firmware == "v1.5.01"


def test_silence_has_a_clear_end():
    with pytest.raises(UnreachableError, match="Nothing was heard from"):
        hear_one("nmminer", SOURCE, seconds=0.1, port=free_udp_port())


def test_two_programs_may_listen_at_once():
    with open_ears(free_udp_port()) as first, open_ears(first.getsockname()[1]) as second:
        assert first.getsockname() == second.getsockname()


def test_it_is_known_to_the_listeners_and_can_be_switched_off(settings):
    assert any(name.startswith("NMMiner") for name in LISTENERS)

    settings.HMM_UDP_PORTS = {"nmminer": 0}
    assert not listener_of("nmminer").needed()
