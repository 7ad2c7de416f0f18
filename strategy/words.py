"""How bands, targets and modes read on screen. Pure."""

from dataclasses import dataclass

from miners.drivers.registry import FAMILY_MODES
from pools.coins import target_label
from strategy import core

MODE_LABELS = {core.MANAGED_EXTERNALLY: "as it is"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One option of a select."""

    value: str
    label: str
    chosen: bool


def band_words(band: core.Band) -> str:
    """Return what a band runs: coin, and its modes in the order of the editor, where it sets any."""
    if not band.runs:
        return "everything off"
    modes = " / ".join(dict.fromkeys(asked_modes(band)))
    words = " · ".join(part for part in (target_words(band.target), modes) if part)
    return f"{words}, on the champion alone" if band.champion_only else words


def asked_modes(band: core.Band) -> list[str]:
    """Return the modes a band sets, a family each, in the order of the editor."""
    asked = [band.modes.get(family, core.MANAGED_EXTERNALLY) for family in FAMILY_MODES]
    return [mode for mode in asked if mode not in {core.MANAGED_EXTERNALLY, "fixed"}]


def target_words(name: str) -> str:
    return {core.OFF: "OFF", core.KEEP: "Keep"}.get(name, target_label(name))


def mode_words(mode: str) -> str:
    return MODE_LABELS.get(mode, mode)
