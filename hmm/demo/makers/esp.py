"""The past of every device with the ESP32 simulator's physics."""

from dataclasses import replace

from hmm.demo.makers.base import Settled
from miners.drivers.base import Board
from miners.drivers.esp_simulator import EspSimulator


def settled(device: EspSimulator, mode: str, board: Board | None, runs: bool) -> Settled | None:
    """Return the figures of the simulator's physics, without its noise."""
    if board is None:
        return None
    preset = board.presets.get(mode, board.presets["standard"])
    physics = replace(device.physics, noise=0.0)
    figures = {"frequency": float(preset.frequency_mhz), "voltage": float(preset.core_voltage_mv)}
    power = physics.power_w(**figures, runs=runs)
    work = physics.hashrate_ghs(**figures, seconds_up=3600.0, runs=runs) / 1000
    heat = physics.ambient_c + 34.0 * power / device.facts.watts
    return Settled(work, power, heat, preset.frequency_mhz if runs else None)
