"""`run listeners` alone, as in a container, with nothing to listen to."""

import subprocess
import sys

import pytest

from tests.ops.product import ROOT, Product, until

pytestmark = [pytest.mark.process, pytest.mark.timeout(90)]


def test_listeners_without_anything_to_hear_beat_and_stop_on_a_signal(tmp_path):
    product = Product(tmp_path / "data")
    words = [sys.executable, str(ROOT / "manage.py")]
    subprocess.run([*words, "prepare"], env=product.environment, cwd=ROOT, check=True)
    process = subprocess.Popen([*words, "run", "listeners"], env=product.environment, cwd=ROOT)
    try:
        until(lambda: product.heartbeat("listeners"), within=20, what="a heartbeat")
        process.terminate()

        assert process.wait(timeout=5) == 0
    finally:
        process.kill()
        process.wait()
