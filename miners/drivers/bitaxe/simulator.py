"""A Bitaxe that is a real HTTP server and behaves like the firmware of a chosen version.

Tests and the demo farm speak to it over a socket. What it imitates, and from which version on, is
written in docs/develop/families/bitaxe.md.
"""

import ipaddress
import json
import random
import time
from collections.abc import Callable
from typing import Any, Self
from urllib.parse import urlsplit

from hmm.simulation.server import Reply, Simulator
from miners.drivers.base import Address
from miners.drivers.bitaxe.simulator_board import BOARDS, Physics
from miners.drivers.bitaxe.simulator_info import info_of

HANGS_ABOVE = 4  # parallel requests
MASK = "*****"
TRIP_C, SAFE_C, COOL_FOR_S = 75.0, 45.0, 30.0
POOL_KEYS = ("stratumURL", "stratumPort", "stratumUser", "stratumPassword")
FALLBACK_KEYS = tuple(f"fallbackS{key[1:]}" for key in POOL_KEYS)
NUMBERS = {
    "frequency": (1, 65535),
    "coreVoltage": (1, 65535),
    "autofanspeed": (0, 1),
    "minFanSpeed": (0, 99),
    "temptarget": (35, 66),
    "overheat_mode": (0, 0),
    "stratumPort": (1, 65535),
    "fallbackStratumPort": (1, 65535),
    "useFallbackStratum": (0, 1),
}
TEXTS = ("stratumURL", "stratumUser", "stratumPassword", "hostname", *FALLBACK_KEYS[:1], *FALLBACK_KEYS[2:])


