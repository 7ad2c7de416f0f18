"""Build the miners of a situation from JSON. Pure."""

from collections.abc import Container, Mapping
from decimal import Decimal
from typing import Any

from strategy.core import SituationError
from strategy.situations.elements import flag, listing, mapping, moment, number, shown, whole, words
from strategy.situations.reading import mode_of
from strategy.wanting import FIELDS, Cap, Efficiency, Fields, MinerView, Plug

SUM_LIMIT = Decimal(10**15)  # sums of six hours of readings, and uptimes in seconds
A_PERSON = "a person"
WHY_MOST = 1000  # characters


def miner_from(raw: Any, name: str) -> MinerView:
    """Build one miner's view. Raise SituationError naming the field that cannot be read."""
    if raw is None:
        raise SituationError(name, f"{name} must be an object, not null.")
    item = mapping(raw, name)
    for key in ("id", "family"):
        if item.get(key) is None:
            raise SituationError(f"{name}.{key}", f"{key} is missing.")
    holds, held = holds_from(item.get("holds"), f"{name}.holds")
    return MinerView(
        id=words(item["id"], f"{name}.id"),
        family=words(item["family"], f"{name}.family"),
        enrolled=flag(item.get("enrolled"), f"{name}.enrolled", default=True),
        reachable=flag(item.get("reachable"), f"{name}.reachable", default=True),
        observed=fields_from(item.get("observed"), f"{name}.observed"),
        confirmed=fields_from(item.get("confirmed"), f"{name}.confirmed"),
        modes=modes_from(item.get("modes"), f"{name}.modes"),
        holds=holds,
        held_values=held,
        overheated=flag(item.get("overheated"), f"{name}.overheated", default=False),
        efficiency=efficiency_from(item.get("efficiency"), f"{name}.efficiency"),
        plug=plug_from(item.get("plug"), f"{name}.plug"),
        can_turn_off=flag(item.get("can_turn_off"), f"{name}.can_turn_off", default=True),
        pause_fails=flag(item.get("pause_fails"), f"{name}.pause_fails", default=False),
        failing=flag(item.get("failing"), f"{name}.failing", default=False),
        pools={
            key: pool_from(value, f"{name}.pools")
            for key, value in mapping(item.get("pools"), f"{name}.pools").items()
        }
        or None,
    )


def modes_from(raw: Any, name: str) -> tuple[str, ...]:
    listed = listing(raw, name) if raw is not None else ()
    return tuple(mode_of(words(mode, f"{name}[{place}]")) for place, mode in enumerate(listed))


def holds_from(raw: Any, name: str) -> tuple[dict[str, str], dict[str, Any]]:
    """Read what persons hold: a list of fields, or an object of fields with by whom."""
    if raw is None:
        return {}, {}
    if isinstance(raw, list | tuple):
        return {held_field(field, f"{name}[{place}]"): A_PERSON for place, field in enumerate(raw)}, {}
    by: dict[str, str] = {}
    values: dict[str, Any] = {}
    for field, value in mapping(raw, name).items():
        held_field(field, name)
        if isinstance(value, Mapping):
            by[field] = words(value.get("by", A_PERSON), f"{name}.{field}.by")
            values[field] = pool_from(value.get("value"), f"{name}.{field}.value")
        else:
            by[field] = words(value, f"{name}.{field}") if value is not None else A_PERSON
    return by, values


def held_field(raw: Any, name: str) -> str:
    if raw not in FIELDS:
        raise SituationError(name, f"{shown(raw)} is none of {', '.join(FIELDS)}.")
    return str(raw)


def fields_from(raw: Any, name: str) -> Fields:
    item = mapping(raw, name)
    mode, uptime = item.get("mode"), item.get("uptime_s")
    return Fields(
        power=power_from(item.get("power"), f"{name}.power"),
        mode=mode_of(words(mode, f"{name}.mode")) if mode is not None else None,
        pool=pool_from(item.get("pool"), f"{name}.pool"),
        uptime_s=whole(uptime, f"{name}.uptime_s", most=SUM_LIMIT) if uptime is not None else None,
    )


def power_from(raw: Any, name: str) -> bool | None:
    """Read on or off; unknown and unavailable are null."""
    if raw is None or isinstance(raw, bool):
        return raw
    known = {"on": True, "off": False, "unknown": None, "unavailable": None}
    if not isinstance(raw, str) or raw.lower() not in known:
        raise SituationError(name, f"{shown(raw)} is neither on nor off.")
    return known[raw.lower()]


def pool_from(raw: Any, name: str) -> Any:
    """Return a pool as a value that compares: a name, or an object as sorted pairs."""
    if raw is None:
        return None
    if not isinstance(raw, Mapping):
        return words(raw, name)
    for key, value in raw.items():
        if value is not None and not isinstance(value, str | int):
            raise SituationError(f"{name}.{key}"[:200], f"{shown(value)} is no text and no number.")
    return tuple(sorted(raw.items()))


def efficiency_from(raw: Any, name: str) -> Efficiency:
    """Read sums over the last hours; what is 0 or below is unknown."""
    item = mapping(raw, name)

    def figure(key: str) -> float | None:
        value = item.get(key)
        result = float(number(value, f"{name}.{key}", most=SUM_LIMIT)) if value is not None else 0.0
        return result if result > 0 else None

    if item.get("newest_at") is not None:
        moment(item["newest_at"], f"{name}.newest_at")
    samples = item.get("samples")
    return Efficiency(
        power_w=figure("power_w"),
        hashrate_ths=figure("hashrate_ths"),
        samples=whole(samples, f"{name}.samples", most=SUM_LIMIT) if samples is not None else 0,
        expected_j_per_th=figure("expected_j_per_th"),
    )


def plug_from(raw: Any, name: str) -> Plug | None:
    if raw is None:
        return None
    item = mapping(raw, name)
    shared = item.get("shared_with")
    others = listing(shared, f"{name}.shared_with") if shared is not None else ()
    if item.get("entity") is None:
        raise SituationError(f"{name}.entity", "entity is missing.")
    return Plug(
        entity=words(item["entity"], f"{name}.entity"),
        state=power_from(item.get("state"), f"{name}.state"),
        locked=flag(item.get("locked"), f"{name}.locked", default=False),
        shared_with=tuple(words(other, f"{name}.shared_with[{place}]") for place, other in enumerate(others)),
    )


def caps_from(raw: Any, known: Container[str]) -> dict[str, Cap]:
    """Read what rules keep down: by the miner's id `off`, or the `mode` it may not exceed, and `why`."""
    caps: dict[str, Cap] = {}
    for key, value in mapping(raw, "caps").items():
        name = f"caps.{key}"[:200]
        if key not in known:
            raise SituationError(name, f"There is no miner {shown(key)}.")
        item = mapping(value, name)
        mode, why = item.get("mode"), item.get("why")
        cap = Cap(
            off=flag(item.get("off"), f"{name}.off", default=False),
            mode=mode_of(words(mode, f"{name}.mode")) if mode is not None else None,
            why=words(why, f"{name}.why", most=WHY_MOST) if why is not None else "A rule keeps it down.",
        )
        if cap.off == (cap.mode is not None):
            raise SituationError(name, "A cap is either off or a mode.")
        caps[key] = cap
    return caps
