"""Kill -9 between queueing and sending: delivered once, or marked as possibly sent; the critical always arrives."""

import pytest

from tests.killing import told_by

pytestmark = [pytest.mark.process, pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    return told_by("tests/notifications/kill_scene.py", tmp_path_factory.mktemp("killed"), within_s=110)


def test_it_was_killed_at_every_write(results):
    for severity in ("warning", "critical"):
        rows = [row for row in results if row["severity"] == severity]
        assert len(rows) >= 5
        assert rows[-1]["lived"]


def test_a_message_arrives_once_or_is_marked_as_possibly_sent(results):
    rows = [row for row in results if row["severity"] == "warning"]

    assert all(len(row["statuses"]) == 1 and len(row["texts"]) <= 1 for row in rows), rows
    assert all(row["texts"] or row["statuses"] == ["possibly"] for row in rows), rows
    assert {row["statuses"][0] for row in rows} == {"sent", "possibly"}


def test_what_is_critical_arrives_and_a_second_one_says_that_it_may_be_a_repeat(results):
    rows = [row for row in results if row["severity"] == "critical"]

    assert all(row["statuses"] == ["sent"] and row["texts"] for row in rows), rows
    assert all("may be a repeat" in text for row in rows for text in row["texts"][1:])
    assert max(len(row["texts"]) for row in rows) <= 2
