"""A house whose miner hangs on a plug of a Home Assistant; both are real servers, and the plug feeds the miner."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from miners.contexts import tile_of
from miners.models import Command, Miner, PlugCommand, PowerSwitch
from miners.services.commands import take_command_step
from miners.services.home_assistant import check_connection, claim_check, save_connection
from miners.services.plug_commands import due_plug_commands, take_plug_step
from miners.services.plug_links import save_plug
from miners.services.polling import due_commands, poll
from miners.switches.home_assistant.simulator import HomeAssistantSimulator
from strategy.services.ticking import due_since, tick

if TYPE_CHECKING:
    from tests.strategy.conftest import House

ENTITY = "switch.miner_study"


@dataclass
class Powered:
    """The house with a plug before its miner."""

    house: "House"
    server: HomeAssistantSimulator
    switch_pk: int

    @property
    def switch(self) -> PowerSwitch:
        return PowerSwitch.objects.get(pk=self.switch_pk)

    @property
    def is_on(self) -> bool:
        return self.server.plugs[ENTITY].is_on

    def set(self, **values) -> None:
        PowerSwitch.objects.filter(pk=self.switch_pk).update(**values)

    def walk(self, minutes: float = 1, *, polls: bool = True) -> None:
        """Let time pass in steps of three seconds while something is under way, else of a minute; a tick a minute."""
        house = self.house
        end = house.now + timedelta(minutes=minutes)
        ticked = house.now
        while house.now < end:
            busy = PlugCommand.objects.open().exists() or Command.objects.open().exists()
            house.now = min(end, house.now + timedelta(seconds=3 if busy else 60))
            for pk in due_plug_commands(now=house.now):
                take_plug_step(pk, now=house.now)
            for pk in due_commands(now=house.now):
                take_command_step(pk, now=house.now)
            if claim_check(now=house.now):
                check_connection(now=house.now)
            for pk in Miner.objects.due(house.now).values_list("pk", flat=True) if polls else ():
                poll(pk, now=house.now)
            if house.now - ticked >= timedelta(minutes=1):
                ticked = house.now
                tick(now=house.now)
            elif (since := due_since(now=house.now)) is not None:
                tick(now=house.now, unless_decided_after=since)

    def jump(self, minutes: float) -> None:
        """Pass a long time in one step, and go on as usual."""
        self.house.now += timedelta(minutes=minutes)
        check_connection(now=self.house.now)
        poll(self.house.miner.pk, now=self.house.now)
        self.tick()
        self.walk(1)

    def tick(self):
        return tick(now=self.house.now)

    def calls(self) -> list[str]:
        return [service for service, _entity in self.server.calls]

    def tile(self):
        return tile_of(Miner.objects.with_latest().get(pk=self.house.miner.pk), self.house.now)


@pytest.fixture
def powered(house: "House") -> Iterator[Powered]:
    began = house.now
    device = house.device

    def clock() -> float:
        return (house.now - began).total_seconds()

    def current(on: bool) -> None:
        device.set_fault("none" if on else "vanish")
        if on:
            device.reboot()

    with HomeAssistantSimulator(clock=clock, began=began) as server:
        plug = server.add_plug(ENTITY, "Study plug", feeds=current, meter="sensor.study_power")
        plug.changed = -7200.0
        save_connection(
            url=server.url, new_token=server.token, verify_tls=True, enabled=True, actor="keeper", now=house.now
        )
        switch = save_plug(
            PowerSwitch(entity=ENTITY, name="Study plug", min_on_minutes=0, min_off_minutes=0),
            miner_ids=[house.miner.pk],
            meter_entity="",
            actor="keeper",
            now=house.now,
        )
        check_connection(now=house.now)
        yield Powered(house, server, switch.pk)
