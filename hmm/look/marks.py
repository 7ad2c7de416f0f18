"""What lies over the panels of a history: the band ribbon, stretches off on purpose, lettered flags. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hmm.look.charts import Box, Span, pct
from hmm.look.formats import band_class, duration

Stretch = tuple[datetime, datetime]
FLAG_APART = 2.4  # percent of the width; nearer ones would lie on each other
MOST_FLAGS = 40
WIDE_ENOUGH_FOR_A_WORD = 4.0  # percent
RIBBON_PARTS = 240  # what a screen can show; a longer past is told by its most frequent band


@dataclass(frozen=True, slots=True)
class Shade:
    """A stretch off on purpose."""

    box: Box
    middle: str
    words: str
    has_room: bool


@dataclass(frozen=True, slots=True)
class Marker:
    """Something that happened, as the history is told of it. `letter` is one of the look's."""

    at: datetime
    letter: str
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Flag:
    """A marker with its place."""

    at: str
    letter: str
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class BandSlot:
    """A stretch with the band that was in force."""

    starts_at: datetime
    ends_at: datetime
    position: int


@dataclass(frozen=True, slots=True)
class RibbonPart:
    """One colour of the ribbon; `number` is empty where there is no room for it."""

    box: Box
    css: str
    number: str
    title: str


def joined(stretches: Iterable[Stretch], within: timedelta = timedelta(0)) -> list[Stretch]:
    """Return sorted stretches with touching ones made one."""
    found: list[Stretch] = []
    for start, end in sorted(stretches):
        if found and start - found[-1][1] <= within:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def without(stretch: Stretch, taken: Sequence[Stretch]) -> list[Stretch]:
    """Return what is left of a stretch outside sorted others."""
    left: list[Stretch] = []
    start, end = stretch
    for first, last in taken:
        if last <= start or first >= end:
            continue
        if first > start:
            left.append((start, first))
        start = max(start, last)
    return [*left, (start, end)] if start < end else left


def shades_of(stretches: Sequence[Stretch], span: Span) -> tuple[Shade, ...]:
    found = []
    for start, end in stretches:
        box = span.box(start.astimezone(UTC), end.astimezone(UTC))
        if box is None:
            continue
        left, width = float(box.x[:-1]), float(box.width[:-1])
        words = f"off on purpose, {duration(end - start)}"
        found.append(Shade(box, pct(left + width / 2), words, width >= WIDE_ENOUGH_FOR_A_WORD))
    return tuple(found)


def flags_of(markers: Iterable[Marker], span: Span) -> tuple[Flag, ...]:
    """Place the newest markers first; one that would lie on another is left to the table of events."""
    found: list[tuple[float, Marker]] = []
    for marker in sorted(markers, key=lambda one: one.at, reverse=True):
        place = span.at(marker.at.astimezone(UTC))
        if 0 <= place <= 100 and all(abs(place - other) >= FLAG_APART for other, _marker in found):
            found.append((place, marker))
        if len(found) == MOST_FLAGS:
            break
    return tuple(Flag(pct(place), mark.letter, mark.title, mark.url) for place, mark in reversed(found))


def ribbon_of(slots: Sequence[BandSlot], span: Span, count: int) -> tuple[RibbonPart, ...]:
    """Draw the bands in force, neighbours of one band joined; what is not known stays empty."""
    parts: list[BandSlot] = []
    for slot in thinned(slots, span):
        last = parts[-1] if parts else None
        if last is not None and last.position == slot.position and last.ends_at == slot.starts_at:
            parts[-1] = BandSlot(last.starts_at, slot.ends_at, slot.position)
        else:
            parts.append(slot)
    found = []
    for part in parts:
        box = span.box(part.starts_at.astimezone(UTC), part.ends_at.astimezone(UTC))
        if box is not None:
            has_room = float(box.width[:-1]) >= WIDE_ENOUGH_FOR_A_WORD / 2
            title = f"band {part.position}, {duration(part.ends_at - part.starts_at)}"
            css = band_class(part.position, max(count, part.position))
            found.append(RibbonPart(box, css, str(part.position) if has_room else "", title))
    return tuple(found)


def thinned(slots: Sequence[BandSlot], span: Span) -> list[BandSlot]:
    """Return at most so many slots as a screen shows, each with the band that lasted longest in its stretch."""
    if len(slots) <= RIBBON_PARTS:
        return list(slots)
    step = (span.end - span.start) / RIBBON_PARTS
    lasted: dict[int, dict[int, timedelta]] = {}
    for slot in slots:
        place = int((slot.starts_at.astimezone(UTC) - span.start) / step)
        held = lasted.setdefault(place, {})
        held[slot.position] = held.get(slot.position, timedelta(0)) + (slot.ends_at - slot.starts_at)
    return [
        BandSlot(span.start + place * step, span.start + (place + 1) * step, max(held, key=lambda one: held[one]))
        for place, held in sorted(lasted.items())
    ]
