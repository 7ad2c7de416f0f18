"""Where real captures and prices lie, for the tests that read them; they are no part of the project."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def captures(*parts: str) -> Path:
    """Return a file or folder of the captures, or skip the test where they are missing."""
    folder = Path(os.environ.get("HMM_TEST_CAPTURES") or ROOT.parent / "shared" / "data")
    path = folder.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"the captures {'/'.join(parts)} are not here")
    return path
