"""The Bitaxe boards: which chip and how many. Pure.

Source: the firmware's device table (device_config.h).
"""

from typing import Any

from miners.drivers.base import Board, Limits
from miners.drivers.chips import ASICS, Asic, asic_of, narrowed, presets_from, unknown_board

# A board whose chips run slower than the same chip elsewhere.
BY_BOARD: dict[str, Asic] = {"650": asic_of(2040, (350, 1060), (400, 1150), (410, 1150), (410, 1250))}
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


def cap_of(board: Board) -> Limits | None:
    """Return what the table allows a board at most, whatever is stored of it; None for a chip not in it."""
    version = (board.model or "").rpartition(" ")[2]
    known = BY_BOARD.get(version) or ASICS.get(board.asic_model or "")
    return known.oc_limits if known is not None else None


def board(*, asic_model: str | None, board_version: str | None, chips: int | None, asic: Any) -> Board:
    """Build the board from what the device reports at /api/system/asic, else from the table.

    A chip that is not in the table has no limits, and so nothing is ever sent to it.
    """
    known = BY_BOARD.get(board_version or "") or ASICS.get(asic_model or "")
    table_chips = chips_of(board_version)
    if known is None:
        return unknown_board(model=model_of(board_version), asic_model=asic_model, chips=chips)
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
