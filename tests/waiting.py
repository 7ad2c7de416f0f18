"""Wait for something a real server does in a thread of its own, at most as long as is said."""

import time
from collections.abc import Callable
from typing import Any


def until(condition: Callable[[], Any], *, within: float, what: str) -> Any:
    """Return the first true answer of `condition`; fail, naming `what`, when there is none in time."""
    ends = time.monotonic() + within
    while time.monotonic() < ends:
        answer = condition()
        if answer:
            return answer
        time.sleep(0.02)
    raise AssertionError(f"{what} did not come within {within:g} s")
