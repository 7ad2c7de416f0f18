"""What every simulator stands on: it plays dead as a device without current does."""

import socket

import pytest

from miners.drivers.avalon_nano.simulator import AvalonSimulator
from miners.drivers.bitaxe.simulator import BitaxeSimulator
from pools.backends.stratum.simulator import StratumSimulator

SIMULATORS = (
    pytest.param(lambda: BitaxeSimulator("gamma601", "v2.14.0"), id="HTTP"),
    pytest.param(lambda: AvalonSimulator("nano3s", "25021401_56abae7"), id="lines"),
    pytest.param(StratumSimulator, id="stratum"),
)


def connects(port: int) -> bool:
    with socket.socket() as client:
        client.settimeout(2)
        return client.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.parametrize("make", SIMULATORS)
def test_a_device_without_current_refuses_and_keeps_its_address(make):
    with make() as simulator:
        port = simulator.port
        for _time in range(2):
            simulator.set_fault("vanish")

            assert not connects(port)
            with socket.socket() as stranger, pytest.raises(OSError, match="in use"):
                stranger.bind(("127.0.0.1", port))

            simulator.set_fault("none")
            assert simulator.port == port
            assert connects(port)

    with socket.socket() as later:  # who is stopped keeps nothing
        later.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        later.bind(("127.0.0.1", port))
