"""What a Home Assistant must do for us; asked of the simulator in every run and of a real server on request."""

import pytest

from miners.switches.base import PlugState, TokenRejectedError
from miners.switches.home_assistant.client import HomeAssistant


class HomeAssistantContract:
    """Subclasses give `url`, `token` and the entities of a good, a stuck and an unavailable plug.

    `settled` reads an entity until it shows a state or a bounded number of tries is over.
    """

    GOOD, STUCK, METER, METER_KW = (
        "switch.miner_bitaxe",
        "switch.miner_stuck",
        "sensor.miner_bitaxe_power",
        "sensor.miner_nano_power_kw",
    )

    def client(self, server, token=None):
        return HomeAssistant(server.url, token or server.token)

    def test_the_house_tells_version_switches_and_meters(self, server):
        seen = self.client(server).read_all()

        assert seen.version
        assert seen.entities[self.GOOD].is_switch
        assert seen.entities[self.METER].is_meter
        assert not seen.entities[self.METER].is_switch

    def test_kilowatts_are_told_in_watts(self, server):
        self.client(server).switch("switch.miner_nano", on=True)
        settled(self.client(server), "switch.miner_nano", PlugState.ON)

        figure = settled_watts(self.client(server), self.METER_KW)

        assert figure == pytest.approx(138.0)

    @pytest.mark.parametrize("on", [True, False])
    def test_a_plug_that_is_switched_shows_it_when_it_is_read(self, server, on):
        client = self.client(server)

        client.switch(self.GOOD, on=on)

        assert settled(client, self.GOOD, PlugState.ON if on else PlugState.OFF)

    def test_switching_to_what_already_is_gives_no_error(self, server):
        client = self.client(server)
        client.switch(self.GOOD, on=True)

        client.switch(self.GOOD, on=True)

        assert settled(client, self.GOOD, PlugState.ON)

    def test_a_plug_that_does_not_act_answers_as_if_it_had(self, server):
        client = self.client(server)
        before = client.read(self.STUCK).state

        client.switch(self.STUCK, on=before is PlugState.OFF)

        assert client.read(self.STUCK).state is before

    def test_a_plug_that_is_not_there_answers_as_if_it_were(self, server):
        client = self.client(server)

        client.switch("switch.no_such_plug", on=True)

        assert client.read("switch.no_such_plug").state is PlugState.MISSING

    def test_a_wrong_token_is_told_apart_from_silence(self, server):
        with pytest.raises(TokenRejectedError, match="token"):
            self.client(server, "wrong").read_all()


def settled(client, entity, state, tries=40):
    return any(client.read(entity).state is state for _try in range(tries))


def settled_watts(client, entity, tries=40):
    for _try in range(tries):
        figure = client.read(entity).power_w
        if figure:
            return figure
    return None
