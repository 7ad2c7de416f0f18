"""The physics of a simulated ESP32 miner: heat, power, work and shares, by board."""

import math
import random
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class BoardFacts:
    """What is fixed about a board: chips, regulator, defaults, and the power it draws at them."""

    version: str  # boardVersion; empty where the firmware has none
    device_model: str
    asic: str
    chips: int
    cores: int
    frequency: int
    voltage: int
    frequencies: tuple[int, ...]
    voltages: tuple[int, ...]
    watts: float
    max_power: int
    input_mv: int


BASE_WATTS = 0.18  # of the default draw: fan, controller, regulator
HEAT_S = 90.0  # time constant of the heat sink
RAMP_S = 25.0  # from the boot to full work
SHARE_DIFFICULTY = 4096.0
HASHES_A_SHARE = 2**32


@dataclass(slots=True)
class Physics:
    """The state that time changes. `advance` brings it to an instant."""

    facts: BoardFacts
    dice: random.Random
    ambient_c: float = 22.0
    temp_c: float = 24.0
    fan_percent: float = 35.0
    shares: int = 0
    rejected: int = 0
    best: float = 0.0
    best_session: float = 0.0
    noise: float = 0.0
    at: float = 0.0
    _carry: float = field(default=0.0)

    def hashrate_ghs(self, frequency: float, voltage: float, seconds_up: float, *, runs: bool) -> float:
        """Return the work in GH/s; too little core voltage for the clock costs errors."""
        if not runs or frequency <= 50:
            return 0.0
        ramp = 1.0 - math.exp(-max(0.0, seconds_up - 4.0) / RAMP_S)
        needed = self.facts.voltage * (0.55 + 0.45 * frequency / self.facts.frequency)
        starved = min(1.0, max(0.4, voltage / needed + 0.03))
        full = frequency * self.facts.cores * self.facts.chips / 1000
        return full * ramp * min(1.0, starved) * (1.0 + self.noise)

    def power_w(self, frequency: float, voltage: float, *, runs: bool) -> float:
        """Return the draw: proportional to clock and the square of the core voltage, on a base."""
        base = self.facts.watts * BASE_WATTS
        if not runs or frequency <= 50:
            return base
        load = frequency / self.facts.frequency * (voltage / self.facts.voltage) ** 2
        return base + self.facts.watts * (1 - BASE_WATTS) * load * (1 + self.noise / 2)

    def advance(self, now: float, *, power_w: float, hashrate_ghs: float, auto_fan: bool, wanted_c: float) -> None:
        """Let time pass: heat, fan, noise and shares."""
        passed = max(0.0, now - self.at)
        self.at = now
        if not passed:
            return
        cooling = 0.55 + 0.45 * self.fan_percent / 100
        goal = self.ambient_c + 38.0 * power_w / self.facts.watts * 0.82 / cooling
        self.temp_c += (goal - self.temp_c) * (1 - math.exp(-passed / HEAT_S))
        if auto_fan:
            self.fan_percent = min(100.0, max(25.0, self.fan_percent + (self.temp_c - wanted_c) * 0.6))
        self.noise = max(-0.06, min(0.06, self.noise * 0.7 + self.dice.gauss(0, 0.012)))
        self._find_shares(hashrate_ghs, passed)

    def _find_shares(self, hashrate_ghs: float, passed: float) -> None:
        self._carry += hashrate_ghs * 1e9 * passed / (HASHES_A_SHARE * SHARE_DIFFICULTY)
        found = int(self._carry)
        self._carry -= found
        for _share in range(min(found, 10_000)):
            if self.dice.random() < 0.003:
                self.rejected += 1
                continue
            self.shares += 1
            self.find(SHARE_DIFFICULTY / max(1e-9, 1 - self.dice.random()))

    def find(self, difficulty: float) -> None:
        """Take a share for the best, if it is one."""
        self.best_session = max(self.best_session, difficulty)
        self.best = max(self.best, difficulty)
