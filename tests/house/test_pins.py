import json
import re

import pytest

from tests.house.test_imports import ROOT

PINS = sorted((ROOT / "requirements").glob("*.txt"))


@pytest.mark.parametrize("path", PINS, ids=lambda path: path.name)
def test_every_pin_is_exact_and_hashed(path):
    for block in re.split(r"\n(?=\S)", path.read_text(encoding="utf-8").strip()):
        assert re.match(r"[a-z0-9.\-]+(\[[a-z]+\])?==\S+", block), block
        assert "--hash=sha256:" in block, block


@pytest.mark.parametrize("path", [*PINS, ROOT / "package-lock.json", ROOT / ".npmrc"], ids=lambda path: path.name)
def test_pins_hold_no_address_of_a_registry(path):
    text = path.read_text(encoding="utf-8")

    assert not re.search(r"(index-url|find-links|registry\s*=|\"resolved\")", text)
    assert not re.search(r"[a-z]+://[^\"]*(npm|pypi|packages?|registry)\.", text)


def test_the_lock_file_matches_package_json():
    wanted = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["dependencies"]
    locked = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"][""]["dependencies"]

    assert wanted == locked
    assert all(re.fullmatch(r"\d+(\.\d+){2}", version) for version in wanted.values())


def test_the_runtime_pins_are_among_those_of_development():
    runtime, development = (
        set(
            re.findall(r"^[a-z0-9.\-]+(?:\[[a-z]+\])?==\S+", (ROOT / "requirements" / name).read_text(), re.MULTILINE)
        )
        for name in ("runtime.txt", "dev.txt")
    )

    assert runtime <= development
