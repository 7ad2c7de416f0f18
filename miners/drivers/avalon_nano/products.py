"""The Avalon home miners: what differs between them. Pure.

Source: the vendor's firmware (January 2025) and captured replies of each model. Modes are written as the
numbers 0, 1, 2; the Nano 3 calls them levels, the others modes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from miners.drivers.base import Trust, UnsafeSettingError

MODES = ("low", "med", "high")


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One product. `watts_at` is the place of its wall watts in the row PS, None where it is not known."""

    label: str
    trust: Trust
    watts_at: int | None
    mode_option: str = "workmode"
    mode_figure: str = "WORKMODE"
    modes: tuple[str, ...] = MODES
    has_standby: bool = False
    web_user: str = "admin"
    expected_w: Mapping[str, float] = field(default_factory=dict)  # by mode, where the device does not tell


NANO_3 = Model(
    label="Nano 3",
    trust=Trust.FULL,
    watts_at=5,  # at 6 stands the core voltage
    mode_option="worklevel",
    mode_figure="WORKLEVEL",
    web_user="root",
)
NANO_3S = Model(label="Nano 3S", trust=Trust.FULL, watts_at=6)  # at 5 stands a voltage in thousands
# Read and not written: their modes and limits are not proven, their draw is that of a heater.
AVALON_Q = Model(label="Avalon Q", trust=Trust.READ_ONLY, watts_at=6, has_standby=True)
MINI_3 = Model(
    label="Avalon Mini 3",
    trust=Trust.READ_ONLY,
    watts_at=6,
    modes=("heater", "mining", "night"),
    has_standby=True,
)
BY_NAME: dict[str, Model] = {"nano3s": NANO_3S, "nano3": NANO_3, "q": AVALON_Q, "mini3": MINI_3}
BY_LABEL: dict[str, Model] = {model.label: model for model in BY_NAME.values()}


def model_named(name: str) -> Model:
    """Return the product a device calls itself; one that is not known is read, and its watts are unknown."""
    known = BY_NAME.get(name.strip().lower())
    return known or Model(label=f"Avalon {name.strip()}"[:60], trust=Trust.READ_ONLY, watts_at=None)


def mode_number(model: Model, mode: str) -> int:
    """Return the number of a mode. Raise UnsafeSettingError, and send nothing, for one it does not have."""
    if mode not in model.modes:
        raise UnsafeSettingError(f"{model.label} has no mode {mode!r:.20}; nothing was sent.")
    return model.modes.index(mode)
