"""Kill -9 at every write of a tick and of a command: nothing is lost, nothing is done twice."""

import json
import os
import subprocess
import sys

import pytest

from tests.captures import ROOT


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "hmm.settings",
        "HMM_DATA_DIR": str(tmp_path_factory.mktemp("killed")),
        "HMM_DATABASE_URL": "",
        "HMM_DEVICE_NETWORKS": "127.0.0.0/8",
        "PYTHONPATH": str(ROOT),
        "HMM_LOG_LEVEL": "CRITICAL",
    }
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests/strategy/kill_scene.py")],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


@pytest.mark.parametrize("phase", ["tick", "step"])
def test_the_work_was_killed_at_every_write(results, phase):
    rows = [row for row in results if row["phase"] == phase]

    assert rows[-1]["lived"], "the last try is the one that reached its end"
    assert len(rows) >= 3


def test_every_transition_has_exactly_one_row(results):
    assert {row["transitions"] for row in results} == {1}


def test_the_device_ends_in_the_wanted_state_and_nothing_stays_open(results):
    assert all(row["paused"] for row in results), results
    assert {row["open"] for row in results} == {0}


def test_no_command_is_sent_twice(results):
    assert {row["pauses_sent"] for row in results} == {1}, results
