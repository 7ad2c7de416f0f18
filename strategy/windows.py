"""A stretch of the day on the household's clock, over midnight and over both changes of the clock. Pure."""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

EVERY_DAY = frozenset(range(7))
A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Window:
    """From `starts` until `ends` on the clock; the same time twice is a whole day, an earlier end lies tomorrow.

    `days` are those it begins on, Monday is 0.
    """

    starts: time
    ends: time
    days: frozenset[int] = EVERY_DAY

    def holds(self, now: datetime, zone: tzinfo) -> bool:
        return self.ends_at(now, zone) is not None

    def ends_at(self, now: datetime, zone: tzinfo) -> datetime | None:
        """Return when the window that holds now ends, None outside of all. One that follows at once goes on."""
        found: datetime | None = None
        for begins, ends in self.near(now, zone):
            if begins <= (found or now) < ends:
                found = ends
        return found

    def near(self, now: datetime, zone: tzinfo) -> Iterator[tuple[datetime, datetime]]:
        """Yield the windows from yesterday's to those of a week ahead, in order."""
        today = now.astimezone(zone).date()
        for place in range(-1, 8):
            day = today + place * A_DAY
            if day.weekday() in self.days:
                last = day if self.starts < self.ends else day + A_DAY
                yield instant(day, self.starts, zone, last=False), instant(last, self.ends, zone, last=True)


def instant(day: date, at: time, zone: tzinfo, *, last: bool) -> datetime:
    """Return when a clock shows a time: the first or the last time it does, or when it jumps over it."""
    shown = datetime.combine(day, at, tzinfo=zone)
    first, second = shown.astimezone(UTC), shown.replace(fold=1).astimezone(UTC)
    if second < first:
        return jump(second, first, zone)
    return second if last else first


def jump(before: datetime, after: datetime, zone: tzinfo) -> datetime:
    """Return when the clock jumps between two instants."""
    old = before.astimezone(zone).utcoffset()
    seconds = range(int((after - before).total_seconds()))
    passed = bisect_left(
        seconds, 1, key=lambda second: int((before + timedelta(seconds=second)).astimezone(zone).utcoffset() != old)
    )
    return before + timedelta(seconds=passed)
