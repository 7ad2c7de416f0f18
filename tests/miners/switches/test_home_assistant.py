"""The client against a server that behaves, and misbehaves, as Home Assistant does."""

import time

import pytest

from miners.switches.base import (
    BannedError,
    PlugState,
    SwitchBusyError,
    SwitchPayloadError,
    SwitchRefusedError,
    SwitchUnreachableError,
    TokenRejectedError,
)
from miners.switches.home_assistant import client as client_module
from miners.switches.home_assistant import wire
from miners.switches.home_assistant.client import HomeAssistant
from tests.miners.switches.contract import HomeAssistantContract

GOOD = "switch.miner_bitaxe"


class TestTheSimulatorKeepsTheContract(HomeAssistantContract):
    """The same tests run against a real server with `make test-home-assistant`."""


@pytest.fixture
def client(server):
    return HomeAssistant(server.url, server.token)


@pytest.mark.parametrize("trap", ["unavailable", "unknown", "missing"])
def test_a_plug_nobody_knows_of_is_neither_on_nor_off(server, client, trap):
    server.plugs[GOOD].trap = trap

    client.switch(GOOD, on=False)

    assert client.read(GOOD).state is PlugState(trap)
    assert client.read(GOOD).state.is_on is None


def test_an_unavailable_meter_tells_no_watts(server, client):
    server.plugs[GOOD].trap = "unavailable"

    assert client.read("sensor.miner_bitaxe_power").power_w is None


def test_an_optimistic_plug_shows_a_state_it_does_not_keep(server, client):
    server.plugs[GOOD].trap = "optimistic"
    client.switch(GOOD, on=False)
    assert client.read(GOOD).state is PlugState.OFF

    server.plugs[GOOD].pending = (0.0, True)

    assert client.read(GOOD).state is PlugState.ON


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("vanish", SwitchUnreachableError),
        ("refuse", SwitchBusyError),
        ("truncate", SwitchPayloadError),
        ("empty", SwitchPayloadError),
        ("html", SwitchPayloadError),
        ("redirect", SwitchPayloadError),
    ],
)
def test_each_way_to_answer_nonsense_has_its_error(server, client, fault, error):
    server.set_fault(fault)

    with pytest.raises(error):
        client.read_all()


@pytest.mark.parametrize("fault", ["stall", "trickle"])
def test_a_server_that_hangs_is_left_in_time(server, client, fault, monkeypatch):
    monkeypatch.setattr(client_module, "CONNECT_S", 0.2)
    monkeypatch.setattr(client_module, "READ_S", 0.3)
    server.set_fault(fault)
    began = time.monotonic()

    with pytest.raises(SwitchUnreachableError, match="No answer"):
        client.read_all()

    assert time.monotonic() - began < 20


def test_a_ban_and_a_revoked_token_are_different_things(server, client):
    server.token = "another"
    with pytest.raises(TokenRejectedError):
        client.read(GOOD)

    server.banned = True
    with pytest.raises(BannedError):
        client.read(GOOD)


def test_no_error_holds_the_token(server):
    server.set_fault("html")

    with pytest.raises(SwitchPayloadError) as caught:
        HomeAssistant(server.url, "very-secret-token").read_all()

    assert "very-secret" not in repr(caught.value)


def test_a_public_address_is_not_spoken_to(settings):
    settings.HMM_DEVICE_NETWORKS = []

    with pytest.raises(SwitchRefusedError, match="private network"):
        HomeAssistant("http://8.8.8.8:8123", "token").read_all()


def test_what_is_no_entity_is_never_sent(server, client):
    with pytest.raises(SwitchRefusedError, match="no entity"):
        client.switch("../../config", on=True)

    assert server.calls == []


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("http://192.168.1.5:8123/", ("http", "192.168.1.5", 8123)),
        ("homeassistant.local", ("http", "homeassistant.local", 8123)),
        ("https://ha.home.arpa", ("https", "ha.home.arpa", 443)),
        ("http://[fd00::5]:8123", ("http", "fd00::5", 8123)),
    ],
)
def test_an_address_is_taken_apart(text, parts):
    assert wire.base_url_parts(text) == parts


@pytest.mark.parametrize(
    "text", ["", "ftp://192.168.1.5", "http://user@192.168.1.5", "http://192.168.1.5/lovelace", "http://h:port"]
)
def test_what_is_no_address_is_refused_with_an_example(text):
    with pytest.raises(ValueError, match="8123"):
        wire.base_url_parts(text)


@pytest.mark.parametrize(
    ("state", "unit", "watts"),
    [("15.2", "W", 15.2), ("0.138", "kW", 138.0), ("unavailable", "W", None), ("nan", "W", None), ("5", "VA", None)],
)
def test_watts_are_read_or_unknown(state, unit, watts):
    assert wire.watts(state, unit) == (pytest.approx(watts) if watts else watts)


def test_a_hostile_name_is_made_harmless():
    raw = {"entity_id": "switch.x", "state": "on", "attributes": {"friendly_name": "a\x00b<script>" + "x" * 900}}

    entity = wire.entity_of(raw)

    assert "\x00" not in entity.name
    assert len(entity.name) <= wire.NAME_MAX


def test_one_broken_state_spoils_no_other():
    states = [{"state": "on"}, 7, {"entity_id": "switch.good", "state": "on", "attributes": None}]

    assert list(wire.entities_of(states)) == ["switch.good"]


def test_a_plug_is_suggested_by_name():
    assert wire.suggested_entity("Study Gamma") == "switch.miner_study_gamma"
    assert wire.likeness("Study Gamma", "switch.miner_study_gamma", "") > wire.likeness(
        "Study Gamma", "switch.plug_3", "Study desk"
    )
    assert wire.likeness("Study Gamma", "switch.kitchen", "Kettle") == 0
    assert wire.stem("sensor.desk_plug_power") == wire.stem("switch.desk_plug")
