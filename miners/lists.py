"""The list of miners: what is filtered, how it is sorted, and the links that say so."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from miners.contexts import ORDER, Tile

FILTERS: tuple[tuple[str, str, Callable[[Tile], bool]], ...] = (
    ("", "All", lambda _tile: True),
    ("hashing", "Hashing", lambda tile: tile.state == "hashing"),
    ("problems", "Needs attention", lambda tile: tile.is_problem),
    ("starting", "Starting", lambda tile: tile.state == "starting"),
    ("idle", "Idle", lambda tile: tile.state in {"idle", "off"}),
    ("unenrolled", "Not enrolled", lambda tile: not tile.enrolled),
)
COLUMNS: tuple[tuple[str, str, bool, Callable[[Tile], Any]], ...] = (
    ("name", "Miner", False, lambda tile: tile.name.lower()),
    ("state", "State", False, lambda tile: ORDER.index(tile.state)),
    ("doing", "Doing, and why", False, lambda tile: tile.doing.lower()),
    ("hashrate", "Hashrate", True, lambda tile: tile.hashrate_ths),
    ("power", "Power", True, lambda tile: tile.power_w),
    ("efficiency", "J/TH", True, lambda tile: tile.efficiency_j_per_th),
    ("temp", "Chip / VR", True, lambda tile: tile.chip_temp_c),
)
DEFAULT_SORT = "state"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """One link of the filter row."""

    label: str
    count: int
    url: str
    current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """One sortable head; `aria` is empty unless the list is sorted by it."""

    key: str
    label: str
    right: bool
    url: str
    aria: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The list as it is asked for."""

    tiles: tuple[Tile, ...]
    filters: tuple[Filter, ...]
    heads: tuple[Head, ...]
    search: str
    sorted_by: str


def listing(every: Sequence[Tile], *, state: str, sort: str, search: str) -> Listing:
    """Filter, search and sort; an unknown word counts as none."""
    found = [tile for tile in every if matches(tile, search)]
    keep = next((rule for key, _label, rule in FILTERS if key == state), FILTERS[0][2])
    kept = [tile for tile in found if keep(tile)]
    return Listing(
        tiles=tuple(ordered(kept, sort)),
        filters=tuple(
            Filter(
                label=label,
                count=sum(rule(tile) for tile in found),
                url=query(state=key, sort=sort, q=search),
                current=key == state,
            )
            for key, label, rule in FILTERS
        ),
        heads=tuple(
            head(key, label, right, state=state, sort=sort, search=search) for key, label, right, _v in COLUMNS
        ),
        search=search,
        sorted_by=next((label for key, label, _r, _v in COLUMNS if key == sort.lstrip("-")), "State"),
    )


def matches(tile: Tile, search: str) -> bool:
    place = f"{tile.name} {tile.model} {tile.address} {tile.doing}".lower()
    return all(word in place for word in search.lower().split())


def ordered(kept: Sequence[Tile], sort: str) -> list[Tile]:
    """Sort by a column; what is unknown comes last either way."""
    key = sort.lstrip("-") or DEFAULT_SORT
    value = next((value for name, _label, _right, value in COLUMNS if name == key), None)
    if value is None:
        return list(kept)
    known = [tile for tile in kept if value(tile) is not None]
    unknown = [tile for tile in kept if value(tile) is None]
    return sorted(known, key=value, reverse=sort.startswith("-")) + unknown


def head(key: str, label: str, right: bool, *, state: str, sort: str, search: str) -> Head:
    current, falls = sort.lstrip("-") or DEFAULT_SORT, sort.startswith("-")
    is_current = current == key
    following = f"-{key}" if is_current and not falls else key
    return Head(
        key=key,
        label=label,
        right=right,
        url=query(state=state, sort=following, q=search),
        aria=("descending" if falls else "ascending") if is_current else "",
    )


def query(**words: str) -> str:
    return "?" + urlencode({name: word for name, word in words.items() if word})
