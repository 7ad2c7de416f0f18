"""How often a device may be spoken to: the web servers of small boards stop answering when asked too much. Pure.

At most so many requests within a minute. What must not wait is served first: turning off always goes
through and has the last place kept free for it, a command and its proof come next, a routine poll gives way.
"""

from collections.abc import Iterable, Sequence
from enum import IntEnum

WINDOW_S = 61.0  # a minute, and a second for what a message waits
MOST_KEPT = 60
AHEAD_S = 5.0  # a request noted further in the future comes from a clock that was set back


class Errand(IntEnum):
    """What a request is for; the value is how many places it leaves to what is more urgent, its own included.

    The last of them belongs to turning off.
    """

    YIELDING = 6  # a poll of a device that is to be proven: it waits until that is done
    PROVING = 5  # five requests; such a device is not told to turn off
    ROUTINE = 3  # a poll, which asks for the board too after a restart; a command that takes two requests
    COMMANDED = 2  # a command, the reading that proves one, or the question for the board behind a reading


def recent(requests: Iterable[float], now: float) -> list[float]:
    """Return the requests, in seconds since the epoch, that count at `now`, the oldest first."""
    return sorted(moment for moment in requests if now - WINDOW_S < moment <= now + AHEAD_S)


def may_pass(requests: Iterable[float], errand: Errand, now: float, *, per_minute: int, under_way: int = 0) -> bool:
    """Tell whether an errand may begin now; `under_way` are those sent off a moment ago and not yet noted."""
    return len(recent(requests, now)) + under_way <= per_minute - errand


def passes_at(requests: Iterable[float], errand: Errand, now: float, *, per_minute: int) -> float:
    """Return when an errand may begin: now, or as soon as enough of the requests have grown old."""
    counted = recent(requests, now)
    excess = len(counted) - (per_minute - errand)
    return now if excess <= 0 else counted[excess - 1] + WINDOW_S


def kept(requests: Sequence[float], made: Sequence[float], now: float) -> list[float]:
    """Return what to remember after `made`: never more than a window can hold to some purpose."""
    return recent([*requests, *made], now)[-MOST_KEPT:]
