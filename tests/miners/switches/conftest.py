from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from hmm.clock import now as read_clock
from miners.models import PlugCommand, PowerSwitch
from miners.services.home_assistant import check_connection, claim_check, save_connection
from miners.services.plug_commands import due_plug_commands, take_plug_step
from miners.services.plug_links import save_plug
from miners.switches.home_assistant.simulator import HomeAssistantSimulator


@pytest.fixture
def server() -> Iterator[HomeAssistantSimulator]:
    """Return a house with the plugs that the real server of `make test-home-assistant` has too."""
    with HomeAssistantSimulator() as house:
        house.add_plug("switch.miner_bitaxe", "Miner Bitaxe", meter="sensor.miner_bitaxe_power", watts_on=15.2)
        house.add_plug(
            "switch.miner_nano",
            "Miner Nano",
            meter="sensor.miner_nano_power_kw",
            unit="kW",
            watts_on=138,
            is_on=False,
        )
        house.add_plug("switch.miner_stuck", "Miner Stuck", is_on=False, trap="stuck")
        yield house


@dataclass
class Household:
    """A connected Home Assistant, and time that walks as the test says."""

    server: HomeAssistantSimulator
    now: datetime

    def check(self) -> None:
        check_connection(now=self.now)

    def walk(self, seconds: int = 60) -> None:
        """Let worker and beat do what is due at plugs: second by second while a command is open."""
        end = self.now + timedelta(seconds=seconds)
        while self.now < end:
            step = 1 if PlugCommand.objects.open().exists() else 10
            self.now = min(end, self.now + timedelta(seconds=step))
            for pk in due_plug_commands(now=self.now):
                take_plug_step(pk, now=self.now)
            if claim_check(now=self.now):
                check_connection(now=self.now)

    def plug(self, entity: str = "switch.miner_bitaxe", miners=(), meter: str = "", **settings) -> PowerSwitch:
        switch = save_plug(
            PowerSwitch(entity=entity, name=entity.partition(".")[2], **settings),
            miner_ids=[miner.pk for miner in miners],
            meter_entity=meter,
            actor="keeper",
            now=self.now,
        )
        self.check()
        return PowerSwitch.objects.select_related("meter").get(pk=switch.pk)


@pytest.fixture
def household(server, db) -> Household:
    """Return the house an hour after its plugs were last switched, on a clock the test walks."""
    now = read_clock()
    made = Household(server, now)
    server.clock = lambda: (made.now - now).total_seconds()  # noqa: PLW0108  # `made.now` walks
    server._zero, server._began = 0.0, now
    for plug in server.plugs.values():
        plug.changed = -3600.0
    save_connection(
        url=server.url, new_token=server.token, verify_tls=True, enabled=True, actor="keeper", now=made.now
    )
    made.check()
    return made
