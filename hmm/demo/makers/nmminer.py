"""NMMiners on the demo farm: one that is asked, and one that broadcasts to the farm's own port."""

from django.conf import settings

from hmm.demo.cast import Role
from hmm.demo.makers.base import REBOOT_S, Maker, Settled, hostname_of
from miners.drivers.base import Board, Reading
from miners.drivers.nmminer import wire
from miners.drivers.nmminer.simulator import NMMinerSimulator
from miners.drivers.nmminer.simulator_words import info_of


def make(role: Role, seed: int, port: int) -> NMMinerSimulator:
    return NMMinerSimulator(
        role.board,
        role.firmware,
        port=port,
        seed=seed,
        hostname=hostname_of(role),
        reboot_s=REBOOT_S,
        tell_to=("127.0.0.1", settings.HMM_NMMINER_UDP_PORT),
        configuration_port=settings.HMM_NMMINER_CONFIGURATION_PORT,
    )


def describe(device: NMMinerSimulator) -> tuple[Reading, Board | None]:
    reading = wire.heard(device.words()).reading if device.broadcasts else wire.reading(info_of(device))
    return reading, None


def settled(device: NMMinerSimulator, mode: str, board: Board | None, runs: bool) -> Settled:
    """Return its one figure; it cannot be turned off, so it always runs."""
    del mode, board, runs
    return Settled(device.board.hashes / 1e12, None, device.board.temp_c or None, None)


MAKER = Maker(make=make, describe=describe, settled=settled, first_mode="fixed", champion_mode="fixed")
