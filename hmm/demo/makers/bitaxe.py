"""Bitaxe devices on the demo farm."""

from hmm.demo.cast import Role
from hmm.demo.makers.base import REBOOT_S, Maker, hostname_of
from hmm.demo.makers.esp import settled
from miners.drivers.base import Board, Reading
from miners.drivers.bitaxe import boards, wire
from miners.drivers.bitaxe.simulator import BitaxeSimulator


def make(role: Role, seed: int, port: int) -> BitaxeSimulator:
    return BitaxeSimulator(
        role.board, role.firmware, port=port, seed=seed, hostname=hostname_of(role), reboot_s=REBOOT_S
    )


def describe(device: BitaxeSimulator) -> tuple[Reading, Board]:
    reading = wire.reading(device.info())
    asic = device.asic() if device.version >= (2, 7) else None
    board = boards.board(
        asic_model=reading.asic_model, board_version=reading.board_version, chips=reading.chip_count, asic=asic
    )
    return reading, board


MAKER = Maker(make=make, describe=describe, settled=settled, first_mode="standard", champion_mode="eco")
