"""A NerdOS device that is a real HTTP server and behaves like the firmware of a chosen version.

Tests and the demo farm speak to it over a socket. What it imitates, and from which version on, is
written in docs/develop/families/nerdqaxe.md.
"""

import json
import re
import time
from collections.abc import Callable
from typing import Any

from hmm.simulation.server import Reply
from miners.drivers.esp_simulator import FALLBACK_KEYS, EspSimulator, captive
from miners.drivers.nerdqaxe.simulator_board import ABSOLUTE_MAXIMUM, BOARDS, MAXIMUM_ELSEWHERE
from miners.drivers.nerdqaxe.simulator_info import info_of
from miners.drivers.totp import STEP_S, code_at

Version = tuple[int, int, int]
WITH_LISTS: Version = (1, 0, 32)
WITH_LOCK: Version = (1, 0, 34)
WITH_STRATUM: Version = (1, 0, 35)
WITH_SHUTDOWN: Version = (1, 0, 36)
WITH_RESET: Version = (1, 0, 37)

FACTORY: dict[str, Any] = {
    "autofanspeed": 2,
    "manualFanSpeed": 100,
    "overheat_temp": 70,
    "pidTargetTemp": 60,
    "autoscreenoff": True,
    "stratumDifficulty": 1000,
    "poolMode": 0,
    "poolBalance": 50,
}
WHOLE = {
    "frequency": (1, 65535),
    "coreVoltage": (1, 65535),
    "autofanspeed": (0, 3),
    "manualFanSpeed": (0, 100),
    "fanspeed": (0, 100),
    "overheat_temp": (40, 90),
    "pidTargetTemp": (30, 90),
    "stratumPort": (1, 65535),
    "fallbackStratumPort": (1, 65535),
    "poolMode": (0, 1),
    "poolBalance": (1, 99),
}
TEXTS = ("stratumURL", "stratumUser", "stratumPassword", "hostname", *FALLBACK_KEYS[:1], *FALLBACK_KEYS[2:])
SWITCHES = ("autoscreenoff",)


