"""What an act changed, in the words of the screen. Pure."""

from dataclasses import dataclass
from typing import Any

MOST_CHANGES, MOST_PARTS = 8, 5
EMPTY: tuple[Any, ...] = (None, "", [], {})
SAID = {"on", "mode", "percent", "pool", "profile", "state", "kind", "target"}  # the row's verb names these
UNITS = {"_mv": "mV", "_mhz": "MHz", "_w": "W", "_s": "s", "_p_per_kwh": "p/kWh", "_percent": "%"}


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that changed; `name` is empty where the row's verb says it already."""

    name: str
    old: str
    new: str


def changes_of(before: Any, after: Any) -> tuple[Change, ...]:
    """Return what changed thing by thing; what stayed is left out."""
    if isinstance(before, dict) and isinstance(after, dict) and "host" not in after:
        names = [name for name in after if name != "pool_id" and before.get(name) != after[name]]
        said = len(names) == 1 and names[0] in SAID
        return tuple(
            Change("" if said else spoken(name), words(before.get(name)), words(after[name]))
            for name in names[:MOST_CHANGES]
        )
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        return band_changes(before, after)[:MOST_CHANGES]
    old, new = change_words(before, after)
    return (Change("", old, new),) if new else ()


def band_changes(before: list[Any], after: list[Any]) -> tuple[Change, ...]:
    """Return what changed in which band; bands are added and removed as a number of them."""
    return tuple(
        Change(f"band {place} {name}", short(old.get(name)), short(new[name]))
        for place, (old, new) in enumerate(zip(map(flat, before), map(flat, after), strict=True), 1)
        for name in new
        if old.get(name) != new[name]
    )


def flat(band: Any) -> dict[str, Any]:
    """Return a band with its modes beside the rest, by the words of the screen."""
    rest = dict(band) if isinstance(band, dict) else {}
    modes = rest.pop("modes", None)
    named = {f"{spoken(family)} mode": spoken(str(mode)) for family, mode in (modes or {}).items()}
    if rest.get("target"):
        rest["target"] = spoken_target(rest["target"])
    return {**{spoken(name): value for name, value in rest.items()}, **named}


def spoken_target(target: str | None) -> str | None:
    """Return a band's target as people read it: `BTC_POOLED` is "BTC pooled"."""
    coin, _, manner = (target or "").partition("_")
    return f"{coin} {manner.lower()}".strip() or None


def spoken(name: str) -> str:
    """Return a field's name with its unit behind it: "core_voltage_mv" is "core voltage, mV"."""
    for ending, unit in UNITS.items():
        if name.endswith(ending):
            return f"{name.removesuffix(ending).replace('_', ' ')}, {unit}"
    return name.replace("_", " ")


def change_words(before: Any, after: Any) -> tuple[str, str]:
    """Return what changed as two short texts; only what differs is told."""
    if isinstance(before, dict) and isinstance(after, dict) and "host" not in after:
        names = [name for name in after if before.get(name) != after[name]]
        return words({name: before.get(name) for name in names}), words({name: after[name] for name in names})
    return words(before), words(after)


def words(value: Any) -> str:
    if value in EMPTY:
        return ""
    if isinstance(value, dict) and "host" in value:
        return str(value.get("label") or f"{value['host']}:{value.get('port')}")
    if isinstance(value, dict):
        told = {name: item for name, item in value.items() if name != "pool_id" and item not in EMPTY}
        parts = [f"{name.replace('_', ' ')} {short(item)}" for name, item in told.items()]
        return ", ".join(parts[:MOST_PARTS]) + (" …" if len(parts) > MOST_PARTS else "")
    if isinstance(value, list):
        return f"{len(value)} bands"
    return short(value)


def short(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float):
        return f"{value:.6g}"
    return str(value)[:60] if not isinstance(value, dict | list) else "…"
