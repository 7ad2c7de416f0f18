"""What every simulated ESP32 miner has in common: a body with heat, reboots, a web server that filters and lies.

A family adds what its firmware shows and takes.
"""

import ipaddress
import random
from abc import abstractmethod
from collections.abc import Callable
from typing import Any, Self
from urllib.parse import urlsplit

from hmm.simulation.server import Reply, Simulator
from miners.drivers.base import Address
from miners.drivers.esp_physics import BoardFacts, Physics

MASK = "*****"
POOL_KEYS = ("stratumURL", "stratumPort", "stratumUser", "stratumPassword")
FALLBACK_KEYS = tuple(f"fallbackS{key[1:]}" for key in POOL_KEYS)
FACTORY_POOLS: dict[str, Any] = {
    "stratumURL": "pool.example.net",
    "stratumPort": 3333,
    "stratumUser": "nobody.example",
    "stratumPassword": "x",
    "fallbackStratumURL": "fallback.example.net",
    "fallbackStratumPort": 3333,
    "fallbackStratumUser": "nobody.example",
    "fallbackStratumPassword": "x",
}


class EspSimulator(Simulator):
    """One device. `lies_about` names settings it takes with a 200 and does not keep."""

    known_faults = Simulator.known_faults | {"freeze"}

    def __init__(
        self,
        facts: BoardFacts,
        settings: dict[str, Any],
        *,
        host: str,
        port: int,
        seed: int,
        mac: str | None,
        reboot_s: float,
        clock: Callable[[], float],
    ) -> None:
        super().__init__(host=host, port=port, clock=clock)
        dice = random.Random(seed)  # a simulated device, no secret
        self.facts = facts
        self.mac = mac or ":".join(f"{part:02X}" for part in (0x02, 0x48, 0x4D, seed >> 8 & 255, seed & 255, 1))
        self.reboot_s = reboot_s
        self.booted_at = clock() - 3600
        self.down_until = 0.0
        self.lies_about: set[str] = set()
        self.frozen: dict[str, Any] | None = None
        self.physics = Physics(facts, dice, at=clock(), temp_c=24.0)
        self.settings: dict[str, Any] = {**FACTORY_POOLS, **settings}
        self.live_pool = self.pool_settings()  # what it works for; the settings may be newer
        self.live_fallback = False

    @property
    def address(self) -> Address:
        return Address(self.host, self.port)

    def start(self) -> Self:
        self.physics.at = self.clock()
        return super().start()

    # --- orders from a test or the farm -----------------------------------------------------------

    def obey(self, order: dict[str, Any]) -> None:
        super().obey(order)
        if "ambient_c" in order:
            self.physics.ambient_c = float(order["ambient_c"])
        if "lies_about" in order:
            self.lies_about = set(order["lies_about"])
        if order.get("overheat"):
            self.trip_overheat()
        if "settings" in order:  # a person's hand at the device's own page
            self.settings.update(order["settings"])
        if "paused" in order:
            self.set_paused(paused=bool(order["paused"]))
        if "finds" in order:
            self.physics.find(float(order["finds"]))
        if order.get("reboot"):
            self.reboot()

    def set_fault(self, fault: str) -> None:
        self.frozen = self.info() if fault == "freeze" else None
        super().set_fault(fault)

    def reboot(self) -> None:
        """Go down for the reboot time; counters, uptime and a pause are gone afterwards."""
        now = self.clock()
        self.down_until = now + self.reboot_s
        self.booted_at = self.down_until
        self.set_paused(paused=False)
        self.physics.shares = self.physics.rejected = 0
        self.physics.best_session = 0.0
        self.live_pool = self.pool_settings()
        self.live_fallback = bool(self.settings.get("useFallbackStratum"))

    @abstractmethod
    def trip_overheat(self) -> None:
        """Do what the firmware does when a chip is too hot."""

    @abstractmethod
    def set_paused(self, *, paused: bool) -> None:
        """Stop or start mining as a person would at the device."""

    # --- time -------------------------------------------------------------------------------------

    @abstractmethod
    def runs(self) -> bool:
        """Tell whether it mines now."""

    @abstractmethod
    def wanted_c(self) -> float:
        """Return the temperature the fan is to keep."""

    @abstractmethod
    def watch_heat(self, now: float) -> None:
        """Trip or recover, after the heat was brought to now."""

    def work_ghs(self, now: float) -> float:
        seconds_up = now - self.booted_at
        return self.physics.hashrate_ghs(
            self.settings["frequency"], self.settings["coreVoltage"], seconds_up, runs=self.runs()
        )

    def power_w(self) -> float:
        return self.physics.power_w(self.settings["frequency"], self.settings["coreVoltage"], runs=self.runs())

    def advance(self) -> None:
        """Bring heat, shares and the overheat routine to now."""
        now = self.clock()
        auto_fan = bool(self.settings["autofanspeed"])
        power, work = self.power_w(), self.work_ghs(now)
        if not auto_fan:
            self.physics.fan_percent = float(self.settings["manualFanSpeed"])
        self.physics.advance(now, power_w=power, hashrate_ghs=work, auto_fan=auto_fan, wanted_c=self.wanted_c())
        self.watch_heat(now)

    # --- HTTP -------------------------------------------------------------------------------------

    def respond(self, method: str, path: str, body: bytes, headers: Any) -> Reply:
        with self._lock:
            self.advance()
            if self.clock() < self.down_until:
                return Reply(503, "Rebooting", content_type="text/plain")
            origin = headers.get("Origin")
            if origin and not is_private(urlsplit(origin).hostname or ""):
                return Reply(401, "Unauthorized", content_type="text/html")
            return self.route(method, urlsplit(path).path, body, headers)

    @abstractmethod
    def route(self, method: str, path: str, body: bytes, headers: Any) -> Reply:
        """Answer a request that passed the filter."""

    # --- what it shows ----------------------------------------------------------------------------

    def pool_settings(self) -> dict[str, Any]:
        return {key: self.settings[key] for key in (*POOL_KEYS, *FALLBACK_KEYS)}

    @abstractmethod
    def info(self) -> dict[str, Any]:
        """Return /api/system/info of this version."""

    def asic(self) -> dict[str, Any]:
        """Return /api/system/asic."""
        return {
            "ASICModel": self.facts.asic,
            "deviceModel": self.facts.device_model,
            "swarmColor": "blue",
            "asicCount": self.facts.chips,
            "defaultFrequency": self.facts.frequency,
            "frequencyOptions": list(self.facts.frequencies),
            "defaultVoltage": self.facts.voltage,
            "voltageOptions": list(self.facts.voltages),
        }

    def describe(self) -> dict[str, Any]:
        return {**super().describe(), "settings": {**self.settings, "stratumPassword": MASK}}


def captive() -> Reply:
    """Answer an unknown path as older firmware does: with its own pages."""
    return Reply(302, "Redirect to the captive portal", content_type="text/html", headers={"Location": "/"})


def is_private(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return False


def difficulty(value: float, *, as_text: bool) -> Any:
    """Return a difficulty as newer firmware writes it, or as text such as "4.29G"."""
    if not as_text:
        return round(value)
    for suffix, size in (("T", 1e12), ("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if value >= size:
            return f"{value / size:.2f}{suffix}"
    return f"{value:.0f}"
