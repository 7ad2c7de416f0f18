"""The contract of Home Assistant against a real server: `make test-home-assistant`."""

import pytest

from miners.switches.base import PlugState, TokenRejectedError
from miners.switches.home_assistant.client import HomeAssistant
from tests.miners.switches.contract import HomeAssistantContract, settled
from tests.real.house import environment

pytestmark = [
    pytest.mark.process,
    pytest.mark.timeout(300),
    pytest.mark.skipif(environment() is None, reason="make test-home-assistant brings a real Home Assistant"),
]


class TestARealServerKeepsTheContract(HomeAssistantContract):
    """The same tests that the simulator passes."""


def test_an_unavailable_plug_answers_a_switching_with_success_and_does_nothing(server):
    client = HomeAssistant(server.url, server.token)
    client.switch("switch.miner_nano", on=True)
    assert settled(client, "switch.miner_nano", PlugState.ON)
    server.call("input_boolean/turn_off", "input_boolean.nano_reachable")
    assert settled(client, "switch.miner_nano", PlugState.UNAVAILABLE)

    client.switch("switch.miner_nano", on=False)

    server.call("input_boolean/turn_on", "input_boolean.nano_reachable")
    assert settled(client, "switch.miner_nano", PlugState.ON)


def test_a_token_that_was_never_made_is_rejected_when_switching_too(server):
    with pytest.raises(TokenRejectedError):
        HomeAssistant(server.url, "never-made").switch("switch.miner_bitaxe", on=True)