class NerdQaxeSimulator(EspSimulator):
    """One device. `otp_secret` locks it; `dual` makes it work for two pools; `connected` is of each pool."""

    def __init__(
        self,
        board: str = "nerdqaxe++",
        firmware: str = "v1.0.37",
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        seed: int = 1,
        mac: str | None = None,
        hostname: str = "nerdqaxe",
        reboot_s: float = 12.0,
        otp_secret: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.firmware = firmware
        self.version = version_of(firmware)
        self.otp_secret = otp_secret
        self.stopped = False  # by /shutdown
        self.tripped = False  # by heat
        self.connected = [True, True]
        self.maximum = ABSOLUTE_MAXIMUM.get(board, MAXIMUM_ELSEWHERE)
        facts = BOARDS[board]
        settings = {**FACTORY, "frequency": facts.frequency, "coreVoltage": facts.voltage, "hostname": hostname}
        super().__init__(facts, settings, host=host, port=port, seed=seed, mac=mac, reboot_s=reboot_s, clock=clock)

    # --- orders from a test or the farm -----------------------------------------------------------

    def obey(self, order: dict[str, Any]) -> None:
        super().obey(order)
        if "otp_secret" in order:
            self.otp_secret = str(order["otp_secret"])
        if "connected" in order:
            self.connected = [bool(value) for value in order["connected"]]

    def set_paused(self, *, paused: bool) -> None:
        """Stop the chips, or bring them back as only a restart does."""
        self.stopped = paused
        self.tripped = self.tripped and paused

    def trip_overheat(self) -> None:
        """Stop the chips with the fan at full speed until a restart; the settings stay as they are."""
        self.tripped = True
        self.physics.fan_percent = 100.0
        threshold = float(self.settings["overheat_temp"])
        self.physics.temp_c = max(self.physics.temp_c, threshold)

    @property
    def is_dual(self) -> bool:
        return self.settings["poolMode"] == 1 and self.version >= WITH_STRATUM

    # --- time -------------------------------------------------------------------------------------

    def runs(self) -> bool:
        return not self.stopped and not self.tripped and self.clock() >= self.down_until and any(self.connected)

    def wanted_c(self) -> float:
        return float(self.settings["pidTargetTemp"])

    def watch_heat(self, now: float) -> None:
        del now
        if self.physics.temp_c > float(self.settings["overheat_temp"]) and not self.tripped:
            self.trip_overheat()

    # --- HTTP -------------------------------------------------------------------------------------

    def route(self, method: str, path: str, body: bytes, headers: Any) -> Reply:
        name = path.removeprefix("/api/system")
        if (method, name) == ("GET", "/info"):
            return Reply(200, self.frozen or self.info())
        if (method, name) == ("GET", "/asic") and self.version >= WITH_LISTS:
            return Reply(200, {**self.asic(), **self.own_limits()})
        if (method, path) == ("PATCH", "/api/system"):
            return self._patch(body) if self.opens(headers) else unauthorized()
        if method == "POST":
            return self._act(name, headers)
        return captive()

    def opens(self, headers: Any) -> bool:
        """Tell whether a request carries a code of now, the step before or the next."""
        if not self.otp_secret or self.version < WITH_LOCK:
            return True
        now = time.time()
        good = {code_at(self.otp_secret, now + step * STEP_S) for step in (-1, 0, 1)}
        return headers.get("X-TOTP") in good

    def _act(self, name: str, headers: Any) -> Reply:
        if name == "/restart":
            if "restart" not in self.lies_about:
                self.reboot()
            return Reply(200, "System will restart shortly.", content_type="text/plain")
        if name == "/shutdown" and self.version >= WITH_SHUTDOWN:
            if not self.opens(headers):
                return unauthorized()
            if "shutdown" not in self.lies_about:
                self.stopped = True
            return Reply(200, "Shutting down", content_type="text/plain")
        if name == "/reset-stats" and self.version >= WITH_RESET:
            self.physics.shares = self.physics.rejected = 0
            self.physics.best_session = 0.0
            return Reply(204)
        return captive()

    def _patch(self, body: bytes) -> Reply:
        """Take what has the right type; anything else is ignored with a 200, and too much is clamped."""
        try:
            wanted = json.loads(body)
        except ValueError:
            return Reply(400, "Invalid JSON", content_type="text/html")
        if not isinstance(wanted, dict):
            return Reply(400, "Invalid JSON", content_type="text/html")
        for key, value in wanted.items():
            if key not in self.lies_about and is_typed(key, value):
                self._take(key, value)
        if self.version >= WITH_STRATUM:  # the client reconnects; before, a restart is needed
            self.live_pool = self.pool_settings()
        return Reply(200)

    def _take(self, key: str, value: Any) -> None:
        if key == "fanspeed":
            key = "manualFanSpeed" if self.version < WITH_STRATUM else key
        elif key == "manualFanSpeed" and self.version < WITH_STRATUM:
            return
        clamp = {"frequency": self.maximum[0], "coreVoltage": self.maximum[1]}
        if key in self.settings:
            self.settings[key] = min(value, clamp[key]) if key in clamp else value

    # --- what it shows ----------------------------------------------------------------------------

    def info(self) -> dict[str, Any]:
        self.advance()
        return info_of(self)

    def own_limits(self) -> dict[str, Any]:
        maximum = {"absMaxFrequency": self.maximum[0], "absMaxVoltage": self.maximum[1]}
        return {**maximum, "ecoFrequency": 0, "ecoVoltage": 0}

    def describe(self) -> dict[str, Any]:
        return {**super().describe(), "paused": self.stopped, "locked": bool(self.otp_secret)}


def unauthorized() -> Reply:
    return Reply(401, "Unauthorized", content_type="text/html")


def version_of(firmware: str) -> Version:
    """Return the three numbers of "v1.0.37", "V1.0.37.2-LTS" or "v1.1.0-beta1"."""
    numbers = [int(part) for part in re.findall(r"[0-9]+", firmware)[:3]]
    major, minor, patch = [*numbers, 0, 0, 0][:3]
    return (major, minor, patch)


def is_typed(key: str, value: Any) -> bool:
    """Tell whether the firmware takes a value: whole numbers, texts and real booleans, each for its own keys."""
    if key in WHOLE:
        low, high = WHOLE[key]
        return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
    if key in SWITCHES:
        return isinstance(value, bool)
    return key in TEXTS and isinstance(value, str) and 0 < len(value) <= 200
