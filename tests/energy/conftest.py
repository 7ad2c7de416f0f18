from collections.abc import Iterator

import pytest

from energy.tariffs.octopus_agile.simulator import PriceSimulator


@pytest.fixture
def feed(settings) -> Iterator[PriceSimulator]:
    with PriceSimulator() as simulator:
        settings.HMM_OCTOPUS_URL = simulator.base_url
        yield simulator
