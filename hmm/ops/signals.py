"""Signals that end a process in good order.

A handler that raised could be swallowed wherever it happens to strike, inside a finaliser or a fork hook,
and one that takes a lock could wait for itself. So it only says that the end has come; loops ask.
"""

import signal
from types import FrameType


class StopAsked:
    """False until SIGTERM or SIGINT has come."""

    def __init__(self) -> None:
        self._asked = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask)

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self._asked = True

    def __bool__(self) -> bool:
        return self._asked
