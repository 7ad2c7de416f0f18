"""Days, weeks, months and years on the household's clock, and how they are cut into bars. Pure but for the zone."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from hmm.look.formats import clock
from hmm.look.zones import local_zone

DAY, WEEK, MONTH, YEAR = "day", "week", "month", "year"
SPANS = ((DAY, "Day"), (WEEK, "Week"), (MONTH, "Month"), (YEAR, "Year"))
BACK_MAX = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """What one bar stands for, half-open."""

    start: datetime
    end: datetime
    tick: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalSpan:
    """One day, week, month or year; `back` counts how many ago."""

    kind: str
    back: int
    start: datetime
    end: datetime
    label: str
    buckets: tuple[Bucket, ...]


def midnight(day: date) -> datetime:
    """Return the start of a local day; it has 23, 24 or 25 hours."""
    return datetime.combine(day, time(), tzinfo=local_zone())


def span_of(kind: str, back: int, now: datetime) -> LocalSpan:
    """Return the span `back` before the one of now."""
    today = now.astimezone(local_zone()).date()
    back = min(max(back, 0), BACK_MAX)
    if kind == DAY:
        first = today - timedelta(days=back)
        return made(DAY, back, first, first + timedelta(days=1), "Today" if not back else f"{first:%A} {day(first)}")
    if kind == WEEK:
        first = today - timedelta(days=today.weekday(), weeks=back)
        last = first + timedelta(days=6)
        return made(WEEK, back, first, first + timedelta(days=7), f"{day(first)} to {day(last)}")
    if kind == YEAR:
        year = max(today.year - back, 2000)
        return made(YEAR, back, date(year, 1, 1), date(year + 1, 1, 1), f"{year}{'' if back else ' so far'}")
    first = months_back(today, back)
    label = f"{first:%B} so far" if not back else f"{first:%B %Y}"
    return made(MONTH, back, first, months_back(first, -1), label)


def made(kind: str, back: int, first: date, after: date, label: str) -> LocalSpan:
    return LocalSpan(
        kind=kind,
        back=back,
        start=midnight(first),
        end=midnight(after),
        label=label,
        buckets=tuple(hours(first) if kind == DAY else months(first) if kind == YEAR else days(first, after)),
    )


def hours(first: date) -> list[Bucket]:
    """Return the hours of a local day; a day the clocks change has 23 or 25."""
    zone, start, end = local_zone(), midnight(first).timestamp(), midnight(first + timedelta(days=1)).timestamp()
    edges = [datetime.fromtimestamp(start + 3600 * n, tz=zone) for n in range(round((end - start) / 3600) + 1)]
    return [
        Bucket(
            start=edges[n],
            end=edges[n + 1],
            tick=f"{edges[n]:%H}" if edges[n].hour % 3 == 0 else "",
            label=clock(edges[n]),
        )
        for n in range(len(edges) - 1)
    ]


def days(first: date, after: date) -> list[Bucket]:
    count = (after - first).days
    names = [first + timedelta(days=n) for n in range(count)]
    return [
        Bucket(
            start=midnight(name),
            end=midnight(name + timedelta(days=1)),
            tick=f"{name:%a}" if count <= 7 else str(name.day) if name.day == 1 or name.day % 5 == 0 else "",
            label=f"{name:%a} {day(name)}",
        )
        for name in names
    ]


def months(first: date) -> list[Bucket]:
    names = [months_back(first, -n) for n in range(12)]
    return [
        Bucket(start=midnight(name), end=midnight(months_back(name, -1)), tick=f"{name:%b}", label=f"{name:%B}")
        for name in names
    ]


def months_back(today: date, back: int) -> date:
    """Return the first of the month `back` before."""
    number = max(today.year * 12 + today.month - 1 - back, 12)
    return date(number // 12, number % 12 + 1, 1)


def day(moment: date) -> str:
    return f"{moment.day} {moment:%b}"
