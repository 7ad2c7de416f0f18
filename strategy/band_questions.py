"""What an act on all bands would change, asked before it is done."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from strategy import core
from strategy.band_rows import BandRow, default_rows, example_rows, without_band
from strategy.services.bands import edited_version, rows_of
from strategy.words import band_words


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One line of what an act on all bands would leave; `before` is empty for a band that stays."""

    position: int
    range_words: str
    before: str
    after: str
    differs: bool


def reset_question() -> dict[str, Any]:
    return question(default_rows(), title="Reset all bands to the defaults?", act="Reset bands", danger=True) | {
        "text": "Every band becomes OFF and leaves modes alone, so all enrolled miners are turned off.",
    }


def example_question() -> dict[str, Any]:
    return question(example_rows(), title="Load the example strategy?", act="Load the example", danger=False) | {
        "text": "It replaces all your bands: five of them, off above 20 p, the cheaper the harder.",
    }


def remove_question(position: int) -> dict[str, Any]:
    """Return what removing a band would change. Raise BandError when it cannot be removed."""
    rows = rows_of(edited_version())
    left = without_band(rows, position)
    named = edited_version().as_core()[position - 1]
    return question(left, title=f"Remove band {position}, {named.range_words}?", act="Remove band", danger=True) | {
        "text": f"Prices of {named.range_words} then fall into the neighbour, which runs there as it does elsewhere.",
    }


def question(rows: Sequence[BandRow], *, title: str, act: str, danger: bool) -> dict[str, Any]:
    version, after = edited_version(), as_core(rows)
    return {
        "title": title,
        "act": act,
        "danger": danger,
        "changes": changes(version.as_core(), after),
        "count": len(after),
        "version": version.pk,
    }


def changes(before: Sequence[core.Band], after: Sequence[core.Band]) -> list[Change]:
    """Return the bands as they would be, each beside what its prices run today."""
    found = []
    for band in after:
        probe = band.floor_p_per_kwh if band.floor_p_per_kwh is not None else lowest(before, band)
        old = core.band_for(probe, before)
        same_range = old.range_words == band.range_words
        old_words = band_words(old) if same_range else f"{old.range_words}: {band_words(old)}"
        found.append(
            Change(
                position=band.position,
                range_words=band.range_words,
                before=old_words,
                after=band_words(band),
                differs=not same_range or what_runs(old) != what_runs(band),
            )
        )
    return found


def what_runs(band: core.Band) -> tuple[Any, ...]:
    """Return all that makes a difference in a band; an OFF band has no modes and no champion."""
    return (band.target, band.champion_only, dict(band.modes)) if band.runs else (band.target,)


def lowest(before: Sequence[core.Band], band: core.Band) -> Decimal:
    limits = [row.ceiling_p_per_kwh for row in (*before, band) if row.ceiling_p_per_kwh is not None]
    return min(limits, default=Decimal(0)) - 1


def as_core(rows: Sequence[BandRow]) -> tuple[core.Band, ...]:
    """Return rows that are not stored as the decision would read them."""
    bands, floor = [], None
    for place, row in enumerate(rows, 1):
        bands.append(
            core.Band(
                position=place,
                ceiling_p_per_kwh=row.ceiling,
                floor_p_per_kwh=floor,
                target=row.target,
                modes=row.modes,
                champion_only=row.champion_only,
            )
        )
        floor = row.ceiling
    return tuple(bands)
