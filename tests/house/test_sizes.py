import ast
from pathlib import Path

from tests.house.test_imports import ROOT, SOURCES

TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SCRIPTS = sorted((ROOT / "static" / "js").rglob("*.js"))


def length(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def too_long(paths, most):
    return {str(path.relative_to(ROOT)): length(path) for path in paths if length(path) > most}


def test_no_python_file_is_longer_than_500_lines():
    assert not too_long(SOURCES, 500)


def test_no_template_is_longer_than_120_lines():
    assert not too_long(TEMPLATES, 120)


def test_no_script_is_longer_than_150_lines():
    assert not too_long(SCRIPTS, 150)


def test_no_function_is_longer_than_40_lines():
    long = {
        f"{path.relative_to(ROOT)}:{node.name}": node.end_lineno - node.lineno + 1
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno - node.lineno + 1 > 40
    }

    assert not long
