"""Kill -9 while a backup is made or restored: nothing half is ever listed, the database is the old or the new one."""

import pytest

from tests.killing import told_by

pytestmark = [pytest.mark.process, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    return told_by("tests/ops/backups/kill_scene.py", tmp_path_factory.mktemp("killed"), within_s=170)


def test_a_killed_try_lists_nothing_and_is_known_as_interrupted(scene):
    killed = [row for row in scene["made"] if not row["ended"]]

    assert len(killed) >= 3, scene["made"]
    assert all(row["listed"] <= 1 and row["mended"] == row["running"] for row in killed), killed
    assert any(row["running"] and not row["listed"] for row in killed), "some were killed in the middle"
    assert scene["made"][-1] == {"ended": True, "listed": 1, "running": 0, "mended": 0}


def test_a_killed_restore_leaves_the_database_as_it_was_or_as_it_is_to_be(scene):
    killed = [row for row in scene["restored"] if not row["ended"]]

    assert len(killed) >= 3, scene["restored"]
    assert all(row["whole"] == "ok" for row in scene["restored"])
    assert all(row["actions"] in (["after", "before"], ["before"]) for row in killed), killed
    assert scene["restored"][-1] == {"ended": True, "whole": "ok", "actions": ["before"]}
