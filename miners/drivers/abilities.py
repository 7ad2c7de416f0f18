"""What a device may be able to do beyond being read: small protocols; ask with `isinstance`, never by family.

A command returns nothing and raises on failure; it is confirmed by a later reading, never by the reply.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Protocol, runtime_checkable

from miners.drivers.base import Board, Heard, PoolTarget, Preset, Reading


@runtime_checkable
class DescribesBoard(Protocol):
    """Can say what board it is; asked once per boot, not with each poll."""

    def board(self, reading: Reading) -> Board: ...


@runtime_checkable
class SetsTuning(Protocol):
    """Takes a clock and a core voltage, checked against the board before anything is sent."""

    modes: ClassVar[tuple[str, ...]]

    def set_tuning(self, preset: Preset, *, board: Board, with_consent: bool = False) -> None: ...


@runtime_checkable
class SetsMode(Protocol):
    """Knows its modes by name; `modes` from the lowest to the highest."""

    modes: ClassVar[tuple[str, ...]]

    def set_mode(self, mode: str, *, board: Board | None = None) -> None:
        """Set a mode. Raise UnsafeSettingError for one it does not have, TryLaterError while it takes none."""
        ...


@runtime_checkable
class SwitchesSlot(Protocol):
    """Keeps several pools and changes between them at once; a slot that is written counts after a restart."""

    slot_count: ClassVar[int]

    def use_pool(self, target: PoolTarget) -> bool:
        """Switch to the slot that holds this pool, else write one; return whether a restart must follow."""
        ...

    def switch_slot(self, position: int) -> None: ...

    def write_slot(self, position: int, target: PoolTarget) -> None: ...


@runtime_checkable
class SettlesSlowly(Protocol):
    """May be silent for minutes after a command; until then its silence is no failure."""

    settle_time_s: ClassVar[int]


@runtime_checkable
class SetsFan(Protocol):
    fan_min_percent: ClassVar[int]  # what may be sent at least; nothing lower leaves this process

    def set_fan(self, percent: int | None) -> None:
        """Set the duty in percent; None hands the fan back to the device's own control."""
        ...


@runtime_checkable
class SetsPool(Protocol):
    def set_pool(self, target: PoolTarget) -> None:
        """Write the first pool of the device's list."""
        ...


@runtime_checkable
class MinesOverTls(Protocol):
    """Speaks TLS to a pool, from a firmware on; which one is said to whoever has an older one."""

    tls_needs: ClassVar[str]

    @classmethod
    def takes_tls(cls, firmware: str) -> bool: ...


@runtime_checkable
class Pauses(Protocol):
    def pause(self) -> None: ...

    def resume(self) -> None: ...


@runtime_checkable
class PausesSince(Protocol):
    """Only newer firmware pauses; which one is said to whoever has an older one."""

    pause_needs: ClassVar[str]


@runtime_checkable
class ResumesByRestart(Protocol):
    """Comes back from a pause by a restart, and so takes as long as one."""

    resume_restarts: ClassVar[bool]


@runtime_checkable
class Restarts(Protocol):
    def restart(self) -> None: ...


@runtime_checkable
class Identifies(Protocol):
    def identify(self) -> None: ...


@runtime_checkable
class ClearsOverheat(Protocol):
    def clear_overheat(self) -> None: ...


@runtime_checkable
class Proves(Protocol):
    """Can show that a device of an unknown make takes settings and keeps them."""

    def prove(self, *, total_s: float) -> None:
        """Flip a setting that changes nothing, read it back, and put it back.

        Raise RefusedError where the device does not show it, and whatever an exchange raises.
        """
        ...


@runtime_checkable
class Broadcasts(Protocol):
    """Tells its readings to the whole network by itself; such a device is heard, not asked."""

    broadcast_port: ClassVar[int]  # UDP, as it leaves the factory
    silent_after_s: ClassVar[int]  # how long silence is no news

    @staticmethod
    def heard(datagram: bytes) -> Heard:
        """Return what a datagram tells. Raise PayloadError for one that cannot be read."""
        ...


@runtime_checkable
class Announces(Protocol):
    """Says by mDNS that it is there, at least with newer firmware."""

    mdns_service: ClassVar[str]


@runtime_checkable
class Configures(Protocol):
    """Takes its whole configuration in one datagram that nothing acknowledges."""

    configuration_port: ClassVar[int]

    def configure(self, template: Mapping[str, Any], target: PoolTarget | None, *, port: int) -> None: ...


@runtime_checkable
class Lottery(Protocol):
    """Too small to matter for energy: left out of the strategy unless a person enrols it."""

    is_lottery: ClassVar[bool]
