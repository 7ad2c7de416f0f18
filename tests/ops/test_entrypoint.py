"""The container's entrypoint, run as it stands; a stand-in `python` on the PATH tells what it would start."""

import os
import stat
import subprocess
from pathlib import Path

import pytest

OURSELVES = {"PUID": str(os.getuid()), "PGID": str(os.getgid())}
ENTRYPOINT = Path(__file__).resolve().parents[2] / "docker" / "entrypoint.sh"


@pytest.fixture
def entrypoint(tmp_path):
    stand_in = tmp_path / "bin" / "python"
    stand_in.parent.mkdir()
    stand_in.write_text('#!/bin/sh\necho "$(id -u):$(id -g) $*"\n', encoding="ascii")
    stand_in.chmod(0o755)
    tmp_path.chmod(0o755)

    def run(*words, **variables):
        environment = {
            "PATH": f"{stand_in.parent}:/usr/sbin:/usr/bin:/sbin:/bin",
            "HMM_DATA_DIR": str(tmp_path / "data"),
            **variables,
        }
        return subprocess.run([ENTRYPOINT, *words], env=environment, capture_output=True, text=True, check=False)

    return run


as_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")


def started(answer):
    assert answer.returncode == 0, answer.stderr
    return [line.split(" ", 1)[1] for line in answer.stdout.splitlines()]


def test_web_prepares_the_database_first(entrypoint):
    assert started(entrypoint("web", **OURSELVES)) == ["manage.py prepare", "manage.py run web"]


@pytest.mark.parametrize("part", ["worker", "beat", "listeners"])
def test_the_others_wait_for_it(entrypoint, part):
    assert started(entrypoint(part, **OURSELVES)) == ["manage.py prepare --wait", f"manage.py run {part}"]


def test_other_words_are_commands(entrypoint):
    assert started(entrypoint("doctor", "--json", **OURSELVES)) == ["manage.py doctor --json"]


@as_root
def test_nothing_runs_as_root(entrypoint, tmp_path):
    for folder in (tmp_path, *list(tmp_path.parents)[:-2]):
        folder.chmod(folder.stat().st_mode | stat.S_IXOTH | stat.S_IROTH)

    answer = entrypoint("web", PUID="1234", PGID="2345")

    assert {line.split(" ")[0] for line in answer.stdout.splitlines()} == {"1234:2345"}, answer.stderr
    assert (tmp_path / "data").stat().st_uid == 1234


@as_root
def test_a_damaged_user_is_refused_by_name(entrypoint):
    answer = entrypoint("web", PUID="me")

    assert answer.returncode == 1
    assert "PUID is 'me'" in answer.stderr


def test_keys_are_made_once_and_fit_together(entrypoint, tmp_path):
    entrypoint("keys", str(tmp_path / "keys"))
    first = {path.name: path.read_text(encoding="ascii") for path in (tmp_path / "keys").iterdir()}
    entrypoint("keys", str(tmp_path / "keys"))
    second = {path.name: path.read_text(encoding="ascii") for path in (tmp_path / "keys").iterdir()}

    assert first == second
    assert set(first) == {"database_password", "database_url", "redis_password", "redis_url"}
    assert first["database_url"] == f"postgres://hmm:{first['database_password']}@postgres:5432/hmm"
    assert first["redis_url"] == f"redis://:{first['redis_password']}@redis:6379/0"
    assert len(first["database_password"]) == 48
    assert first["database_password"] != first["redis_password"]
