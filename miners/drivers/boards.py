"""Boards: the check before anything is sent, and the JSON in which a miner's row keeps what its device said."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from miners.drivers.base import Board, Limits, Preset, UnsafeSettingError


def check_preset(preset: Preset, board: Board, *, with_consent: bool, cap: Limits | None) -> None:
    """Raise UnsafeSettingError for a clock or core voltage outside the board's limits, or without known ones.

    `cap` is the table's for this board's chip: what a row in the database says can only be stricter.
    """
    limits = board.oc_limits if with_consent else board.limits
    if limits is None or cap is None or not (limits.allow(preset) and cap.allow(preset)):
        raise UnsafeSettingError(
            f"{preset.frequency_mhz} MHz at {preset.core_voltage_mv} mV is outside the limits of this board;"
            " nothing was sent."
        )


def board_to_json(board: Board) -> dict[str, Any]:
    """Return a board as JSON can hold it."""
    return {
        "model": board.model,
        "asic_model": board.asic_model,
        "chip_count": board.chip_count,
        "small_core_count": board.small_core_count,
        "presets": {mode: asdict(preset) for mode, preset in board.presets.items()},
        "limits": asdict(board.limits) if board.limits else None,
        "oc_limits": asdict(board.oc_limits) if board.oc_limits else None,
        "source": board.source,
        **({"serial": board.serial} if board.serial else {}),
    }


def board_from_json(stored: Mapping[str, Any]) -> Board:
    """Return the board a row keeps."""
    limits, oc_limits = stored.get("limits"), stored.get("oc_limits")
    return Board(
        model=stored.get("model"),
        asic_model=stored.get("asic_model"),
        chip_count=stored.get("chip_count"),
        small_core_count=stored.get("small_core_count"),
        presets={mode: Preset(**preset) for mode, preset in stored.get("presets", {}).items()},
        limits=Limits(**limits) if limits else None,
        oc_limits=Limits(**oc_limits) if oc_limits else None,
        source=stored.get("source", "table"),
        serial=stored.get("serial"),
    )
