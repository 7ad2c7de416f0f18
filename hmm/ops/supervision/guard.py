"""The pipe that tells children that their supervisor is gone, however it went."""

import os
import signal
import threading
import time

from hmm.ops.supervision.timing import GRACE_S


class Guard:
    """A pipe nobody writes to: its end of file, seen by a child, means that the supervisor has ended."""

    def __init__(self) -> None:
        self._read_end, self._write_end = os.pipe()

    def watch(self) -> None:
        """In a child: let go of the supervisor's end and stop this process when the pipe closes."""
        os.close(self._write_end)
        threading.Thread(target=self._wait, name="guard", daemon=True).start()

    def _wait(self) -> None:
        os.read(self._read_end, 1)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(GRACE_S)
        os.killpg(os.getpgrp(), signal.SIGKILL)

    def close(self) -> None:
        """In the supervisor: end the watch."""
        os.close(self._write_end)
        os.close(self._read_end)
