import sys
from pathlib import Path

import pytest

from tests.ops.product import Product, until

pytestmark = [pytest.mark.process, pytest.mark.timeout(120)]


@pytest.fixture
def offset(tmp_path):
    file = tmp_path / "offset"
    file.write_text("0", encoding="ascii")
    return file


@pytest.fixture
def product(tmp_path, offset):
    product = Product(tmp_path / "data")
    product.command = (sys.executable, "-u", str(Path(__file__).with_name("jumping_clock.py")), str(offset))
    with product:
        yield product


def test_beat_starts_afresh_when_the_clock_jumps_either_way(product, offset):
    for seconds in (7200, -7200):
        before = product.pid("beat")

        draft = offset.with_suffix(".draft")
        draft.write_text(str(seconds), encoding="ascii")
        draft.replace(offset)  # the product must never read half a number

        until(
            lambda before=before: product.pid("beat") != before, within=8, what=lambda: f"a new beat\n{product.log()}"
        )
        product.wait_for_heartbeat("beat", within=15)
        product.wait_for_heartbeat("worker", within=15)
