"""Avalon home miners on the demo farm. Their calibration is short there, as the slots are."""

from hmm.demo.cast import WORKING_POOLS, Role
from hmm.demo.makers.base import REBOOT_S, Maker, Settled
from hmm.demo.pools import place_of
from miners.drivers.avalon_nano import wire
from miners.drivers.avalon_nano.driver import READS, AvalonNano
from miners.drivers.avalon_nano.products import MODES
from miners.drivers.avalon_nano.replies import parse
from miners.drivers.avalon_nano.simulator import AvalonSimulator
from miners.drivers.avalon_nano.simulator_bodies import Slot
from miners.drivers.base import Board, Reading
from miners.services.fleet import worker_name_of

CALIBRATION_S = 20.0


def make(role: Role, seed: int, port: int) -> AvalonSimulator:
    device = AvalonSimulator(
        role.board, role.firmware, port=port, seed=seed, reboot_s=REBOOT_S, calibration_s=CALIBRATION_S
    )
    if role.enrolled:  # its slots hold pools of the bands already, as a household would have it
        worker = worker_name_of(role.name)
        kept = WORKING_POOLS[-device.body.slots :]
        device.write_slots([Slot(*place_of(pool), f"{pool.wallet}.{worker}") for pool in kept])
    return device


def describe(device: AvalonSimulator) -> tuple[Reading, Board]:
    answers = parse(device.answer(f'{{"command":"{"+".join(READS)}"}}'.encode()), READS)
    version = wire.identity(parse(device.answer(b'{"command":"version"}'))[""])
    reading = wire.reading(
        stats=answers["stats"], summary=answers["summary"], pools=answers["pools"], version=version
    )
    return reading, AvalonNano(device.address).board(reading)


def settled(device: AvalonSimulator, mode: str, board: Board | None, runs: bool) -> Settled | None:
    """Return the figures of a mode. A Nano cannot be turned off: it runs its lowest mode."""
    del board
    if mode not in MODES:
        return None
    if not runs and device.body.has_standby:
        return Settled(0.0, None, None, None)
    figures = device.body.modes[MODES.index(mode) if runs else 0]
    return Settled(figures.ghs / 1000, figures.watts, float(figures.target_c + 5), None)


MAKER = Maker(make=make, describe=describe, settled=settled, first_mode="med", champion_mode="low")
