import json
import re

import pytest

from tests.house.test_imports import ROOT
from tests.house.test_sizes import TEMPLATES

FORBIDDEN = {
    "inline style": re.compile(r"<style\b|\sstyle\s*=", re.IGNORECASE),
    "inline script": re.compile(r"<script(?![^>]*\b(src|type=\"application/json\"))", re.IGNORECASE),
    "event attribute": re.compile(r"\son[a-z]+\s*=\s*[\"']", re.IGNORECASE),
    "foreign host": re.compile(r"(src|href)\s*=\s*[\"'](https?:)?//(?!www\.w3\.org)", re.IGNORECASE),
}
OUTSIDE_LINKS = re.compile(r"<a\b[^>]*>", re.IGNORECASE)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
@pytest.mark.parametrize("what", FORBIDDEN)
def test_templates_hold_nothing_the_security_policy_forbids(path, what):
    text = OUTSIDE_LINKS.sub("", path.read_text(encoding="utf-8")) if what == "foreign host" else path.read_text()

    found = FORBIDDEN[what].search(text)

    assert found is None, found


def test_htmx_copies_no_inline_style_from_what_it_replaces():
    """Browser extensions leave empty styles at fields; htmx would copy them, and the policy refuse each copy."""
    tag = re.search(r"name=\"htmx-config\"\s+content='([^']*)'", (ROOT / "templates" / "base.html").read_text())

    assert "style" not in json.loads(tag[1])["attributesToSettle"]
