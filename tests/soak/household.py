"""Who lives in the soak's house: twenty simulated devices of every family, seven plugs, and what is true of them.

What is true is asked of the simulators themselves, never of the product.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from miners.drivers.avalon_nano.simulator import AvalonSimulator
from miners.drivers.bitaxe.simulator import BitaxeSimulator
from miners.drivers.nerdqaxe.simulator import NerdQaxeSimulator
from miners.drivers.nmminer.simulator import NMMinerSimulator
from miners.switches.home_assistant.simulator import HomeAssistantSimulator

Clock = Callable[[], float]
FAMILIES: dict[str, Callable[..., Any]] = {
    "bitaxe": BitaxeSimulator,
    "nerdqaxe": NerdQaxeSimulator,
    "avalon_nano": AvalonSimulator,
    "nmminer": NMMinerSimulator,
}


@dataclass(frozen=True, slots=True)
class Role:
    """One device of the house. `pauses`: its firmware can stop it without a plug."""

    name: str
    family: str
    board: str
    firmware: str
    pauses: bool
    plug: str = ""
    enrolled: bool = True


CAST = (
    Role("Study", "bitaxe", "gamma601", "v2.15.0", True),
    Role("Hall", "bitaxe", "gamma602", "v2.14.0", True),
    Role("Loft", "bitaxe", "gamma601", "v2.12.2", False),
    Role("Cellar", "bitaxe", "gamma601", "v2.12.2", False, "switch.cellar"),
    Role("Bench left", "bitaxe", "gamma602", "v2.14.0", True, "switch.bench"),
    Role("Bench right", "bitaxe", "supra402", "v2.12.2", False, "switch.bench"),
    Role("Garage", "bitaxe", "gammaturbo801", "v2.15.0", True),
    Role("Workshop", "bitaxe", "hex303", "v2.14.0", True),
    Role("Landing", "bitaxe", "suprahex701", "v2.15.0", True),
    Role("Shed", "bitaxe", "ultra205", "v2.14.0", True, "switch.shed"),
    Role("Porch", "bitaxe", "max102", "v2.14.0", True, "switch.porch"),
    Role("Attic", "nerdqaxe", "nerdqaxe++", "v1.0.37", True),
    Role("Studio", "nerdqaxe", "nerdoctaxe", "v1.0.36", True),
    Role("Desk", "nerdqaxe", "nerdaxegamma", "v1.0.32", False, "switch.desk"),
    Role("Lounge", "avalon_nano", "nano3s", "25021401_56abae7", False),
    Role("Bath", "avalon_nano", "nano3s", "25021401_56abae7", False, "switch.bath"),
    Role("Kitchen", "avalon_nano", "nano3", "24071801_42c628d", False, "switch.kitchen"),
    Role("Shelf", "nmminer", "c5", "v2.0.04", False, "switch.kitchen"),
    Role("Window", "nmminer", "c5", "v2.0.04", False),
    Role("Guest", "bitaxe", "gamma602", "v2.14.0", True, "switch.desk", enrolled=False),
)


@dataclass(frozen=True, slots=True)
class Wiring:
    """One plug with what a person set for it."""

    entity: str
    cap: int = 24
    locked: bool = False
    policy: str = "house"
    cycles_hung: bool = False
    minutes: int = 5


PLUGS = (
    Wiring("switch.cellar", cap=6),
    Wiring("switch.bench"),
    Wiring("switch.shed", cycles_hung=True, minutes=0),
    Wiring("switch.porch", locked=True),
    Wiring("switch.desk"),
    Wiring("switch.bath", policy="enforce", cap=8),
    Wiring("switch.kitchen", policy="respect_hours", minutes=10),
)


@dataclass(slots=True)
class Resident:
    """A device with what happens to it: current, and trouble on its line."""

    role: Role
    device: Any
    powered: bool = True
    trouble: str = "none"

    def wire(self) -> None:
        """Let the device be as its current and its trouble make it."""
        fault = self.trouble if self.powered else "vanish"
        if self.device.fault != fault:
            self.device.set_fault(fault)

    def give_current(self, on: bool) -> None:
        if on and not self.powered:
            self.device.reboot()
        self.powered = on
        self.wire()

    def set_trouble(self, fault: str) -> None:
        self.trouble = fault
        self.wire()

    @property
    def hashes(self) -> bool:
        """Tell whether it burns energy for work at this moment."""
        if not self.powered:
            return False
        if isinstance(self.device, NMMinerSimulator):
            return bool(self.device.is_up() and not self.device.stalled)
        if isinstance(self.device, AvalonSimulator):
            return bool(self.device.runs())
        return bool(self.device.runs() and self.device.settings["frequency"] > 50)


@dataclass(slots=True)
class Household:
    """All of it, with every movement of every relay."""

    clock: Clock
    residents: dict[str, Resident] = field(default_factory=dict)
    server: HomeAssistantSimulator = field(init=False)
    moves: list[tuple[float, str, bool, bool]] = field(default_factory=list)  # when, plug, on, by a hand
    hand: bool = False

    def __post_init__(self) -> None:
        for place, role in enumerate(CAST):
            device = FAMILIES[role.family](role.board, role.firmware, seed=place + 1, clock=self.clock)
            self.residents[role.name] = Resident(role, device)

    def start(self, server: HomeAssistantSimulator) -> None:
        self.server = server
        for wiring in PLUGS:
            server.add_plug(wiring.entity, wiring.entity, feeds=partial(self.move, wiring.entity))
        for resident in self.residents.values():
            resident.device.start()

    def stop(self) -> None:
        for resident in self.residents.values():
            resident.device.stop()

    def behind(self, entity: str) -> list[Resident]:
        return [resident for resident in self.residents.values() if resident.role.plug == entity]

    def move(self, entity: str, on: bool) -> None:
        self.moves.append((self.clock(), entity, on, self.hand))
        for resident in self.behind(entity):
            resident.give_current(on)

    def flip(self, entity: str, *, on: bool) -> None:
        """Move a relay as a hand would."""
        self.hand = True
        try:
            self.server.flip(entity, on=on)
        finally:
            self.hand = False
