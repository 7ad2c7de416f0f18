"""Home Assistant's JSON to and from our words. Pure."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from math import isfinite
from typing import Any
from urllib.parse import urlsplit

from miners.switches.base import Entity, PlugState, SwitchPayloadError

DEFAULT_PORT = 8123
TOKEN_MAX, NAME_MAX, ENTITY_MAX = 500, 120, 255
ENTITY_ID = re.compile(r"[a-z0-9_]{1,64}\.[a-z0-9_]{1,190}")
SWITCH_DOMAINS = ("switch", "input_boolean", "light", "fan")
WATTS = {"mW": 0.001, "W": 1.0, "kW": 1000.0, "MW": 1_000_000.0}
WATTS_MAX = 1_000_000.0
COMMON_ENDS = re.compile(r"_(current_consumption|active_power|power|watts?|kw|switch|plug|outlet)$")
NOT_PRINTED = re.compile(r"[\x00-\x1f\x7f]")


def base_url_parts(text: str) -> tuple[str, str, int]:
    """Return (scheme, host, port) of a base address. Raise ValueError that says how to write it."""
    raw = text.strip().rstrip("/")
    how = "Write it like http://192.168.1.5:8123, without anything behind the port."
    try:
        parts = urlsplit(raw if "//" in raw else f"http://{raw}")
        port = parts.port
    except ValueError as error:
        raise ValueError(f"{raw!r:.80} is no address. {how}") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username is not None:
        raise ValueError(f"{raw!r:.80} is no address of Home Assistant. {how}")
    if parts.path or parts.query or parts.fragment:
        raise ValueError(f"Home Assistant answers at the root of its address only. {how}")
    default = 443 if parts.scheme == "https" and "//" in raw else DEFAULT_PORT
    return parts.scheme, parts.hostname, port if port is not None else default


def plain_url(text: str) -> str:
    """Return a base address as it is stored, with its port. Raise ValueError like `base_url_parts`."""
    scheme, host, port = base_url_parts(text)
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"


def is_entity_id(text: str) -> bool:
    return ENTITY_ID.fullmatch(text) is not None


def domain_of(entity: str) -> str:
    return entity.partition(".")[0]


def entity_of(raw: Any) -> Entity:
    """Build one entity from a state object. Raise SwitchPayloadError when it is none."""
    if not isinstance(raw, Mapping) or not isinstance(raw.get("entity_id"), str):
        raise SwitchPayloadError("A state without an entity came back. Is this Home Assistant?")
    entity = raw["entity_id"][:ENTITY_MAX].lower()
    found = raw.get("attributes")
    attributes = found if isinstance(found, Mapping) else {}
    is_meter = domain_of(entity) == "sensor" and attributes.get("device_class") == "power"
    state = str(raw.get("state", ""))
    return Entity(
        entity=entity,
        name=printable(attributes.get("friendly_name")) or entity,
        state=PlugState(state) if state in tuple(PlugState) else PlugState.UNKNOWN,
        changed_at=moment(raw.get("last_changed")),
        is_switch=domain_of(entity) in SWITCH_DOMAINS,
        is_meter=is_meter and attributes.get("unit_of_measurement") in WATTS,
        power_w=watts(state, attributes.get("unit_of_measurement")) if is_meter else None,
    )


def entities_of(raw: Any) -> dict[str, Entity]:
    """Build all entities of use from the list of states; one that cannot be read spoils no other."""
    if not isinstance(raw, list):
        raise SwitchPayloadError("The list of states is no list. Is this Home Assistant?")
    found: dict[str, Entity] = {}
    for item in raw:
        try:
            entity = entity_of(item)
        except SwitchPayloadError:
            continue
        if entity.is_switch or entity.is_meter:
            found[entity.entity] = entity
    return found


def watts(state: str, unit: Any) -> float | None:
    """Return a meter's figure in watts; what is no number is unknown, never 0."""
    factor = WATTS.get(str(unit))
    try:
        figure = float(state)
    except ValueError:
        return None
    if factor is None or not isfinite(figure) or abs(figure * factor) > WATTS_MAX:
        return None
    return figure * factor


def moment(raw: Any) -> datetime | None:
    try:
        value = datetime.fromisoformat(str(raw))
    except ValueError:
        return None
    return value.astimezone(UTC) if value.tzinfo is not None else None


def printable(raw: Any) -> str:
    """Return a name as a page and a database can hold it."""
    return NOT_PRINTED.sub("", raw).strip()[:NAME_MAX] if isinstance(raw, str) else ""


def service_call(entity: str, *, on: bool) -> tuple[str, dict[str, str]]:
    """Return the path and body that switch an entity of any domain; never `toggle`, which is not repeatable."""
    return f"/api/services/homeassistant/turn_{'on' if on else 'off'}", {"entity_id": entity}


def suggested_entity(miner_name: str) -> str:
    """Return the entity a miner's plug often has: `switch.miner_{name}`."""
    slug = re.sub(r"[^a-z0-9]+", "_", miner_name.lower()).strip("_")
    return f"switch.miner_{slug}" if slug else ""


def likeness(miner_name: str, entity: str, name: str) -> int:
    """Return how well an entity fits a miner's name; 0 is not at all, higher is better."""
    if entity == suggested_entity(miner_name):
        return 100
    words = set(re.findall(r"[a-z0-9]+", miner_name.lower()))
    told = set(re.findall(r"[a-z0-9]+", f"{entity.partition('.')[2]} {name}".lower()))
    shared = len(words & told)
    return 0 if not words or not shared else 10 * shared + (5 if words <= told else 0)


def stem(entity: str) -> str:
    """Return what a plug's switch and meter have in common: `sensor.desk_plug_power` is of `switch.desk_plug`."""
    bare = entity.partition(".")[2]
    while (shorter := COMMON_ENDS.sub("", bare)) != bare:
        bare = shorter
    return bare
