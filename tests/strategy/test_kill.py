"""Kill -9 at every write of a tick and of a command: nothing is lost, nothing is done twice."""

import pytest

from tests.killing import told_by

pytestmark = [pytest.mark.process, pytest.mark.timeout(960)]


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("killed")
    return told_by("tests/strategy/kill_scene.py", folder, within_s=900, HMM_DEVICE_NETWORKS="127.0.0.0/8")


@pytest.mark.parametrize("phase", ["tick", "step", "pool", "bulk"])
def test_the_work_was_killed_at_every_write(results, phase):
    rows = [row for row in results if row["phase"] == phase]

    assert rows[-1]["lived"], "the last try is the one that reached its end"
    assert len(rows) >= 3


def with_ticks(results):
    """Return the tries that decide; a job for many only carries out what a person asked for."""
    return [row for row in results if row["phase"] != "bulk"]


def test_every_transition_has_exactly_one_row(results):
    assert {row["transitions"] for row in with_ticks(results)} == {1}


def test_a_rule_fires_once_and_is_told_once(results):
    assert {(row["firings"], row["told"]) for row in with_ticks(results)} == {(1, 1)}


def test_nothing_stays_open(results):
    assert {row["open"] for row in results} == {0}


def test_nothing_that_was_asked_is_left_unseen(results):
    assert {row["asks"] for row in with_ticks(results)} == {0}


def test_a_miner_that_is_to_be_off_ends_off_and_is_told_once(results):
    rows = [row for row in results if row["phase"] in {"tick", "step"}]

    assert all(row["paused"] for row in rows), rows
    assert {row["sent"].get("pause") for row in rows} == {1}, rows


def test_a_pool_change_ends_at_work_for_the_new_pool(results):
    rows = [row for row in results if row["phase"] == "pool"]

    assert {row["works_for"] for row in rows} == {"dgb.test"}, [row for row in rows if row["works_for"] != "dgb.test"]
    assert {row["sent"].get("system") for row in rows} <= {1}, "the pool is written once"
    assert {row["sent"].get("restart") for row in rows} <= {1, 2}, "a restart whose proof was lost may come twice"
    assert rows[-1]["sent"] == {"system": 1, "restart": 1}


def test_a_job_for_many_ends_with_every_device_as_wanted_and_nothing_sent_twice(results):
    rows = [row for row in results if row["phase"] == "bulk"]

    assert {row["mode"] for row in rows} == {400}
    assert {tuple(map(tuple, row["job"])) for row in rows} == {(("done", "done"),)}, rows
    assert {row["sent"].get("system") for row in rows} == {1}
