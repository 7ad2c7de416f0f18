"""Signals that end a process in good order."""

import signal
from types import FrameType


def _leave(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


def stop_on_signals() -> None:
    """Turn SIGTERM and SIGINT into SystemExit, so that `finally` blocks run."""
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGINT, _leave)
