"""What Home shows below its head: what needs a person, the fleet's figures, a tile for each miner."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from energy.services.summing import CostSummary, cost_today
from hmm.look.addresses import page_of
from hmm.look.charts import Box, pct
from miners.contexts import STATES, Tile, tiles, totals
from miners.day_lines import day_lines
from notifications.models import Incident, Severity

MOST_PROBLEMS = 8
ICONS = {"overheated": "overheated", "stalled": "stalled", "unreachable": "unreachable", "update": "restart"}
LOUDNESS = {Severity.INFO: "info", Severity.WARNING: "warn", Severity.DANGER: "crit", Severity.CRITICAL: "crit"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One line of "needs attention"."""

    icon: str
    loudness: str
    label: str
    title: str
    detail: str
    url: str
    opened_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StatePart:
    """One stretch of the bar that shows the fleet's states."""

    state: str
    box: Box


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The fleet now."""

    totals: dict[str, Any]
    parts: tuple[StatePart, ...]
    parts_words: str
    hashrate: Sequence[float | None]
    power: Sequence[float | None]


def problems(incidents: Sequence[Incident]) -> dict[str, Any]:
    """Return the first of the open incidents, worst first, and how many there are."""
    return {
        "problems": [problem_of(row) for row in incidents[:MOST_PROBLEMS]],
        "problem_total": count_problems(incidents),
    }


def count_problems(incidents: Sequence[Incident]) -> int:
    """Return how many need attention; what is only good to know stands among them and is not counted."""
    return sum(row.severity != Severity.INFO for row in incidents)


def problem_of(incident: Incident) -> Problem:
    return Problem(
        icon=next((icon for word, icon in ICONS.items() if word in incident.kind), "stalled"),
        loudness=LOUDNESS.get(Severity(incident.severity), "info"),
        label=incident.label,
        title=incident.title,
        detail=incident.detail,
        url=page_of(incident.subject),
        opened_at=incident.opened_at,
    )


def figures(shown: Sequence[Tile], now: datetime) -> Figures:
    """Return the fleet's sums and its last 24 hours."""
    counts = [(state, sum(tile.state == state for tile in shown)) for state in STATES]
    lines = day_lines(now)
    present = [(state, count) for state, count in counts if count]
    return Figures(
        totals=totals(shown),
        parts=tuple(state_parts(present, len(shown))),
        parts_words=", ".join(f"{count} {STATES[state].lower()}" for state, count in present),
        hashrate=lines.fleet_hashrate_ths,
        power=lines.fleet_power_w,
    )


def state_parts(present: Sequence[tuple[str, int]], total: int) -> list[StatePart]:
    parts: list[StatePart] = []
    left = 0.0
    for state, count in present:
        width = count / total * 100
        parts.append(StatePart(state=state, box=Box(pct(left), pct(max(width - 0.8, 0.8)))))
        left += width
    return parts


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One link of the choice of tiles."""

    label: str
    count: int
    url: str
    current: bool


SORTS: tuple[tuple[str, str, Callable[[Tile], bool]], ...] = (
    ("", "All", lambda _tile: True),
    ("asic", "ASIC", lambda tile: not tile.is_lottery),
    ("lottery", "Lottery", lambda tile: tile.is_lottery),
)


def tile_choice(every: Sequence[Tile], show: str) -> dict[str, Any]:
    """Return the tiles of one sort, and the links to the others where a house has both sorts."""
    keep = next((rule for key, _label, rule in SORTS if key == show), SORTS[0][2])
    known = show if any(key == show for key, _label, _rule in SORTS) else ""
    both = any(tile.is_lottery for tile in every) and any(not tile.is_lottery for tile in every)
    return {
        "tiles": [tile for tile in every if keep(tile)],
        "show": known,
        "choices": [
            Choice(label=label, count=sum(map(rule, every)), url=f"?show={key}" if key else "?", current=key == known)
            for key, label, rule in SORTS
        ]
        if both
        else [],
    }


def shown_tiles(now: datetime) -> list[Tile]:
    """Return every miner's tile with its last day."""
    return tiles(now, day_lines(now).hashrate_ths)


def todays_cost(now: datetime) -> CostSummary | None:
    """Return what today cost so far, None before anything was counted."""
    found = cost_today(now)
    return found if found.possible_s else None
