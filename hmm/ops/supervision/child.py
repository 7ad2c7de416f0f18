"""A forked process: its output comes back line by line, and it belongs to a session of its own."""

import os
import signal
import sys
import time
import traceback
from collections.abc import Callable

from hmm.ops.supervision.guard import Guard

HANDLED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)


class Child:
    """One running process and the pipe with its output."""

    def __init__(self, name: str, pid: int, output: int) -> None:
        self.name = name
        self.pid = pid
        self.output = output
        self.started_at = time.monotonic()
        self._rest = b""

    def lines(self) -> list[str] | None:
        """Return the lines that have come, None at the end of the output."""
        try:
            chunk = os.read(self.output, 65536)
        except BlockingIOError:
            return []
        if not chunk:
            return None
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        return [line.decode(errors="replace") for line in lines]

    def last_line(self) -> str:
        """Return what stood after the last line break, once."""
        rest, self._rest = self._rest, b""
        return rest.decode(errors="replace")

    def signal(self, number: signal.Signals) -> None:
        """Send a signal; KILL goes to the whole session, so nothing the child started stays."""
        try:
            if number is signal.SIGKILL:
                os.killpg(self.pid, number)
            else:
                os.kill(self.pid, number)
        except ProcessLookupError:
            pass


def fork(name: str, run: Callable[[], None], guard: Guard) -> Child:
    """Start `run` in a child. The supervisor has one thread and no connections, so a fork is safe."""
    read_end, write_end = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, HANDLED)
    pid = os.fork()
    if pid == 0:
        _become(run, guard, read_end, write_end)
    signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
    os.close(write_end)
    os.set_blocking(read_end, False)
    return Child(name, pid, read_end)


def _become(run: Callable[[], None], guard: Guard, read_end: int, write_end: int) -> None:
    """In the child: cut the ties to the supervisor, run, and leave without the parent's exit handlers."""
    code = 1
    try:
        os.setsid()
        signal.set_wakeup_fd(-1)
        for number in HANDLED:
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, HANDLED)
        os.close(read_end)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for source, target in ((nothing, 0), (write_end, 1), (write_end, 2)):
            os.dup2(source, target)
        os.close(write_end)
        guard.watch()
        run()
        code = 0
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
        if isinstance(leaving.code, str):
            sys.stderr.write(f"{leaving.code}\n")
    except BaseException:  # noqa: BLE001  # a child's end is recorded here, nothing above could
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
