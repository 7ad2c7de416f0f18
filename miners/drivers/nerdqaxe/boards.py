"""The NerdOS boards by the name they give themselves: chips, presets and caps. Pure.

Source: the board classes of NerdOS (main/boards), v1.0.x. Presets and caps are ours: the board's own
options, never above the chip's cap of `miners.drivers.chips` without consent, and never above the board's
absolute maximum. A board without figures of its own takes its chip's.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from miners.drivers.base import Board, Limits, PayloadError, Preset
from miners.drivers.chips import ASICS, Asic, asic_of, narrowed, presets_from, unknown_board, whole


@dataclass(frozen=True, slots=True)
class Model:
    """One board: its name, chip and count. `own` where its figures differ from the chip's elsewhere."""

    name: str
    asic_model: str
    chips: int | None  # None: the device tells
    own: Asic | None = None
    keeps_presets: bool = False  # our presets stand, whatever the option lists would make


BM1370_CORES, BM1368_CORES = ASICS["BM1370"].small_cores, ASICS["BM1368"].small_cores
QAXE_PP = asic_of(BM1370_CORES, (500, 1120), (600, 1150), (625, 1170), (625, 1200), (725, 1300))
QAXE_P = asic_of(BM1368_CORES, (400, 1150), (490, 1250), (525, 1300), (575, 1300))
AXE_GAMMA = asic_of(BM1370_CORES, (500, 1120), (515, 1150), (550, 1170), (575, 1200), (625, 1250))
OCTAXE = asic_of(BM1370_CORES, (525, 1120), (700, 1210), (750, 1230), (800, 1260), (850, 1260))
NERD_QX = asic_of(BM1370_CORES, (495, 1085), (777, 1200), None, (777, 1200))  # as it comes is its highest

MODELS: dict[str, Model] = {
    "nerdqaxe++": Model("NerdQAxe++", "BM1370", 4, QAXE_PP, keeps_presets=True),
    "nerdqaxe+": Model("NerdQAxe+", "BM1368", 4, QAXE_P),
    "nerdaxe": Model("NerdAxe", "BM1366", 1),
    "nerdaxegamma": Model("NerdAxeGamma", "BM1370", 1, AXE_GAMMA),
    "nerdoctaxegamma": Model("NerdOCTAXE-gamma", "BM1370", 8, OCTAXE),
    "nerdoctaxe+": Model("NerdOCTAXE+", "BM1368", 8),
    "nerdhaxegamma": Model("NerdHaxe-gamma", "BM1370", 6),
    "nerdqx": Model("NerdQX", "BM1370", None, NERD_QX, keeps_presets=True),
}
NERD_NAME = re.compile(r"(nerd|q13)", re.I)


def is_nerd(device_model: str) -> bool:
    """Tell whether a name is one NerdOS gives itself."""
    return NERD_NAME.match(device_model) is not None


def model_named(device_model: str | None) -> Model | None:
    """Return the board of a name; a Greek gamma, dashes and case do not matter."""
    plain = re.sub(r"[^a-z0-9+]", "", (device_model or "").replace("γ", "gamma").lower())
    return MODELS.get(plain)


def figures_of(device_model: str | None, asic_model: str | None) -> Asic | None:
    """Return a board's figures: its own, else its chip's, None for a chip that is not known."""
    model = model_named(device_model)
    return model.own if model is not None and model.own is not None else ASICS.get(asic_model or "")


def cap_of(board: Board) -> Limits | None:
    """Return what the table allows a board at most, whatever is stored of it; None for a chip not in it."""
    known = figures_of(board.model, board.asic_model)
    return known.oc_limits if known is not None else None


def board(*, device_model: str | None, asic_model: str | None, chips: int | None, asic: Any) -> Board:
    """Build the board from /api/system/asic (v1.0.32 and later), else from the table.

    Raise PayloadError for an answer that is no object. A chip that is not in the table has no limits.
    """
    model, known = model_named(device_model), figures_of(device_model, asic_model)
    if known is None:
        return unknown_board(model=device_model, asic_model=asic_model, chips=chips)
    if asic is not None and not isinstance(asic, Mapping):
        raise PayloadError("/api/system/asic is no object.")
    told: Mapping[str, Any] = asic or {}
    keeps = model is not None and model.keeps_presets
    reported = presets_from(told, known.limits) if not keeps else None
    limits = below_maximum(narrowed(known.limits, told) if reported else known.limits, told)
    presets = {**known.presets, **(reported or {}), **own_pairs(told, limits)}
    return Board(
        model=model.name if model is not None else device_model,
        asic_model=asic_model,
        chip_count=(model.chips if model is not None else None) or chips,
        small_core_count=known.small_cores,
        presets={mode: preset for mode, preset in presets.items() if limits.allow(preset)},
        limits=limits,
        oc_limits=below_maximum(known.oc_limits, told),
        source="reported" if asic is not None else "table",
    )


def own_pairs(asic: Mapping[str, Any], limits: Limits) -> dict[str, Preset]:
    """Return the pairs the device names itself, where they are inside the limits; 0 means none."""
    named = {"eco": ("ecoFrequency", "ecoVoltage"), "standard": ("defaultFrequency", "defaultVoltage")}
    pairs = {
        mode: Preset(clock, core)
        for mode, (clock_key, core_key) in named.items()
        if (clock := whole(asic.get(clock_key))) and (core := whole(asic.get(core_key)))
    }
    return {mode: preset for mode, preset in pairs.items() if limits.allow(preset)}


def below_maximum(limits: Limits, asic: Mapping[str, Any]) -> Limits:
    """Return limits no higher than the board's absolute maximum; above it the firmware clamps silently."""
    clock, core = whole(asic.get("absMaxFrequency")), whole(asic.get("absMaxVoltage"))
    return Limits(
        frequency_min_mhz=limits.frequency_min_mhz,
        frequency_max_mhz=min(limits.frequency_max_mhz, clock or limits.frequency_max_mhz),
        core_voltage_min_mv=limits.core_voltage_min_mv,
        core_voltage_max_mv=min(limits.core_voltage_max_mv, core or limits.core_voltage_max_mv),
    )
