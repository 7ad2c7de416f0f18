"""The chips of the ESP32 boards: small cores, presets and hard caps; presets from a device's option lists. Pure.

Source: ESP-Miner's device table (device_config.h); presets and caps are ours, by chip.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from miners.drivers.base import Board, Limits, PayloadError, Preset
from miners.drivers.fields import LARGEST

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


def asic_of(
    small_cores: int,
    eco: tuple[int, int],
    standard: tuple[int, int],
    turbo: tuple[int, int] | None,
    cap: tuple[int, int],
    cap_with_consent: tuple[int, int] | None = None,
) -> Asic:
    """Return a chip's figures from pairs of MHz and mV; without a cap of its own, consent allows no more."""
    lowest = (min(eco[0], 300), 1000 if small_cores != 672 else 1100)
    named = {"eco": eco, "standard": standard, "turbo": turbo}
    presets = {mode: Preset(*pair) for mode, pair in named.items() if pair is not None}
    return Asic(small_cores, presets, limits_of(lowest, cap), limits_of(lowest, cap_with_consent or cap))


def limits_of(lowest: tuple[int, int], cap: tuple[int, int]) -> Limits:
    return Limits(
        frequency_min_mhz=lowest[0],
        frequency_max_mhz=cap[0],
        core_voltage_min_mv=lowest[1],
        core_voltage_max_mv=cap[1],
    )


ASICS: dict[str, Asic] = {
    "BM1397": asic_of(672, (400, 1300), (425, 1400), (475, 1450), (575, 1500)),
    "BM1366": asic_of(894, (400, 1100), (485, 1200), (525, 1250), (575, 1300)),
    "BM1368": asic_of(1276, (400, 1100), (490, 1166), (525, 1200), (575, 1300)),
    "BM1370": asic_of(2040, (400, 1060), (525, 1150), (575, 1200), (625, 1250), (725, 1300)),
}


def unknown_board(*, model: str | None, asic_model: str | None, chips: int | None) -> Board:
    """Return the board of a chip that is not in the table: without limits, so nothing is ever sent to it."""
    return Board(
        model=model,
        asic_model=asic_model,
        chip_count=chips,
        small_core_count=None,
        presets={},
        limits=None,
        oc_limits=None,
        source="table",
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
    if isinstance(value, bool) or not isinstance(value, int | float) or not -LARGEST < value < LARGEST:
        return None
    return int(value)


def mode_of(frequency_mhz: float | None, core_voltage_mv: float | None, presets: Mapping[str, Preset]) -> str | None:
    """Return the preset a pair is nearest to, "custom" when none is near, None while stopped or unknown."""
    if not frequency_mhz or frequency_mhz <= STOPPED_MHZ or not core_voltage_mv:
        return None
    near = {
        mode: (clock_off, core_off)
        for mode, preset in presets.items()
        if (clock_off := abs(frequency_mhz - preset.frequency_mhz)) <= STEP_MHZ
        and (core_off := abs(core_voltage_mv - preset.core_voltage_mv)) <= STEP_MV
    }
    return min(near, key=lambda mode: sum(near[mode])) if near else "custom"
