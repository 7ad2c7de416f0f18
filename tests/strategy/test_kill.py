"""Kill -9 at every write of a tick and of a command: nothing is lost, nothing is done twice."""

import pytest

from tests.killing import told_by

PHASES = ("tick", "step", "pool", "bulk")


@pytest.mark.timeout(960)
def test_work_that_is_killed_at_every_write_loses_nothing_and_does_nothing_twice(tmp_path, subtests):
    """One test, since the scene takes a minute; it has processes and a database of its own, and minds no company."""
    results = told_by("tests/strategy/kill_scene.py", tmp_path, within_s=900, HMM_DEVICE_NETWORKS="127.0.0.0/8")

    for claim in CLAIMS:
        with subtests.test(claim.__name__):
            claim(results)


def the_work_was_killed_at_every_write(results):
    for phase in PHASES:
        rows = [row for row in results if row["phase"] == phase]
        assert rows[-1]["lived"], f"the last try of {phase} is the one that reached its end"
        assert len(rows) >= 3, phase


def with_ticks(results):
    """Return the tries that decide; a job for many only carries out what a person asked for."""
    return [row for row in results if row["phase"] != "bulk"]


def every_transition_has_exactly_one_row(results):
    assert {row["transitions"] for row in with_ticks(results)} == {1}


def a_rule_fires_once_and_is_told_once(results):
    assert {(row["firings"], row["told"]) for row in with_ticks(results)} == {(1, 1)}


def nothing_stays_open(results):
    assert {row["open"] for row in results} == {0}


def nothing_that_was_asked_is_left_unseen(results):
    assert {row["asks"] for row in with_ticks(results)} == {0}


def a_miner_that_is_to_be_off_ends_off_and_is_told_once(results):
    rows = [row for row in results if row["phase"] in {"tick", "step"}]

    assert all(row["paused"] for row in rows), rows
    assert {row["sent"].get("pause") for row in rows} == {1}, rows


def a_pool_change_ends_at_work_for_the_new_pool(results):
    rows = [row for row in results if row["phase"] == "pool"]

    assert {row["works_for"] for row in rows} == {"dgb.test"}, [row for row in rows if row["works_for"] != "dgb.test"]
    assert {row["sent"].get("system") for row in rows} <= {1}, "the pool is written once"
    assert {row["sent"].get("restart") for row in rows} <= {1, 2}, "a restart whose proof was lost may come twice"
    assert rows[-1]["sent"] == {"system": 1, "restart": 1}


def a_job_for_many_ends_with_every_device_as_wanted_and_nothing_sent_twice(results):
    rows = [row for row in results if row["phase"] == "bulk"]

    assert {row["mode"] for row in rows} == {400}
    assert {tuple(map(tuple, row["job"])) for row in rows} == {(("done", "done"),)}, rows
    assert {row["sent"].get("system") for row in rows} == {1}


CLAIMS = (
    the_work_was_killed_at_every_write,
    every_transition_has_exactly_one_row,
    a_rule_fires_once_and_is_told_once,
    nothing_stays_open,
    nothing_that_was_asked_is_left_unseen,
    a_miner_that_is_to_be_off_ends_off_and_is_told_once,
    a_pool_change_ends_at_work_for_the_new_pool,
    a_job_for_many_ends_with_every_device_as_wanted_and_nothing_sent_twice,
)
