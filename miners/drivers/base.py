"""What every hardware family speaks: a reading, the errors, and the one promise, to read.

Anything more is one of the abilities in `abilities.py` that a family may also have.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar, Protocol


class DriverError(Exception):
    """A device could not do what was asked. `code` is the word support and the API use."""

    code: ClassVar[str] = "driver_error"


class UnreachableError(DriverError):
    """No answer in time. Worth another try."""

    code = "unreachable"


class RefusedError(DriverError):
    """The device answered and said no. Trying again will not help."""

    code = "refused"


class TryLaterError(DriverError):
    """The device takes no such change at this moment, and will later. It counts as no failure."""

    code = "try_later"

    def __init__(self, words: str, *, again_s: int = 60) -> None:
        super().__init__(words)
        self.again_s = again_s


class PayloadError(DriverError):
    """The device answered with something that cannot be read. No half reading is made of it."""

    code = "bad_payload"


class NotAMinerError(DriverError):
    """Something answers there, and it is none of the families that are known."""

    code = "not_a_miner"


class OtherDeviceError(NotAMinerError):
    """What answers there is known by name, and it is not of the family that asked."""


class WrongProtocolError(PayloadError):
    """Something answers there, and not in the language that was spoken to it."""


class UnsafeSettingError(DriverError):
    """A setting outside the board's limits was about to be sent. Nothing was sent."""

    code = "unsafe_setting"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a device answers: a private address or a host name that resolves to one."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a driver may need beyond an address. A family that needs none of it ignores it."""

    code: str = field(default="", repr=False)  # a one-time code, typed in for one command
    secret: str = field(default="", repr=False)  # from which one-time codes are made, where a person kept it
    user: str = ""
    password: str = field(default="", repr=False)  # of the device's own pages


NO_OPTIONS = Options()


class Transport(StrEnum):
    """How a family is spoken to; families of one transport may share a port."""

    HTTP = "http"
    TCP = "tcp"
    UDP = "udp"  # only listened to: never asked while a network is looked through


class Trust(StrEnum):
    """Whether HMM may write to a device, or only read it."""

    FULL = "full"
    READ_ONLY = "read_only"


class DeviceState(StrEnum):
    """What a device says of itself. Reachability is known to the caller, not to the device."""

    HASHING = "hashing"
    IDLE = "idle"  # paused or standing by on purpose
    STARTING = "starting"
    STALLED = "stalled"  # answers, should hash, does not
    OVERHEATED = "overheated"


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolEntry:
    """One place in a device's list of pools. Passwords are never read."""

    position: int
    host: str | None
    port: int | None
    user: str | None
    connected: bool | None = None
    share_percent: int | None = None  # of the work, where a device works for two pools at once
    status: str | None = None  # in the device's words: Alive, Dead, Disabled
    live: bool | None = None  # it gets the work now
    shares_accepted: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LivePool:
    """The pool a device works for at this moment; `fallback` when it is not the first configured one."""

    host: str | None
    port: int | None
    user: str | None
    fallback: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolTarget:
    """A pool to be written into a device's first place."""

    host: str
    port: int
    user: str
    password: str = field(default="x", repr=False)
    tls: bool = False

    @property
    def address(self) -> str:
        """Return the pool with its scheme, for devices that take it in one text."""
        return f"{'stratum+ssl' if self.tls else 'stratum+tcp'}://{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Preset:
    """A clock and core voltage that belong together."""

    frequency_mhz: int
    core_voltage_mv: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What may be sent to a board, inclusive; nothing outside leaves this process."""

    frequency_min_mhz: int
    frequency_max_mhz: int
    core_voltage_min_mv: int
    core_voltage_max_mv: int

    def allow(self, preset: Preset) -> bool:
        return (
            self.frequency_min_mhz <= preset.frequency_mhz <= self.frequency_max_mhz
            and self.core_voltage_min_mv <= preset.core_voltage_mv <= self.core_voltage_max_mv
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """What is fixed about one device: its chips, its presets by mode and its limits.

    `presets` holds `oc` only after a person entered it. `limits` is None for a board that is not
    known; nothing that changes clock or voltage is sent to such a board.
    """

    model: str | None
    asic_model: str | None
    chip_count: int | None
    small_core_count: int | None
    presets: Mapping[str, Preset]
    limits: Limits | None
    oc_limits: Limits | None  # with consent; None where it equals `limits`
    source: str  # "reported" by the device, or "table"
    serial: str | None = None  # of the one device, where its maker gave it one


@dataclass(frozen=True, slots=True, kw_only=True)
class ChipReading:
    """One chip's work in a reading."""

    position: int
    hashrate_ths: float | None
    error_count: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One poll of one device, in our units; unknown is None, never 0."""

    family: str
    trust: Trust
    state: DeviceState
    model: str | None = None
    firmware: str | None = None  # as the device writes it
    web_firmware: str | None = None
    board_version: str | None = None
    asic_model: str | None = None
    chip_count: int | None = None
    mac: str | None = None  # lower-case hex without separators
    serial: str | None = None  # what its maker numbered it with, where it tells that in each reading
    hostname: str | None = None
    hashrate_ths: float | None = None
    expected_hashrate_ths: float | None = None
    power_w: float | None = None
    max_power_w: float | None = None
    input_voltage_mv: float | None = None
    chip_temp_c: float | None = None
    vr_temp_c: float | None = None
    board_temp_c: float | None = None
    fan_rpm: int | None = None
    fan_percent: float | None = None
    auto_fan: bool | None = None  # the device's own control has the fan
    frequency_mhz: float | None = None
    core_voltage_mv: int | None = None
    core_voltage_actual_mv: int | None = None
    shares_accepted: int | None = None
    shares_rejected: int | None = None
    best_difficulty: float | None = None
    best_session_difficulty: float | None = None
    pool_difficulty: float | None = None
    error_percent: float | None = None
    uptime_s: int | None = None
    mode: str | None = None  # "custom" when no preset is near, None while stopped or unknown
    paused: bool | None = None  # None where the firmware cannot say
    can_pause: bool = False  # the firmware knows pause and resume
    locked: bool | None = None  # takes settings only with a one-time code
    overheated: bool | None = None
    fault: str | None = None  # the device's own words
    wifi_rssi_dbm: int | None = None
    pool: LivePool | None = None
    pools: tuple[PoolEntry, ...] = ()
    pool_mode: str | None = None  # "failover", or "dual" where two pools share the work
    pool_needs_restart: bool = True  # a written pool counts only after one
    chips: tuple[ChipReading, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What a device told without being asked. Who sent it is known from the datagram's source alone."""

    reading: Reading
    claimed_host: str | None  # the address it gives itself; anybody can write anything there


class Driver(Protocol):
    """One device at one address. Holds no state beyond it and retries nothing."""

    kind: ClassVar[str]
    label: ClassVar[str]
    transport: ClassVar[Transport]
    default_port: ClassVar[int]
    start_time_s: ClassVar[int]  # how long a device may take to hash after power, mode or pool changed

    def __init__(self, address: Address, options: Options = NO_OPTIONS) -> None: ...

    def read(self, *, board: Board | None = None) -> Reading:
        """Return one reading, or raise a DriverError; one short exchange. `board` names the modes."""
        ...
