"""What two readings of a miner say of the shares found between them. Pure.

A miner tells only the best share since its boot, and mostly the best of all times. Where one of them rises, a share
of just that difficulty was found; where it was already there, nobody knows when.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from pools.luck import expected_blocks

SAME = 0.006  # older firmware writes three digits: 1.00G is all from 0.995 to 1.005
SHARE_MAX = 1e18  # beyond what anybody ever found
UPTIME_SLACK_S, UPTIME_DRIFT = 120.0, 0.02
HIGH_S = 3_600.0  # a high share takes at least an hour's work on average


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What one reading says; difficulties bare, None is not said."""

    at: datetime
    uptime_s: float | None
    session: float | None
    ever: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rise:
    """A share that is new to us. `found` is False for one that was found somewhere, sometime before."""

    difficulty: float
    found: bool
    since_boot: bool = False  # found after a boot that lies between the readings


def is_same(one: float, other: float) -> bool:
    """Tell whether two figures are one share, written with three digits or with all."""
    return abs(one - other) <= SAME * max(one, other)


def believable(difficulty: float | None) -> float | None:
    """Return a difficulty somebody can have found; nought is "none yet"."""
    return difficulty if difficulty is not None and 0 <= difficulty <= SHARE_MAX else None


def restarted(before: Seen, after: Seen) -> bool:
    """Tell whether the miner booted between two readings; unknown is no."""
    return before.uptime_s is not None and after.uptime_s is not None and after.uptime_s < before.uptime_s


def is_same_device(before: Seen, after: Seen) -> bool:
    """Tell whether the second reading can be of the device of the first: its uptime went on, or began anew.

    Without this a device put in another's place would bring along what it found elsewhere. A clock that was set back
    says nothing.
    """
    passed = (after.at - before.at).total_seconds()
    if before.uptime_s is None or after.uptime_s is None or passed < 0:
        return True
    slack = UPTIME_SLACK_S + UPTIME_DRIFT * passed
    if after.uptime_s >= before.uptime_s:
        return after.uptime_s - before.uptime_s <= passed + slack
    return after.uptime_s <= passed + slack


def rises(before: Seen | None, after: Seen) -> list[Rise]:
    """Return what is new to us in a reading, the highest first."""
    session, ever = believable(after.session), believable(after.ever)
    if before is None or not is_same_device(before, after):
        return [Rise(difficulty=ever, found=False)] if ever else []
    booted = restarted(before, after)
    found: list[Rise] = []
    if session and session != before.session and believable(before.session) is not None:
        found.append(Rise(difficulty=session, found=True, since_boot=booted))
    if ever and ever > (before.ever or 0.0):
        of_now = before.ever is not None and (not session or ever <= session * (1 + SAME))
        found.append(Rise(difficulty=ever, found=of_now, since_boot=booted and bool(session)))
    return without_twins(found)


def without_twins(found: Iterable[Rise]) -> list[Rise]:
    """Return each share once: the best of the session is mostly that of all times too."""
    kept: list[Rise] = []
    for rise in sorted(found, key=lambda one: (not one.found, -one.difficulty)):
        if not any(is_same(rise.difficulty, other.difficulty) for other in kept):
            kept.append(rise)
    return sorted(kept, key=lambda one: -one.difficulty)


def high_from(hashrate_ths: float | None) -> float:
    """Return the difficulty from which on a share of this miner is a high one: what an hour brings on average."""
    return expected_blocks(hashrate_ths or 0.0, 1.0, HIGH_S)
