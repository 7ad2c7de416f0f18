"""The physics of a simulated Bitaxe: heat, power, work and shares, by board."""

import math
import random
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class BoardFacts:
    """What is fixed about a board: chips, regulator, defaults, and the power it draws at them."""

    version: str
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


GAMMA_F, GAMMA_V = (400, 490, 525, 550, 600, 625), (1000, 1060, 1100, 1150, 1200, 1250)
SUPRA_F, SUPRA_V = (400, 425, 450, 475, 485, 490, 500, 525, 550, 575), (1100, 1150, 1166, 1200, 1250, 1300)
ULTRA_F, ULTRA_V = (400, 425, 450, 475, 485, 500, 525, 550, 575), (1100, 1150, 1200, 1250, 1300)
MAX_F, MAX_V = (400, 425, 450, 475, 485, 500, 525, 550, 575, 600), (1100, 1200, 1300, 1400, 1500)

BOARDS: dict[str, BoardFacts] = {
    "max102": BoardFacts("102", "Max", "BM1397", 1, 672, 425, 1400, MAX_F, MAX_V, 12, 25, 5000),
    "ultra204": BoardFacts("204", "Ultra", "BM1366", 1, 894, 485, 1200, ULTRA_F, ULTRA_V, 12, 25, 5000),
    "ultra205": BoardFacts("205", "Ultra", "BM1366", 1, 894, 485, 1200, ULTRA_F, ULTRA_V, 12, 25, 5000),
    "ultra207": BoardFacts("207", "Ultra", "BM1366", 1, 894, 485, 1200, ULTRA_F, ULTRA_V, 12, 25, 5000),
    "supra401": BoardFacts("401", "Supra", "BM1368", 1, 1276, 490, 1166, SUPRA_F, SUPRA_V, 12, 40, 5000),
    "supra402": BoardFacts("402", "Supra", "BM1368", 1, 1276, 490, 1166, SUPRA_F, SUPRA_V, 12, 40, 5000),
    "gamma601": BoardFacts("601", "Gamma", "BM1370", 1, 2040, 525, 1150, GAMMA_F, GAMMA_V, 19, 40, 5000),
    "gamma602": BoardFacts("602", "Gamma", "BM1370", 1, 2040, 525, 1150, GAMMA_F, GAMMA_V, 22, 40, 5000),
    "gammaduo650": BoardFacts(
        "650", "GammaDuo", "BM1370", 2, 2040, 400, 1150, (350, 375, 400, 410), GAMMA_V, 35, 40, 5000
    ),
    "gammaturbo801": BoardFacts("801", "GammaTurbo", "BM1370", 2, 2040, 525, 1150, GAMMA_F, GAMMA_V, 36, 60, 12000),
    "hex303": BoardFacts("303", "Hex", "BM1366", 6, 894, 485, 1200, ULTRA_F, ULTRA_V, 40, 90, 12000),
    "suprahex701": BoardFacts("701", "SupraHex", "BM1368", 6, 1276, 490, 1166, SUPRA_F, SUPRA_V, 90, 120, 12000),
}
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
            difficulty = SHARE_DIFFICULTY / max(1e-9, 1 - self.dice.random())
            self.best_session = max(self.best_session, difficulty)
            self.best = max(self.best, difficulty)
