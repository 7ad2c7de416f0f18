from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.real.house import House, environment


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[House]:
    """Return a real Home Assistant for the tests of one file."""
    installed = environment()
    assert installed is not None
    with House(Path(installed).resolve(), tmp_path_factory.mktemp("house")) as house:
        yield house
