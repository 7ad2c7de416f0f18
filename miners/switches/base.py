"""What every kind of smart plug speaks: states, watts, and the errors of a switching.

A back end reads and switches. A switching returns nothing; only a state that is read afterwards proves it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Protocol


class SwitchError(Exception):
    """A plug could not be asked or switched. `code` is the word support and pages use."""

    code: ClassVar[str] = "switch_error"


class SwitchUnreachableError(SwitchError):
    """No answer in time, or none at all. A command may have arrived nevertheless."""

    code = "unreachable"


class SwitchBusyError(SwitchError):
    """It answers, and cannot serve now: starting, or an error of its own. Worth another try."""

    code = "busy"


class TokenRejectedError(SwitchError):
    """The token is wrong or was revoked. Asking on would get us banned."""

    code = "token"


class TokenLostError(TokenRejectedError):
    """Our own token cannot be read any more, so nobody is asked."""

    code = "token_lost"


class BannedError(SwitchError):
    """Our address is banned there; only a person can lift that."""

    code = "banned"


class SwitchRefusedError(SwitchError):
    """It answered and said no. Trying again will not help."""

    code = "refused"


class SwitchPayloadError(SwitchError):
    """Something answers that is not what was expected."""

    code = "not_home_assistant"


class PlugState(StrEnum):
    """What is known of a plug. Only on and off are states; everything else is "don't know"."""

    ON = "on"
    OFF = "off"
    UNAVAILABLE = "unavailable"  # the plug does not answer its server
    UNKNOWN = "unknown"  # no value yet
    MISSING = "missing"  # there is no such plug

    @property
    def is_on(self) -> bool | None:
        return {PlugState.ON: True, PlugState.OFF: False}.get(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """One thing a back end knows: a switch, or a power meter with its watts."""

    entity: str
    name: str = ""
    state: PlugState = PlugState.UNKNOWN
    changed_at: datetime | None = None
    is_switch: bool = False
    is_meter: bool = False
    power_w: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Everything of use that a back end knows at one moment."""

    version: str = ""
    is_running: bool = True  # False while it starts: what is missing now may come
    entities: Mapping[str, Entity] = field(default_factory=dict)


class SwitchBackend(Protocol):
    """A system of smart plugs."""

    kind: ClassVar[str]
    label: ClassVar[str]

    def read_all(self) -> Snapshot: ...

    def read(self, entity: str) -> Entity: ...

    def switch(self, entity: str, *, on: bool) -> None: ...
