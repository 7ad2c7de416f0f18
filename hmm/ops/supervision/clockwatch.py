"""Notice that the wall clock was moved, or that the machine slept."""

import time
from collections.abc import Callable

JUMP_S = 30.0


class ClockWatch:
    """Compares the wall clock with the monotonic one since the last look."""

    def __init__(
        self, wall: Callable[[], float] = time.time, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._wall = wall
        self._monotonic = monotonic
        self._difference = wall() - monotonic()

    def jump(self) -> float:
        """Return the seconds the wall clock jumped since the last jump, 0 below the threshold.

        Small drifts add up against the same reference, so a clock that is slewed by a minute counts too.
        """
        difference = self._wall() - self._monotonic()
        jumped = difference - self._difference
        if abs(jumped) <= JUMP_S:
            return 0.0
        self._difference = difference
        return jumped
