"""Bitaxe devices on the demo farm."""

from dataclasses import replace

from hmm.demo.cast import Role
from hmm.demo.makers.base import REBOOT_S, Maker, Settled, hostname_of
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


def settled(device: BitaxeSimulator, mode: str, board: Board | None, runs: bool) -> Settled | None:
    """Return the figures of the simulator's physics, without its noise."""
    if board is None:
        return None
    preset = board.presets.get(mode, board.presets["standard"])
    physics = replace(device.physics, noise=0.0)
    figures = {"frequency": float(preset.frequency_mhz), "voltage": float(preset.core_voltage_mv)}
    power = physics.power_w(**figures, runs=runs)
    work = physics.hashrate_ghs(**figures, seconds_up=3600.0, runs=runs) / 1000
    heat = physics.ambient_c + 34.0 * power / device.facts.watts
    return Settled(work, power, heat, preset.frequency_mhz if runs else None)


MAKER = Maker(make=make, describe=describe, settled=settled, first_mode="standard", champion_mode="eco")
