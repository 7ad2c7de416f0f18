from collections.abc import Iterator

import pytest

from miners.switches.home_assistant.simulator import HomeAssistantSimulator


@pytest.fixture
def server() -> Iterator[HomeAssistantSimulator]:
    """Return a house with the plugs that the real server of `make test-home-assistant` has too."""
    with HomeAssistantSimulator() as house:
        house.add_plug("switch.miner_bitaxe", "Miner Bitaxe", meter="sensor.miner_bitaxe_power", watts_on=15.2)
        house.add_plug(
            "switch.miner_nano",
            "Miner Nano",
            meter="sensor.miner_nano_power_kw",
            unit="kW",
            watts_on=138,
            is_on=False,
        )
        house.add_plug("switch.miner_stuck", "Miner Stuck", is_on=False, trap="stuck")
        yield house