class BitaxeSimulator(Simulator):
    """One device. `trip_overheat`, `set_fault` and the attributes make it misbehave."""

    def __init__(
        self,
        board: str = "gamma601",
        firmware: str = "v2.14.0",
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        seed: int = 1,
        mac: str | None = None,
        hostname: str = "bitaxe",
        reboot_s: float = 12.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(host=host, port=port, clock=clock)
        self.facts = BOARDS[board]
        self.firmware = firmware
        self.version = tuple(int(part) for part in firmware.removeprefix("v").split("-")[0].split(".")[:2])
        dice = random.Random(seed)  # a simulated device, no secret
        self.mac = mac or ":".join(f"{part:02X}" for part in (0x02, 0x48, 0x4D, seed >> 8 & 255, seed & 255, 1))
        self.reboot_s = reboot_s
        self.booted_at = clock() - 3600
        self.down_until = 0.0
        self.paused = False
        self.overheated_at: float | None = None
        self.lies_about: set[str] = set()
        self.frozen: dict[str, Any] | None = None
        self.physics = Physics(self.facts, dice, at=clock(), temp_c=24.0)
        self.settings: dict[str, Any] = {
            "frequency": self.facts.frequency,
            "coreVoltage": self.facts.voltage,
            "autofanspeed": 1,
            "manualFanSpeed": 100,
            "minFanSpeed": 25,
            "temptarget": 60,
            "overheat_mode": 0,
            "hostname": hostname,
            "useFallbackStratum": 0,
            "stratumURL": "pool.example.net",
            "stratumPort": 3333,
            "stratumUser": "nobody.example",
            "stratumPassword": "x",
            "fallbackStratumURL": "fallback.example.net",
            "fallbackStratumPort": 3333,
            "fallbackStratumUser": "nobody.example",
            "fallbackStratumPassword": "x",
        }
        self.live_pool = self._pool_settings()  # what it works for; a pool counts after a restart
        self.live_fallback = False

    @property
    def address(self) -> Address:
        return Address(self.host, self.port)

    @property
    def has_pool_list(self) -> bool:
        return self.version >= (2, 15)

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
            self.paused = bool(order["paused"])
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
        self.paused = False
        self.physics.shares = self.physics.rejected = 0
        self.physics.best_session = 0.0
        self.live_pool = self._pool_settings()
        self.live_fallback = bool(self.settings["useFallbackStratum"])

    def trip_overheat(self) -> None:
        """Do what the firmware does above 75 °C: freeze up to 2.10, step down and cool from 2.11 on."""
        self.settings.update(overheat_mode=1, autofanspeed=0, manualFanSpeed=100)
        self.physics.fan_percent = 100.0
        self.overheated_at = self.clock()
        if self.version <= (2, 10):
            self.settings.update(frequency=50, coreVoltage=1000)

    # --- time -------------------------------------------------------------------------------------

    def runs(self) -> bool:
        cooling = bool(self.settings["overheat_mode"])
        return not self.paused and not cooling and self.clock() >= self.down_until

    def advance(self) -> None:
        """Bring heat, shares and the overheat routine to now."""
        now = self.clock()
        figures = {"frequency": self.settings["frequency"], "voltage": self.settings["coreVoltage"]}
        runs = self.runs()
        power = self.physics.power_w(**figures, runs=runs)
        work = self.physics.hashrate_ghs(**figures, seconds_up=now - self.booted_at, runs=runs)
        if not self.settings["autofanspeed"]:
            self.physics.fan_percent = float(self.settings["manualFanSpeed"])
        self.physics.advance(
            now,
            power_w=power,
            hashrate_ghs=work,
            auto_fan=bool(self.settings["autofanspeed"]),
            wanted_c=float(self.settings["temptarget"]),
        )
        if self.physics.temp_c > TRIP_C and not self.settings["overheat_mode"]:
            self.trip_overheat()
        self._recover(now)

    def _recover(self, now: float) -> None:
        """From 2.11 on: cool for a while, step 100 MHz and 100 mV down, and restart by itself."""
        if self.overheated_at is None or self.version <= (2, 10) or now - self.overheated_at < COOL_FOR_S:
            return
        if self.physics.temp_c >= SAFE_C:
            return
        self.overheated_at = None
        self.settings["overheat_mode"] = 0
        self.settings["frequency"] = max(100, self.settings["frequency"] - 100)
        self.settings["coreVoltage"] = max(900, self.settings["coreVoltage"] - 100)
        self.reboot()

    def is_hanging(self) -> bool:
        return self.parallel > HANGS_ABOVE

    # --- HTTP -------------------------------------------------------------------------------------

    def respond(self, method: str, path: str, body: bytes, headers: Any) -> Reply:
        with self._lock:
            self.advance()
            if self.clock() < self.down_until:
                return Reply(503, "Rebooting", content_type="text/plain")
            origin = headers.get("Origin")
            if origin and not is_private(urlsplit(origin).hostname or ""):
                return Reply(401, "Unauthorized", content_type="text/html")
            return self._route(method, urlsplit(path).path, body)

    def _route(self, method: str, path: str, body: bytes) -> Reply:
        name = path.removeprefix("/api/system")
        if (method, name) == ("GET", "/info"):
            return Reply(200, self.frozen or self.info())
        if (method, name) == ("GET", "/asic") and self.version >= (2, 7):
            return Reply(200, self.asic())
        if (method, path) == ("PATCH", "/api/system"):
            return self._patch(body)
        if method == "POST":
            return self._act(name)
        return self._unknown()

    def _unknown(self) -> Reply:
        if self.version >= (2, 9):
            return Reply(404, {"error": "unknown route"})
        return Reply(302, "Redirect to the captive portal", content_type="text/html", headers={"Location": "/"})

    def _act(self, name: str) -> Reply:
        if name == "/restart":
            if "restart" not in self.lies_about:
                self.reboot()
            words = "System will restart shortly."
            return (
                Reply(200, {"message": words})
                if self.version >= (2, 13)
                else Reply(200, words, content_type="text/plain")
            )
        if name in {"/pause", "/resume"} and self.version >= (2, 14):
            if "miningPaused" not in self.lies_about:
                self.paused = name == "/pause"
            return Reply(200)
        if name == "/identify" and self.version >= (2, 12):
            return Reply(200)
        return self._unknown()

    def _patch(self, body: bytes) -> Reply:
        """Take the settings that are known; ignore the rest with a 200, as the firmware does."""
        try:
            wanted = json.loads(body)
        except ValueError:
            return Reply(400, "Invalid JSON", content_type="text/html")
        if not isinstance(wanted, dict):
            return Reply(400, "Wrong API input", content_type="text/html")
        good = {key: value for key, value in wanted.items() if is_valid(key, value, strict=self.version >= (2, 11))}
        bad = [key for key in wanted if key in {*NUMBERS, *TEXTS} and key not in good]
        if bad and self.version >= (2, 11):
            return Reply(400, "Wrong API input", content_type="text/html")
        self._take(good)
        if self.has_pool_list and "pools" in wanted:
            self._take_pools(wanted["pools"])
        return Reply(400, "Wrong API input", content_type="text/html") if bad else Reply(200)

    def _take(self, good: dict[str, Any]) -> None:
        ignored = {*POOL_KEYS, *FALLBACK_KEYS} if self.has_pool_list else set()
        fan = "manualFanSpeed" if self.version >= (2, 11) else "fanspeed"
        for key, value in good.items():
            if key in ignored or key in self.lies_about:
                continue
            if key in {"fanspeed", "manualFanSpeed"}:
                if key == fan:
                    self.settings["manualFanSpeed"] = value
                continue
            self.settings[key] = value
            if key == "overheat_mode":
                self.overheated_at = None

    def _take_pools(self, slots: Any) -> None:
        for slot in slots if isinstance(slots, list) else []:
            if "pools" in self.lies_about or not all(slot.get(key) for key in POOL_KEYS[:3]):
                continue
            prefix = {0: "stratum", 1: "fallbackStratum"}.get(slot.get("id"))
            if prefix is None:
                continue
            for key in POOL_KEYS:
                value = slot.get(key, "x")
                if key == "stratumPassword" and value == MASK:
                    continue
                self.settings[prefix + key.removeprefix("stratum")] = value

    # --- what it shows ----------------------------------------------------------------------------

    def _pool_settings(self) -> dict[str, Any]:
        return {key: self.settings[key] for key in (*POOL_KEYS, *FALLBACK_KEYS)}

    def info(self) -> dict[str, Any]:
        """Return /api/system/info of this version."""
        self.advance()
        return info_of(self)

    def asic(self) -> dict[str, Any]:
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
        return {**super().describe(), "paused": self.paused, "settings": {**self.settings, "stratumPassword": MASK}}


def is_private(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return False


def is_valid(key: str, value: Any, *, strict: bool) -> bool:
    """Tell whether the firmware takes a value for a key it knows; unknown keys are neither good nor bad."""
    if key in {"fanspeed", "manualFanSpeed"}:
        return isinstance(value, int | float) and 0 <= value <= 100
    if key in NUMBERS:
        if isinstance(value, str) and not strict and value.isdigit():
            value = int(value)
        low, high = NUMBERS[key]
        return isinstance(value, int | float) and low <= value <= high
    return key in TEXTS and isinstance(value, str) and 0 < len(value) <= 200
