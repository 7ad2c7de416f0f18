import os
import socket
import subprocess
import sys

import pytest

from hmm.ops.supervision.errors import CannotStartError
from hmm.ops.supervision.lock import lock_data_folder
from hmm.ops.supervision.preflight import check_data_folder, check_port, check_room, what_frees_a_port


def test_a_folder_is_made_when_it_is_missing(tmp_path):
    check_data_folder(tmp_path / "new" / "data")

    assert (tmp_path / "new" / "data").is_dir()


def test_a_file_in_the_folder_s_place_is_told(tmp_path):
    (tmp_path / "data").touch()

    with pytest.raises(CannotStartError, match="cannot be written"):
        check_data_folder(tmp_path / "data")


def test_a_full_disk_is_told_with_the_figures(tmp_path):
    with pytest.raises(CannotStartError, match="3 MB are free and 50 MB are needed"):
        check_room(tmp_path, 3_000_000)


def test_a_free_port_is_fine_and_stays_free():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    check_port("127.0.0.1", port)  # raises nothing

    with socket.socket() as later:
        later.bind(("127.0.0.1", port))
        assert later.getsockname()[1] == port


def test_a_taken_port_is_named():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()

        with pytest.raises(CannotStartError, match=str(taken.getsockname()[1])):
            check_port("127.0.0.1", taken.getsockname()[1])


def test_a_port_of_the_system_is_not_said_to_be_taken():
    assert "below 1024" in what_frees_a_port(PermissionError(13, "Permission denied"))
    assert "Stop what listens there" in what_frees_a_port(OSError(98, "Address already in use"))


def test_the_lock_names_its_holder(tmp_path):
    with lock_data_folder(tmp_path), pytest.raises(CannotStartError, match=f"process {os.getpid()}"):
        lock_data_folder(tmp_path)


def test_the_lock_is_free_once_its_holder_is_gone(tmp_path):
    code = (
        "import sys, pathlib; from hmm.ops.supervision.lock import lock_data_folder;"
        "lock_data_folder(pathlib.Path(sys.argv[1]))"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)

    with lock_data_folder(tmp_path) as file:
        assert not file.closed
