"""NerdOS devices on the demo farm."""

from hmm.demo.cast import Role
from hmm.demo.makers.base import REBOOT_S, Maker, hostname_of
from hmm.demo.makers.esp import settled
from miners.drivers.base import Board, Reading
from miners.drivers.nerdqaxe import boards, wire
from miners.drivers.nerdqaxe.simulator import WITH_LISTS, NerdQaxeSimulator


def make(role: Role, seed: int, port: int) -> NerdQaxeSimulator:
    return NerdQaxeSimulator(
        role.board, role.firmware, port=port, seed=seed, hostname=hostname_of(role), reboot_s=REBOOT_S
    )


def describe(device: NerdQaxeSimulator) -> tuple[Reading, Board]:
    reading = wire.reading(device.info())
    asic = {**device.asic(), **device.own_limits()} if device.version >= WITH_LISTS else None
    board = boards.board(
        device_model=reading.model, asic_model=reading.asic_model, chips=reading.chip_count, asic=asic
    )
    return reading, board


MAKER = Maker(make=make, describe=describe, settled=settled, first_mode="standard", champion_mode="eco")
