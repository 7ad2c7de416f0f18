"""A Home Assistant that is a real server: states, services, and its traps.

It answers 200 with an empty list for a plug that is missing, unavailable, stuck or already there, as the real
one does; a stricter double would hide faults. Docs: docs/develop/home-assistant.md.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from hmm.simulation.server import Reply, Simulator

TOKEN = "simulated-long-lived-access-token"  # noqa: S105  # opens a simulator only
SWITCHES = ("switch", "input_boolean", "light", "fan")
TRAPS = ("none", "unavailable", "unknown", "missing", "stuck", "late", "optimistic", "error", "slow")
LATE_S, OPTIMISTIC_S, SLOW_S = 3.0, 2.0, 2.0


@dataclass(slots=True)
class Plug:
    """One relay with what hangs on it. `trap` is one of TRAPS."""

    entity: str
    name: str
    is_on: bool
    watts_on: float = 15.0
    meter: str = ""  # entity of its power meter
    unit: str = "W"
    trap: str = "none"
    changed: float = 0.0
    pending: tuple[float, bool] | None = None  # when it will be what
    meter_says: float | None = None  # a meter that contradicts the relay
    feeds: Callable[[bool], None] | None = None  # told when the current comes or goes
    draws: Callable[[], float] | None = None  # watts of what hangs on it


class HomeAssistantSimulator(Simulator):
    """A house with plugs. `core_state` is RUNNING or NOT_RUNNING; `token` may be revoked by changing it."""

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        token: str = TOKEN,
        clock: Callable[[], float] = time.monotonic,
        began: datetime | None = None,
    ) -> None:
        super().__init__(host=host, port=port, clock=clock)
        self.token = token
        self.core_state = "RUNNING"
        self.banned = False
        self.plugs: dict[str, Plug] = {}
        self.extra: list[dict[str, Any]] = []  # other things of the house
        self.calls: list[tuple[str, str]] = []  # (service, entity)
        self.slow_s = SLOW_S
        self._zero = clock()
        self._began = began or datetime.now(tz=UTC)

    def add_plug(self, entity: str, name: str = "", *, is_on: bool = True, **more: Any) -> Plug:
        plug = Plug(entity, name or entity, is_on, changed=self.clock(), **more)
        self.plugs[entity] = plug
        return plug

    # --- the house --------------------------------------------------------------------------------

    def flip(self, entity: str, *, on: bool) -> None:
        """Move a relay, as a hand at the plug would."""
        with self._lock:
            plug = self.plugs[entity]
            if plug.is_on != on:
                plug.is_on, plug.changed = on, self.clock()
                if plug.feeds is not None:
                    plug.feeds(on)

    def advance(self) -> None:
        """Let what was ordered with a delay happen."""
        for plug in self.plugs.values():
            if plug.pending is not None and self.clock() >= plug.pending[0]:
                on = plug.pending[1]
                plug.pending = None
                self.flip(plug.entity, on=on)

    def obey(self, order: dict[str, Any]) -> None:
        super().obey(order)
        for entity, trap in (order.get("traps") or {}).items():
            if trap not in TRAPS:
                raise ValueError(f"{trap!r} is no trap; there are {', '.join(TRAPS)}.")
            self.plugs[entity].trap = trap
        for entity, on in (order.get("flip") or {}).items():
            self.flip(entity, on=bool(on))
        for entity, figure in (order.get("meter_says") or {}).items():
            self.plugs[entity].meter_says = None if figure is None else float(figure)
        self.core_state = str(order.get("core_state", self.core_state))
        self.token = str(order.get("token", self.token))
        self.banned = bool(order.get("banned", self.banned))

    def describe(self) -> dict[str, Any]:
        states = {plug.entity: "on" if plug.is_on else "off" for plug in self.plugs.values()}
        return {**super().describe(), "plugs": states, "calls": len(self.calls), "core_state": self.core_state}

    # --- HTTP -------------------------------------------------------------------------------------

    def respond(self, method: str, path: str, body: bytes, headers: Any) -> Reply:
        if self.banned:
            return Reply(403, "403: Forbidden", content_type="text/plain")
        if headers.get("Authorization") != f"Bearer {self.token}":
            return Reply(401, "401: Unauthorized", content_type="text/plain; charset=utf-8")
        bare = urlsplit(path).path
        if bare.startswith("/api/services/"):
            return self._service(method, bare.removeprefix("/api/services/"), body)
        with self._lock:
            self.advance()
            return self._read(method, bare, body)

    def _read(self, method: str, path: str, body: bytes) -> Reply:
        fixed: dict[str, Any] = {
            "/api/": {"message": "API running."},
            "/api/config": {"version": "2024.3.3", "time_zone": "Europe/London", "components": ["api", "switch"]},
            "/api/core/state": {"state": self.core_state},
        }
        if path in fixed:
            return Reply(200, fixed[path]) if method == "GET" else Reply(405, "405: Method Not Allowed")
        states = {item["entity_id"]: item for item in self.states()}
        if path == "/api/states":
            return Reply(200, list(states.values()))
        entity = path.removeprefix("/api/states/")
        if method == "POST" and path.startswith("/api/states/"):  # shows a state, operates nothing
            return Reply(201, {"entity_id": entity, **json.loads(body)})
        if path.startswith("/api/states/") and entity in states:
            return Reply(200, states[entity])
        return Reply(404, {"message": "Entity not found."})

    def _service(self, method: str, name: str, body: bytes) -> Reply:
        if method != "POST":
            return Reply(405, "405: Method Not Allowed", content_type="text/plain")
        domain, _slash, service = name.partition("/")
        try:
            wanted = json.loads(body)
        except ValueError:
            return Reply(400, {"message": "Data should be valid JSON."})
        known = domain in {"homeassistant", *SWITCHES} and service in {"turn_on", "turn_off", "toggle"}
        if not known or not isinstance(wanted, dict) or set(wanted) != {"entity_id"}:
            return Reply(400, "400: Bad Request", content_type="text/plain")
        asked = wanted["entity_id"]
        entities = asked if isinstance(asked, list) else [asked]
        changed: list[dict[str, Any]] = []
        for entity in entities:
            trap = self._switch(str(entity).lower(), service, changed)
            if trap == "slow":
                self._stopping.wait(self.slow_s)
            if trap == "error":
                return Reply(500, "500 Internal Server Error", content_type="text/plain")
        return Reply(200, changed)

    def _switch(self, entity: str, service: str, changed: list[dict[str, Any]]) -> str:
        """Do what the service would and return the trap it fell into."""
        with self._lock:
            self.advance()
            self.calls.append((service, entity))
            plug = self.plugs.get(entity)
            if plug is None:
                return "missing"
            on = not plug.is_on if service == "toggle" else service == "turn_on"
            if plug.trap in {"unavailable", "unknown", "missing", "stuck", "error"} or plug.is_on == on:
                return plug.trap
            if plug.trap == "late":
                plug.pending = (self.clock() + LATE_S, on)
                return "late"
            if plug.trap == "optimistic":  # shows it at once, and goes back when the plug has not followed
                shown = plug.is_on
                plug.is_on, plug.changed = on, self.clock()
                plug.pending = (self.clock() + OPTIMISTIC_S, shown)
                changed.append(self._state(plug))
                return "optimistic"
            self.flip(entity, on=on)
            changed.append(self._state(plug))
            return plug.trap

    # --- what it shows ----------------------------------------------------------------------------

    def states(self) -> list[dict[str, Any]]:
        found = list(self.extra)
        for plug in self.plugs.values():
            if plug.trap == "missing":
                continue
            found.append(self._state(plug))
            if plug.meter:
                found.append(self._meter(plug))
        return found

    def _state(self, plug: Plug) -> dict[str, Any]:
        shown = plug.trap if plug.trap in {"unavailable", "unknown"} else "on" if plug.is_on else "off"
        return self._object(plug.entity, shown, {"friendly_name": plug.name}, plug.changed)

    def _meter(self, plug: Plug) -> dict[str, Any]:
        drawn = plug.draws() if plug.draws is not None else plug.watts_on
        figure = plug.meter_says if plug.meter_says is not None else drawn if plug.is_on else 0.0
        shown = f"{figure / 1000:.4f}" if plug.unit == "kW" else f"{figure:.1f}"
        attributes = {
            "friendly_name": f"{plug.name} power",
            "device_class": "power",
            "state_class": "measurement",
            "unit_of_measurement": plug.unit,
        }
        dead = plug.trap in {"unavailable", "unknown"}
        return self._object(plug.meter, plug.trap if dead else shown, attributes, self.clock())

    def _object(self, entity: str, state: str, attributes: dict[str, Any], changed: float) -> dict[str, Any]:
        at = (self._began + timedelta(seconds=changed - self._zero)).isoformat(timespec="microseconds")
        context = {"id": f"{abs(hash((entity, state))):026d}"[:26], "parent_id": None, "user_id": None}
        return {
            "entity_id": entity,
            "state": state,
            "attributes": attributes,
            "last_changed": at,
            "last_updated": at,
            "context": context,
        }
