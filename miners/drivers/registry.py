"""The one list of hardware families, and what the product knows of each without asking a device."""

from miners.drivers.base import Address, Driver, DriverError, NotAMinerError, Reading, UnreachableError
from miners.drivers.bitaxe.driver import Bitaxe

DRIVERS: tuple[type[Driver], ...] = (Bitaxe,)
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


def normalise_mode(kind: str, text: str) -> str:
    """Return the mode that `text` means for a family. Raise ValueError that lists the modes there are."""
    mode = ALIASES.get(text.strip().lower(), text.strip().lower())
    if mode not in modes_of(kind):
        raise ValueError(
            f"{text!r} is no mode of {FAMILY_LABELS.get(kind, kind)}; there are: {', '.join(modes_of(kind))}."
        )
    return mode


def driver_for(kind: str, host: str, port: int) -> Driver:
    """Return the driver of one device. Raise NotAMinerError for a family that is not installed."""
    if kind not in FAMILIES:
        raise NotAMinerError(f"There is no driver for {kind!r}.")
    return FAMILIES[kind](Address(host, port))


def recognise(host: str, port: int | None = None, *, family: str | None = None) -> Reading:
    """Return a reading of whatever family answers there. Raise the most telling DriverError otherwise."""
    kinds = [family] if family else list(FAMILIES)
    failure: DriverError | None = None
    for kind in kinds:
        if kind not in FAMILIES:
            raise NotAMinerError(f"There is no driver for {kind!r}; there are: {', '.join(FAMILIES)}.")
        try:
            return driver_for(kind, host, port or FAMILIES[kind].default_port).read()
        except DriverError as error:
            if failure is None or isinstance(failure, UnreachableError):
                failure = error
    assert failure is not None  # noqa: S101  # the list of families is never empty
    raise failure
