"""No event is offered that nothing brings about, and each is brought about in a test."""

import re

import pytest

from notifications.events import EVENTS
from tests.house.test_imports import ROOT

TABLE = (ROOT / "docs/develop/events.md").read_text(encoding="utf-8")
ROWS = [
    tuple(cell.strip().strip("`") for cell in line.strip("|").split("|"))
    for line in TABLE.splitlines()
    if line.startswith("| `")
]


def names_it(path, name):
    """Tell whether a file names an event's kind: as a whole, or by what it is put together of."""
    text = (ROOT / path).read_text(encoding="utf-8")
    last = re.split(r"miner_|block\.|champion\.", name)[-1]
    return f'"{name}"' in text or f'"{last}"' in text


def test_the_table_of_events_is_the_registry():
    made_of = {(event.key, name) for event in EVENTS.values() for name in (*event.kinds, *event.actions)}
    told_at_once = {(event.key, "news") for event in EVENTS.values() if not event.kinds and not event.actions}

    assert {row[:2] for row in ROWS} == (made_of | told_at_once) - {("test", "news")}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]}-{row[1]}")
def test_every_event_has_a_source_and_a_test_that_names_it(row):
    event, name, source, proof = row
    word = event if name == "news" else name
    path, _colons, test = proof.partition("::")

    assert names_it(source, word)
    assert re.search(rf"def {test}\(", (ROOT / path).read_text(encoding="utf-8"))
    assert any(names_it(path, known) for known in (word, event))
