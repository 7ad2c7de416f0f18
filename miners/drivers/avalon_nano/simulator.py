"""An Avalon home miner that is a real cgminer server: one thread, one request a connection, a NUL at the end.

Tests and the demo farm speak to it over a socket. What it imitates is written in
docs/develop/families/avalon_nano.md.
"""

import json
import math
import random
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hmm.simulation.lines import LineSimulator
from miners.drivers.avalon_nano.simulator_bodies import BODIES, Body, Slot, pools, stats, summary, version
from miners.drivers.avalon_nano.simulator_orders import ascset, setpool, switchpool
from miners.drivers.base import Address

NUL = b"\0"
RAMP_S, HEAT_S, FAN_S = 40.0, 60.0, 90.0
SHARE_DIFFICULTY, HASHES_A_SHARE = 8192.0, 2**32
READS: dict[str, Callable[["AvalonSimulator"], tuple[int, str, str, list[dict[str, Any]]]]] = {
    "version": version,
    "summary": summary,
    "stats": stats,
    "estats": stats,
    "pools": pools,
}
WRITES: dict[str, Callable[["AvalonSimulator", str], tuple[str, int, str]]] = {
    "ascset": ascset,
    "switchpool": switchpool,
    "setpool": setpool,
}


class AvalonSimulator(LineSimulator):
    """One device. `set_fault` and the attributes make it misbehave.

    `lies_about` names orders it acknowledges and does not carry out: workmode, setpool, switchpool, reboot.
    """

    def __init__(
        self,
        model: str = "nano3s",
        firmware: str = "25021401_56abae7",
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        seed: int = 1,
        mode: int = 1,
        reboot_s: float = 60.0,
        calibration_s: float = 240.0,
        calibrating: bool = False,
        web_password: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(host=host, port=port, clock=clock)
        self.body: Body = BODIES[model]
        self.firmware = firmware
        self.dice = random.Random(seed)  # a simulated device, no secret
        self.mac = f"02484d{seed >> 8 & 255:02x}{seed & 255:02x}02"
        self.dna = f"{seed:016x}"
        self.mode = mode
        self.reboot_s, self.calibration_s = reboot_s, calibration_s
        self.web_user = self.body.web_user
        self.web_password = web_password or self.body.web_user
        self.booted_at = clock() - 3600
        self.down_until = 0.0
        self.mode_set_at = clock() if calibrating else clock() - 3600
        self.soft_off = 0
        self.fan_fixed: int | None = None
        self.supply_bits = 0
        self.lies_about: set[str] = set()
        self.temp_c, self.fan_percent, self.noise, self.at = 40.0, 35.0, 0.0, clock()
        self.accepted = self.rejected = self.best = 0
        self._carry = 0.0
        self.flash = [Slot(f"pool{place}.example.net", 3333, "nobody.nano") for place in range(self.body.slots)]
        self.slots: list[Slot] = []  # in force since the boot
        self.order: list[int] = []  # the priorities of the moment; forgotten at the boot
        self.dead: set[int] = set()
        self._boot_pools()

    @property
    def address(self) -> Address:
        return Address(self.host, self.port)

    # --- orders from a test or the farm -----------------------------------------------------------

    def obey(self, order: dict[str, Any]) -> None:
        super().obey(order)
        if "mode" in order:  # a person's hand in the vendor's app
            self.change_mode(int(order["mode"]))
        if "lies_about" in order:
            self.lies_about = set(order["lies_about"])
        if "supply_bits" in order:
            self.supply_bits = int(order["supply_bits"])
        if "dead_pools" in order:
            self.dead = {int(place) for place in order["dead_pools"]}
        if order.get("reboot"):
            self.reboot()

    def describe(self) -> dict[str, Any]:
        told = {"mode": self.mode, "soft_off": self.soft_off, "calibrating": self.is_calibrating()}
        slots = [[slot.host, slot.port, slot.user] for slot in self.slots]
        return {**super().describe(), **told, "slots": slots, "order": self.order, "live_slot": self.live_slot()}

    def reboot(self) -> None:
        """Close the port for the reboot time; counters and the order of pools are gone, and it calibrates."""
        self.down_until = self.booted_at = self.mode_set_at = self.clock() + self.reboot_s
        self.accepted = self.rejected = self.best = 0
        self.soft_off = 0
        self._boot_pools()

    def change_mode(self, mode: int) -> None:
        if mode != self.mode:
            self.mode = mode
            self.mode_set_at = self.clock()

    def write_slots(self, slots: Sequence[Slot]) -> None:
        """Fill its slots, as if that had been done long ago."""
        self.flash = list(slots)
        self._boot_pools()

    def _boot_pools(self) -> None:
        self.slots = list(self.flash)
        self.order = list(range(len(self.slots)))

    # --- time -------------------------------------------------------------------------------------

    def is_closed(self) -> bool:
        return self.clock() < self.down_until

    def is_calibrating(self) -> bool:
        return self.clock() < self.mode_set_at + self.calibration_s

    def runs(self) -> bool:
        return not self.soft_off and not self.is_closed() and not self.supply_bits and self.live_slot() is not None

    def live_slot(self) -> int | None:
        return next((place for place in self.order if self.slots[place].host and place not in self.dead), None)

    def hashrate_ghs(self) -> float:
        """Return the work of now: it grows after the boot, and is a third while it calibrates."""
        if not self.runs():
            return 0.0
        ramp = 1.0 - math.exp(-max(0.0, self.clock() - self.booted_at - 10.0) / RAMP_S)
        share = 0.35 if self.is_calibrating() else 1.0
        return self.body.modes[self.mode].ghs * ramp * share * (1.0 + self.noise)

    def power_w(self) -> float:
        full = self.body.modes[self.mode].watts
        if not self.runs():
            return full * 0.11
        return full * (0.55 if self.is_calibrating() else 1.0) * (1.0 + self.noise / 3)

    def advance(self) -> None:
        """Bring heat, fan and shares to now."""
        now = self.clock()
        passed, self.at = max(0.0, now - self.at), now
        if not passed:
            return
        goal = 25.0 + (self.body.modes[self.mode].target_c - 20.0) * self.power_w() / self.body.modes[self.mode].watts
        self.temp_c += (goal - self.temp_c) * (1 - math.exp(-passed / HEAT_S))
        wanted = self.fan_fixed or max(15.0, min(100.0, 15.0 + (self.temp_c - 50.0) * 0.6))
        self.fan_percent += (wanted - self.fan_percent) * (1 - math.exp(-passed / FAN_S))
        self.noise = max(-0.03, min(0.03, self.noise * 0.7 + self.dice.gauss(0, 0.006)))
        self._find_shares(passed)

    def _find_shares(self, passed: float) -> None:
        self._carry += self.hashrate_ghs() * 1e9 * passed / (HASHES_A_SHARE * SHARE_DIFFICULTY)
        found = int(self._carry)
        self._carry -= found
        for _share in range(min(found, 10_000)):
            if self.dice.random() < 0.002:
                self.rejected += 1
                continue
            self.accepted += 1
            self.best = max(self.best, int(SHARE_DIFFICULTY / max(1e-9, 1 - self.dice.random())))

    # --- the protocol -----------------------------------------------------------------------------

    def answer(self, request: bytes) -> bytes:
        with self._lock:
            self.advance()
            command, parameter, as_json = taken_apart(request)
            if command is None:
                return self._encode(self.status("E", 23, "Invalid JSON"), {}, as_json=True)
            if "+" in command and as_json:
                return self._joined(command.split("+"))
            status, sections = self.carry_out(command, parameter)
            return self._encode(status, sections, as_json=as_json)

    def carry_out(self, command: str, parameter: str) -> tuple[dict[str, Any], dict[str, list[dict[str, Any]]]]:
        """Return the status and the sections one command is answered with."""
        if self.fault == "refuse":
            return self.status("E", 45, "Access denied to 'command' command"), {}
        if command in READS:
            code, words, section, rows = READS[command](self)
            return self.status("S", code, words), {section: rows}
        if command in WRITES:
            return self.status(*WRITES[command](self, parameter)), {}
        return self.status("E", 14, "Invalid command"), {}

    def _joined(self, commands: list[str]) -> bytes:
        """Answer several reads at once; what is no read is refused inside."""
        reply: dict[str, Any] = {}
        for command in commands:
            status, sections = self.carry_out("" if command in WRITES else command, "")
            if command in WRITES:
                status = self.status("E", 45, f"Access denied to '{command}' command")
            reply[command] = [{"STATUS": [status], **sections, "id": 1}]
        return json.dumps({**reply, "id": 1}, separators=(",", ":")).encode() + NUL

    def status(self, letter: str, code: int, words: str) -> dict[str, Any]:
        when = 1_775_000_000 + int(self.clock())
        return {"STATUS": letter, "When": when, "Code": code, "Msg": words, "Description": "cgminer 4.11.1"}

    def _encode(
        self, status: Mapping[str, Any], sections: Mapping[str, list[dict[str, Any]]], *, as_json: bool
    ) -> bytes:
        if as_json:
            body = json.dumps({"STATUS": [status], **sections, "id": 1}, separators=(",", ":"))
            # The firmware does not escape line ends inside its words.
            return body.replace("\\n", "\n").encode() + NUL
        lines = [line_of(status), *(f"{name},{line_of(row)}" for name, rows in sections.items() for row in rows)]
        return ("|".join(lines) + "|").encode() + NUL


def taken_apart(request: bytes) -> tuple[str | None, str, bool]:
    """Return command, parameter and whether JSON is spoken; text is `command|parameter`."""
    text = request.decode("utf-8", "replace").strip("\0\r\n ")
    if not text.startswith("{"):
        command, _bar, parameter = text.partition("|")
        return command, parameter, False
    try:
        order = json.loads(text)
        return str(order["command"]), str(order.get("parameter", "")), True
    except (ValueError, KeyError, AttributeError):
        return None, "", True


def line_of(row: Mapping[str, Any]) -> str:
    def escaped(value: Any) -> str:
        text = str(value).lower() if isinstance(value, bool) else str(value)
        for sign in "\\|,=":
            text = text.replace(sign, f"\\{sign}")
        return text

    return ",".join(f"{name}={escaped(value)}" for name, value in row.items())
