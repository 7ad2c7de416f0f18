"""The guarded opener: who may be spoken to."""

import ipaddress
import socket

import pytest

from hmm.hosts import AddressRefusedError, check_address, parse_address
from hmm.net import exchange
from miners.discovery import hosts_of


@pytest.fixture(autouse=True)
def private_networks_only(settings):
    settings.HMM_DEVICE_NETWORKS = []


@pytest.mark.parametrize(
    "text", ["192.168.1.20", "10.0.0.1", "172.31.255.1", "fd00::5", "http://192.168.1.20/", "bitaxe.local", "bitaxe"]
)
def test_private_addresses_and_names_are_taken(text):
    assert parse_address(text, default_port=80)[1] == 80


@pytest.mark.parametrize(
    "text",
    [
        "8.8.8.8",
        "172.32.0.1",
        "169.254.1.1",
        "224.0.0.1",
        "0.0.0.0",
        "255.255.255.255",
        "::1",
        "127.0.0.1",
        "::ffff:8.8.8.8",
        "::ffff:127.0.0.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "192.168.1",
        "192.168.1.20:0",
        "192.168.1.20:65536",
        "192.168.1.20:http",
        "user@192.168.1.20",
        "192.168.1.20/api",
        "a b",
        "",
        "-x",
        "x" * 300,
        "[fd00::5",
    ],
)
def test_others_are_refused_with_a_sentence(text):
    with pytest.raises(AddressRefusedError) as caught:
        parse_address(text, default_port=80)
    assert str(caught.value).endswith(".") or "HMM_DEVICE_NETWORKS" in str(caught.value)


def test_without_a_port_the_caller_learns_that_there_is_none():
    assert parse_address("192.168.1.20", default_port=0) == ("192.168.1.20", 0)
    with pytest.raises(AddressRefusedError, match="0 is no port"):
        parse_address("192.168.1.20:0", default_port=0)


def test_a_port_may_be_given():
    assert parse_address("192.168.1.20:8080", default_port=80) == ("192.168.1.20", 8080)
    assert parse_address("[fd00::5]:8080", default_port=80) == ("fd00::5", 8080)


def test_a_name_that_resolves_to_this_computer_is_refused():
    with pytest.raises(AddressRefusedError, match="this computer"):
        check_address("localhost")


def test_what_the_owner_adds_is_allowed(settings):
    settings.HMM_DEVICE_NETWORKS = [ipaddress.ip_network("127.0.0.0/8")]

    assert str(check_address("127.0.0.1")) == "127.0.0.1"


def test_nothing_is_sent_to_a_refused_address():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        with pytest.raises(AddressRefusedError):
            exchange("127.0.0.1", listener.getsockname()[1], "GET", "/")
        listener.settimeout(0.2)
        with pytest.raises(TimeoutError):
            listener.accept()


@pytest.mark.parametrize("text", ["8.8.8.0/24", "0.0.0.0/0", "192.168.0.0/16", "nonsense", "127.0.0.0/24"])
def test_only_small_private_networks_are_looked_through(text):
    with pytest.raises(AddressRefusedError):
        hosts_of(text)


def test_a_home_network_has_254_addresses():
    assert len(hosts_of("192.168.1.0/24")) == 254
