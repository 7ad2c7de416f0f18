"""The one list of hardware families, and what the product knows of each without asking a device."""

from collections.abc import Sequence
from functools import cache

from miners.drivers.abilities import Announces, SetsMode
from miners.drivers.avalon_nano.driver import AvalonNano
from miners.drivers.base import (
    NO_OPTIONS,
    Address,
    Driver,
    DriverError,
    NotAMinerError,
    Options,
    OtherDeviceError,
    Reading,
    Transport,
    UnreachableError,
    WrongProtocolError,
)
from miners.drivers.bitaxe.driver import Bitaxe
from miners.drivers.esp_http import asked_once
from miners.drivers.nerdqaxe.driver import NerdQaxe
from miners.drivers.nmminer.driver import NMMiner

DRIVERS: tuple[type[Driver], ...] = (Bitaxe, NerdQaxe, AvalonNano, NMMiner)
ANNOUNCING: tuple[object, ...] = DRIVERS  # the classes themselves tell; there is no address to make one of
FAMILIES: dict[str, type[Driver]] = {driver.kind: driver for driver in DRIVERS}

# Every family a price band has a column for, its modes from low to high.
FAMILY_MODES: dict[str, tuple[str, ...]] = {
    "bitaxe": ("eco", "standard", "turbo", "oc"),
    "nerdqaxe": ("eco", "standard", "turbo", "oc"),
    "avalon_nano": ("low", "med", "high"),
    "nmminer": ("fixed",),
}
FAMILY_LABELS: dict[str, str] = {
    "bitaxe": "Bitaxe",
    "nerdqaxe": "NerdQaxe",
    "avalon_nano": "Avalon Nano",
    "nmminer": "NMMiner",
}
ALIASES = {"overclock": "oc", "medium": "med", "std": "standard"}


def family_choices() -> list[tuple[str, str]]:
    """Return (kind, label) of the families that can be talked to."""
    return [(kind, driver.label) for kind, driver in FAMILIES.items()]


def modes_of(kind: str) -> tuple[str, ...]:
    """Return the modes of a family, the lowest first."""
    return FAMILY_MODES.get(kind, ())


@cache
def own_modes(kind: str) -> tuple[str, ...] | None:
    """Return the modes a family's driver knows by name, None where they are those of the board."""
    driver = driver_for(kind, "", 0)
    return driver.modes if isinstance(driver, SetsMode) else None


def normalise_mode(kind: str, text: str) -> str:
    """Return the mode that `text` means for a family. Raise ValueError that lists the modes there are."""
    mode = ALIASES.get(text.strip().lower(), text.strip().lower())
    if mode not in modes_of(kind):
        raise ValueError(
            f"{text!r} is no mode of {FAMILY_LABELS.get(kind, kind)}; there are: {', '.join(modes_of(kind))}."
        )
    return mode


def lottery_kinds() -> tuple[str, ...]:
    """Return the families that are too small to matter for energy."""
    return tuple(driver.kind for driver in DRIVERS if getattr(driver, "is_lottery", False))


def default_ports() -> tuple[int, ...]:
    """Return the ports at which a device may be asked; families that are only listened to have none."""
    return tuple(dict.fromkeys(driver.default_port for driver in DRIVERS if driver.transport is not Transport.UDP))


def announced_services() -> tuple[str, ...]:
    """Return what the families announce themselves as, by mDNS."""
    return tuple(driver.mdns_service for driver in ANNOUNCING if isinstance(driver, Announces))


def driver_for(kind: str, host: str, port: int, options: Options = NO_OPTIONS) -> Driver:
    """Return the driver of one device. Raise NotAMinerError for a family that is not installed."""
    if kind not in FAMILIES:
        raise NotAMinerError(f"There is no driver for {kind!r}; there are: {', '.join(FAMILIES)}.")
    return FAMILIES[kind](Address(host, port), options)


def recognise(host: str, port: int | None = None, *, family: str | None = None) -> Reading:
    """Return a reading of whatever family answers there. Raise the most telling DriverError otherwise.

    Every family refuses the others' answers, so the first that reads one is the right one; what they all ask is
    asked once. A family whose transport has found silence at a port is not waited for by the next of the same.
    """
    with asked_once():
        return first_reading(host, port, [family] if family else candidates(port))


def first_reading(host: str, port: int | None, kinds: Sequence[str]) -> Reading:
    failures: list[DriverError] = []
    silent: set[tuple[Transport, int]] = set()
    for kind in kinds:
        driver = driver_for(kind, host, port or (FAMILIES[kind].default_port if kind in FAMILIES else 0))
        way = (driver.transport, port or driver.default_port)
        if way in silent:
            continue
        try:
            return driver.read()
        except DriverError as error:
            failures.append(error)
            if isinstance(error, UnreachableError):
                silent.add(way)
    raise max(failures, key=telling if port is None else telling_at_one_port)


def candidates(port: int | None) -> list[str]:
    """Return the families to ask at a port: those at home there, else, or without a port, all of them."""
    asked = [driver for driver in DRIVERS if driver.transport is not Transport.UDP]
    at_home = [driver.kind for driver in asked if driver.default_port == port]
    return at_home or [driver.kind for driver in asked]


def telling_at_one_port(failure: DriverError) -> int:
    """Rank a silence above another language: it took the question, and has no time for an answer."""
    return telling(failure) if not isinstance(failure, WrongProtocolError) else -1


def telling(failure: DriverError) -> int:
    """Rank what a failure says of the device: its name, a fault in its answer, that it is none, nothing."""
    for rank, kind in enumerate((OtherDeviceError, WrongProtocolError, NotAMinerError, UnreachableError)):
        if isinstance(failure, kind):
            return (4, 1, 2, 0)[rank]
    return 3
