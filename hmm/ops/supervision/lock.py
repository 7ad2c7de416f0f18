"""One supervisor for each data folder."""

import fcntl
import os
import time
from pathlib import Path
from typing import TextIO

from hmm.ops.supervision.errors import CannotStartError

LOCK = "hmm.lock"
WAIT_FOR_REMAINS_S = 15.0


def lock_data_folder(folder: Path) -> TextIO:
    """Return the open lock file, or raise with the pid of its holder.

    Children inherit the lock. After a supervisor was killed its children need some seconds to end; a new
    one waits for them, because a dying Redis would take the new one's socket with it.
    """
    file = (folder / LOCK).open("a+", encoding="ascii")
    deadline = time.monotonic() + WAIT_FOR_REMAINS_S
    while not _taken(file):
        file.seek(0)
        holder = file.read().strip()
        if is_alive(holder) or time.monotonic() > deadline:
            file.close()
            raise CannotStartError(
                f"Home Miner Manager already runs on {folder} (process {holder or 'unknown'})."
                " Stop that one first, or set HMM_DATA_DIR to another folder."
            )
        time.sleep(0.1)
    file.truncate(0)
    file.write(f"{os.getpid()}\n")
    file.flush()
    return file


def is_held(folder: Path) -> bool:
    """Tell whether a supervisor, or what is left of one, runs on a data folder. Its own children are told yes too."""
    try:
        with (folder / LOCK).open("r", encoding="ascii") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    return False


def _taken(file: TextIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_alive(pid: str) -> bool:
    """Tell whether a process of this computer lives."""
    if not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
