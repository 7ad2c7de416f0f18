from collections.abc import Iterator

import pytest

from hmm.clock import now as read_clock
from miners.drivers.bitaxe.simulator import BitaxeSimulator
from miners.models import Miner
from miners.services.fleet import add_miner


@pytest.fixture
def bitaxe() -> Iterator[BitaxeSimulator]:
    with BitaxeSimulator(reboot_s=0.3) as simulator:
        yield simulator


@pytest.fixture
def miner(bitaxe, db) -> Miner:
    return add_miner(address=str(bitaxe.address), name="Study Gamma", actor="keeper", now=read_clock())
