"""Every test can fail by what it finds: it asserts, expects an error, or calls something of the tests that does."""

import ast
from collections.abc import Iterator
from functools import cache

from tests.house.test_imports import ROOT

FILES = sorted((ROOT / "tests").rglob("*.py"))
CLAIMS = {"raises", "fail", "expect"}  # pytest's, and the browser's
CLAIMING = ("assert_", "check_", "wait_")  # methods of what tests make
Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def functions() -> list[tuple[str, Function, frozenset[str]]]:
    """Return every function of the tests with its file and the names that the tests themselves define there."""
    found = []
    for path in FILES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        inner = [node for node in ast.walk(tree) if isinstance(node, Function)]
        imported = (node for node in tree.body if isinstance(node, ast.ImportFrom))
        brought = [name.name for node in imported if (node.module or "").startswith("tests") for name in node.names]
        own = frozenset([*(node.name for node in inner), *brought])
        found += [(str(path.relative_to(ROOT)), node, own) for node in inner]
    return found


def called(node: ast.AST) -> Iterator[tuple[str, bool]]:
    """Yield the names that are called, each with whether something is called of an object."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Call) and isinstance(inner.func, ast.Attribute):
            yield inner.func.attr, True
        elif isinstance(inner, ast.Call) and isinstance(inner.func, ast.Name):
            yield inner.func.id, False


def claims(node: ast.AST, own: frozenset[str], helpers: set[str]) -> bool:
    if any(isinstance(inner, ast.Assert) for inner in ast.walk(node)):
        return True
    if any("AssertionError" in ast.dump(inner) for inner in ast.walk(node) if isinstance(inner, ast.Raise)):
        return True
    return any(
        name in CLAIMS
        or name.startswith("django_assert_")
        or (name in helpers and (name.startswith(CLAIMING) if of_an_object else name in own))
        for name, of_an_object in called(node)
    )


def helpers_that_claim() -> set[str]:
    """Return the names of what is no test and makes a claim, itself or by another."""
    helpers: set[str] = set()
    while True:
        found = {
            node.name
            for _file, node, own in functions()
            if not node.name.startswith("test_") and claims(node, own, helpers)
        }
        if found == helpers:
            return helpers
        helpers = found


def without_claim() -> list[str]:
    helpers = helpers_that_claim()
    return [
        f"{file}::{node.name}"
        for file, node, own in functions()
        if node.name.startswith("test_") and not claims(node, own, helpers)
    ]


def test_every_test_makes_a_claim():
    assert not without_claim()


def test_a_test_without_a_claim_is_noticed():
    silent, loud = (
        ast.parse(f"def test_one():\n    {line}\n").body[0] for line in ("device.restart()", "check(device)")
    )

    assert not claims(silent, frozenset({"restart"}), {"restart"})
    assert not claims(loud, frozenset(), {"check"}), "a function of the product is no claim"
    assert claims(loud, frozenset({"check"}), {"check"})
