"""What the demo farm must know of a family: how its simulator is made, described and run in the past."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from hmm.demo.cast import Role
from miners.drivers.base import Board, Reading

REBOOT_S = 8.0


class SimulatedDevice(Protocol):
    """A simulator as the farm runs it; its control door takes orders, and set_fault puts a fault on or off."""

    @property
    def control_url(self) -> str: ...

    def start(self) -> Any: ...

    def stop(self) -> None: ...

    def set_fault(self, fault: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Settled:
    """What a device shows in a mode once it has settled; the frequency is None where there is none to show."""

    hashrate_ths: float
    power_w: float | None
    chip_temp_c: float | None
    frequency_mhz: float | None


@dataclass(frozen=True, slots=True)
class Maker:
    """One family on the farm. `describe` and `settled` open no socket: the past is made before the start."""

    make: Callable[[Role, int, int], Any]  # role, seed, port → a SimulatedDevice
    describe: Callable[[Any], tuple[Reading, Board | None]]
    settled: Callable[[Any, str, Board | None, bool], Settled | None]  # device, mode, board, runs; None: no such mode
    first_mode: str  # the mode of a device the strategy does not touch
    champion_mode: str  # its lowest


def hostname_of(role: Role) -> str:
    return role.name.lower().replace(" ", "-")
