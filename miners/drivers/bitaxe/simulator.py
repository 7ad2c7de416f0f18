"""A Bitaxe that is a real HTTP server and behaves like the firmware of a chosen version.

Tests and the demo farm speak to it over a socket. What it imitates, and from which version on, is
written in docs/develop/families/bitaxe.md.
"""

import json
import time
from collections.abc import Callable
from typing import Any

from hmm.simulation.server import Reply
from miners.drivers.bitaxe.simulator_board import BOARDS, FORKED_FROM
from miners.drivers.bitaxe.simulator_info import TLS_KEYS, info_of
from miners.drivers.bitaxe.wire import TLS_SINCE
from miners.drivers.esp_simulator import FALLBACK_KEYS, MASK, POOL_KEYS, EspSimulator, captive

HANGS_ABOVE = 4  # parallel requests
TRIP_C, SAFE_C, COOL_FOR_S = 75.0, 45.0, 30.0
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
    "overclockEnabled": (0, 1),
    "stratumTLS": (0, 2),
    "fallbackStratumTLS": (0, 2),
}
TEXTS = ("stratumURL", "stratumUser", "stratumPassword", "hostname", *FALLBACK_KEYS[:1], *FALLBACK_KEYS[2:])


FACTORY: dict[str, Any] = {
    "autofanspeed": 1,
    "manualFanSpeed": 100,
    "minFanSpeed": 25,
    "temptarget": 60,
    "overheat_mode": 0,
    "overclockEnabled": 0,
    "useFallbackStratum": 0,
    "stratumTLS": 0,
    "fallbackStratumTLS": 0,
}


class BitaxeSimulator(EspSimulator):
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
        self.firmware = firmware
        own = tuple(int(part) for part in firmware.removeprefix("v").split("-")[0].split(".")[:2])
        self.is_fork = board in FORKED_FROM
        self.version = FORKED_FROM.get(board, own)
        self.paused = False
        self.overheated_at: float | None = None
        facts = BOARDS[board]
        settings = {**FACTORY, "frequency": facts.frequency, "coreVoltage": facts.voltage, "hostname": hostname}
        super().__init__(facts, settings, host=host, port=port, seed=seed, mac=mac, reboot_s=reboot_s, clock=clock)

    @property
    def has_pool_list(self) -> bool:
        return self.version >= (2, 15)

    def trip_overheat(self) -> None:
        """Do what the firmware does above 75 °C: freeze up to 2.10, step down and cool from 2.11 on."""
        self.settings.update(overheat_mode=1, autofanspeed=0, manualFanSpeed=100)
        self.physics.fan_percent = 100.0
        self.overheated_at = self.clock()
        if self.version <= (2, 10):
            self.settings.update(frequency=50, coreVoltage=1000)

    def set_paused(self, *, paused: bool) -> None:
        self.paused = paused

    # --- time -------------------------------------------------------------------------------------

    def runs(self) -> bool:
        cooling = bool(self.settings["overheat_mode"])
        return not self.paused and not cooling and self.clock() >= self.down_until

    def wanted_c(self) -> float:
        return float(self.settings["temptarget"])

    def watch_heat(self, now: float) -> None:
        """From 2.11 on: cool for a while, step 100 MHz and 100 mV down, and restart by itself."""
        if self.physics.temp_c > TRIP_C and not self.settings["overheat_mode"]:
            self.trip_overheat()
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

    def route(self, method: str, path: str, body: bytes, headers: Any) -> Reply:
        del headers
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
        return Reply(404, {"error": "unknown route"}) if self.version >= (2, 9) else captive()

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
        ignored = {*POOL_KEYS, *FALLBACK_KEYS, *TLS_KEYS} if self.has_pool_list else set()
        ignored |= set() if self.version >= TLS_SINCE else set(TLS_KEYS)
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
            self.settings[f"{prefix}TLS"] = slot.get("stratumTLS", 0)

    # --- what it shows ----------------------------------------------------------------------------

    def info(self) -> dict[str, Any]:
        self.advance()
        return info_of(self)

    def describe(self) -> dict[str, Any]:
        return {**super().describe(), "paused": self.paused}


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
