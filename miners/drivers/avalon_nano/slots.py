"""The pool slots of an Avalon: which there are, which to switch to, which to write. Pure."""

import re
from collections.abc import Sequence

from miners.drivers.avalon_nano.replies import Section, count
from miners.drivers.base import LivePool, PayloadError, PoolEntry, PoolTarget, UnsafeSettingError
from miners.drivers.fields import flag, text

SLOTS, URL_MAX, NAME_MAX = 3, 384, 128
HOST_MAX, USER_MAX, WORD_MAX = 253, 200, 20  # characters that are kept
POOL_URL = re.compile(r"\s*(?:[a-z0-9+.]+://)?(\[[^\]]+\]|[^:/\s]+)(?::([0-9]{1,5}))?(?:/.*)?\s*", re.I | re.S)


def entries_of(rows: Sequence[Section]) -> tuple[PoolEntry, ...]:
    """Return the filled slots in the order the device tries them; a password it shows is not looked at."""
    ordered = sorted(rows, key=lambda row: (row.get("Status") == "Disabled", count(row, "Priority") or 0))
    return tuple(entry for entry in map(entry_of, ordered) if entry.host is not None)


def entry_of(row: Section) -> PoolEntry:
    position = count(row, "POOL")
    if position is None:
        raise PayloadError("A pool of the device has no number.")
    host, port = host_and_port(text(row, "URL"))
    return PoolEntry(
        position=position,
        host=host[:HOST_MAX] if host else None,
        port=port,
        user=(text(row, "User") or "")[:USER_MAX] or None,
        status=(text(row, "Status") or "")[:WORD_MAX] or None,
        live=flag(row, "Stratum Active"),
        shares_accepted=count(row, "Accepted"),
    )


def host_and_port(url: str | None) -> tuple[str | None, int | None]:
    found = POOL_URL.fullmatch(url or "")
    if found is None:
        return None, None
    port = int(found[2]) if found[2] else None
    return found[1].strip("[]"), port if port is None or 1 <= port <= 65535 else None


def live_pool(row: Section | None, entries: Sequence[PoolEntry]) -> LivePool | None:
    """Return the pool that gets the work; a fallback when it is not the first of the order."""
    if row is None:
        return None
    entry = entry_of(row)
    first = entries[0].position if entries else entry.position
    return LivePool(host=entry.host, port=entry.port, user=entry.user, fallback=entry.position != first)


def slot_holding(entries: Sequence[PoolEntry], target: PoolTarget) -> int | None:
    """Return the slot that holds a pool already, the one in use before the others."""
    same = [
        entry for entry in entries if (entry.host, entry.port, entry.user) == (target.host, target.port, target.user)
    ]
    return min(same, key=lambda entry: (not entry.live, entry.position)).position if same else None


def slot_to_write(entries: Sequence[PoolEntry]) -> int:
    """Return the slot that is missed least: an empty one, else the one with the fewest shares, not the live one."""
    filled = {entry.position: entry for entry in entries}
    empty = [position for position in range(SLOTS) if position not in filled]
    if empty:
        return empty[0]
    spare = [entry for entry in entries if not entry.live and entry.position < SLOTS] or list(entries)
    return min(spare, key=lambda entry: (entry.shares_accepted or 0, -entry.position)).position


def setpool_parameter(position: int, target: PoolTarget, *, user: str, password: str) -> str:
    """Return `user,password,slot,url,worker,pool password`.

    Raise UnsafeSettingError for what the device would take apart wrongly: commas, control signs, too much.
    """
    if not 0 <= position < SLOTS:
        raise UnsafeSettingError(f"There is no pool slot {position}; there are 0 to {SLOTS - 1}. Nothing was sent.")
    if not 1 <= target.port <= 65535:
        raise UnsafeSettingError(f"{target.port} is no port; nothing was sent.")
    if target.tls:
        raise UnsafeSettingError("This device speaks no TLS to a pool; nothing was sent.")
    url = target.address
    named = (
        ("device's user name", user, NAME_MAX),
        ("device's password", password, NAME_MAX),
        ("pool's address", url, URL_MAX),
        ("pool's user", target.user, NAME_MAX),
        ("pool's password", target.password or "x", NAME_MAX),
    )
    for name, value, longest in named:
        if not value or len(value) > longest or "," in value or not value.isprintable():
            raise UnsafeSettingError(
                f"The {name} must have 1 to {longest} characters and no comma for this device; nothing was sent."
            )
    return ",".join((user, password, str(position), url, target.user, target.password or "x"))
