"""Wake the supervisor for what happens: output, the end of a child, a signal, or a second gone by."""

import os
import selectors
import signal
from collections.abc import Callable

from hmm.ops.supervision.child import Child
from hmm.ops.supervision.console import Console


class Watch:
    """The one place where the supervisor waits."""

    def __init__(self, console: Console) -> None:
        self.stop_asked = 0
        self._console = console
        self._selector = selectors.DefaultSelector()
        self._wake, wake_write = os.pipe()
        for end in (self._wake, wake_write):
            os.set_blocking(end, False)
        self._selector.register(self._wake, selectors.EVENT_READ)
        signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._ask_to_stop)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)  # only wakes the selector

    def _ask_to_stop(self, _number: int, _frame: object) -> None:
        self.stop_asked += 1

    def add(self, child: Child) -> None:
        self._selector.register(child.output, selectors.EVENT_READ, child)

    def wait(self, seconds: float) -> None:
        """Wait at most `seconds` and print what the children wrote meanwhile."""
        for key, _events in self._selector.select(max(0.0, seconds)):
            if isinstance(key.data, Child):
                self._forward(key.data)
            else:
                self._drain()

    def ended(self, child: Child) -> int | None:
        """Return the exit code of a child that has ended, negative for a signal, None while it lives."""
        pid, status = os.waitpid(child.pid, os.WNOHANG)
        if not pid:
            return None
        while child.output in self._selector.get_map():
            if not self._forward(child):
                break
        self._drop(child)
        return os.waitstatus_to_exitcode(status)

    def _forward(self, child: Child) -> bool:
        lines = child.lines()
        if lines is None:
            self._drop(child)
            return False
        for line in lines:
            self._console.line(child.name, line)
        return bool(lines)

    def _drop(self, child: Child) -> None:
        if child.output in self._selector.get_map():
            self._selector.unregister(child.output)
            os.close(child.output)
        rest = child.last_line()
        if rest:
            self._console.line(child.name, rest)

    def _drain(self) -> None:
        try:
            while os.read(self._wake, 4096):
                pass
        except BlockingIOError:
            pass


def wait_until(watch: Watch, done: Callable[[], bool], *, seconds: float, now: Callable[[], float]) -> bool:
    """Wait until `done`, a signal or the time-out, whichever comes first; tell whether it was `done`."""
    deadline = now() + seconds
    while not watch.stop_asked and now() < deadline:
        if done():
            return True
        watch.wait(0.02)
    return False
