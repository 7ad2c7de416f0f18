"""The Bitaxe boards: chips, small cores, presets and hard caps. Pure.

Source: the firmware's device table (device_config.h); presets and caps are ours, by chip.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from miners.drivers.base import Board, Limits, PayloadError, Preset

STEP_MHZ, STEP_MV = 10, 15  # how near a preset counts as that preset
STOPPED_MHZ = 50  # what the old overheat routine leaves; no mode
TURBO_FACTOR = 1.10


@dataclass(frozen=True, slots=True)
class Asic:
    """One chip's figures."""

    small_cores: int
    presets: Mapping[str, Preset]
    limits: Limits
    oc_limits: Limits


def _asic(
    small_cores: int,
    eco: tuple[int, int],
    standard: tuple[int, int],
    turbo: tuple[int, int],
    cap: tuple[int, int],
) -> Asic:
    limits = Limits(
        frequency_min_mhz=min(eco[0], 300),
        frequency_max_mhz=cap[0],
        core_voltage_min_mv=1000 if small_cores != 672 else 1100,
        core_voltage_max_mv=cap[1],
    )
    presets = {"eco": Preset(*eco), "standard": Preset(*standard), "turbo": Preset(*turbo)}
    return Asic(small_cores, presets, limits, limits)


ASICS: dict[str, Asic] = {
    "BM1397": _asic(672, (400, 1300), (425, 1400), (475, 1450), (575, 1500)),
    "BM1366": _asic(894, (400, 1100), (485, 1200), (525, 1250), (575, 1300)),
    "BM1368": _asic(1276, (400, 1100), (490, 1166), (525, 1200), (575, 1300)),
    "BM1370": _asic(2040, (400, 1060), (525, 1150), (575, 1200), (625, 1250)),
}
ASICS["BM1370"] = Asic(
    2040,
    ASICS["BM1370"].presets,
    ASICS["BM1370"].limits,
    Limits(frequency_min_mhz=300, frequency_max_mhz=725, core_voltage_min_mv=1000, core_voltage_max_mv=1300),
)
# A board whose chips run slower than the same chip elsewhere.
BY_BOARD: dict[str, Asic] = {"650": _asic(2040, (350, 1060), (400, 1150), (410, 1150), (410, 1250))}
# board version → (model, chips)
BOARDS: dict[str, tuple[str, int]] = {
    "2.2": ("Max", 1),
    "102": ("Max", 1),
    **dict.fromkeys(("0.11", "201", "202", "203", "204", "205", "207"), ("Ultra", 1)),
    **dict.fromkeys(("400", "401", "402", "403"), ("Supra", 1)),
    **dict.fromkeys(("600", "601", "602", "603"), ("Gamma", 1)),
    "650": ("GammaDuo", 2),
    "801": ("GammaTurbo", 2),
    **dict.fromkeys(("302", "303"), ("Hex", 6)),
    **dict.fromkeys(("701", "702"), ("SupraHex", 6)),
}


def model_of(board_version: str | None) -> str | None:
    """Return "Gamma 601" for "601", None for a board that is not in the table."""
    known = BOARDS.get(board_version or "")
    return f"{known[0]} {board_version}" if known else None


def chips_of(board_version: str | None) -> int | None:
    known = BOARDS.get(board_version or "")
    return known[1] if known else None


def board(*, asic_model: str | None, board_version: str | None, chips: int | None, asic: Any) -> Board:
    """Build the board from what the device reports at /api/system/asic, else from the table.

    A chip that is not in the table has no limits, and so nothing is ever sent to it.
    """
    known = BY_BOARD.get(board_version or "") or ASICS.get(asic_model or "")
    table_chips = chips_of(board_version)
    if known is None:
        return Board(
            model=model_of(board_version),
            asic_model=asic_model,
            chip_count=chips,
            small_core_count=None,
            presets={},
            limits=None,
            oc_limits=None,
            source="table",
        )
    reported = presets_from(asic, known.limits) if asic is not None else None
    return Board(
        model=model_of(board_version),
        asic_model=asic_model,
        chip_count=table_chips or chips,
        small_core_count=known.small_cores,
        presets=reported or known.presets,
        limits=narrowed(known.limits, asic) if reported else known.limits,
        oc_limits=known.oc_limits,
        source="reported" if reported else "table",
    )


def presets_from(asic: Any, limits: Limits) -> dict[str, Preset] | None:
    """Build eco, standard and turbo from the option lists; None when one would break the caps."""
    if not isinstance(asic, Mapping):
        raise PayloadError("/api/system/asic is no object.")
    clocks, cores = options(asic.get("frequencyOptions")), options(asic.get("voltageOptions"))
    default = whole(asic.get("defaultFrequency")), whole(asic.get("defaultVoltage"))
    if not clocks or len(cores) < 2 or default[0] is None or default[1] is None:
        return None
    standard = Preset(default[0], default[1])
    above = [core for core in cores if core > standard.core_voltage_mv]
    turbo = Preset(
        max([clock for clock in clocks if clock <= standard.frequency_mhz * TURBO_FACTOR], default=clocks[0]),
        min(above[0] if above else standard.core_voltage_mv, limits.core_voltage_max_mv),
    )
    eco = Preset(min(clocks[0], standard.frequency_mhz), min(cores[1], standard.core_voltage_mv))
    presets = {"eco": eco, "standard": standard, "turbo": turbo}
    return presets if all(limits.allow(preset) for preset in presets.values()) else None


def narrowed(limits: Limits, asic: Mapping[str, Any]) -> Limits:
    """Return the caps, tightened to the highest options the device itself offers."""
    clocks, cores = options(asic.get("frequencyOptions")), options(asic.get("voltageOptions"))
    return Limits(
        frequency_min_mhz=limits.frequency_min_mhz,
        frequency_max_mhz=min(limits.frequency_max_mhz, clocks[-1]),
        core_voltage_min_mv=limits.core_voltage_min_mv,
        core_voltage_max_mv=min(limits.core_voltage_max_mv, cores[-1]),
    )


def options(values: Any) -> list[int]:
    listed = values if isinstance(values, Sequence) and not isinstance(values, str) else []
    return sorted({number for number in map(whole, listed) if number is not None and number > 0})


def whole(value: Any) -> int | None:
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def mode_of(frequency_mhz: float | None, core_voltage_mv: float | None, presets: Mapping[str, Preset]) -> str | None:
    """Return the preset a pair is near to, "custom" when none is, None while stopped or unknown."""
    if not frequency_mhz or frequency_mhz <= STOPPED_MHZ or not core_voltage_mv:
        return None
    for mode, preset in presets.items():
        near_clock = abs(frequency_mhz - preset.frequency_mhz) <= STEP_MHZ
        if near_clock and abs(core_voltage_mv - preset.core_voltage_mv) <= STEP_MV:
            return mode
    return "custom"
