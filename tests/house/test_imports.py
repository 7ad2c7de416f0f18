"""The contracts themselves are checked by `make check`; here, that they forget nobody."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
APPS = ("hmm", "miners", "energy", "pools", "strategy", "notifications")
SOURCES = [path for app in APPS for path in sorted((ROOT / app).rglob("*.py")) if "migrations" not in path.parts]


def contracts():
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]


def test_the_layers_name_every_module_of_the_project():
    named = set(re.findall(r"hmm\.(\w+)", " ".join(contracts()[0]["layers"])))
    present = {path.stem for path in (ROOT / "hmm").glob("*.py")} | {
        path.parent.name for path in (ROOT / "hmm").glob("*/__init__.py")
    }

    assert present - {"__init__"} <= named


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_stand_at_the_top(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))

    hidden = [
        f"line {inner.lineno}"
        for outer in ast.walk(tree)
        if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef)
        for inner in ast.walk(outer)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    ]

    assert not hidden
