"""The miners' tables, one aggregate a file."""

from miners.models.command import Command, CommandKind, CommandStatus
from miners.models.heard import DeviceTemplate, HeardDevice
from miners.models.history import FiveMinuteMean, HourlyMean, TelemetryReading
from miners.models.miner import Miner
from miners.models.newest import NewestReading
from miners.models.state import FieldState, MinerField, MinerTarget

__all__ = [
    "Command",
    "CommandKind",
    "CommandStatus",
    "DeviceTemplate",
    "FieldState",
    "FiveMinuteMean",
    "HeardDevice",
    "HourlyMean",
    "Miner",
    "MinerField",
    "MinerTarget",
    "NewestReading",
    "TelemetryReading",
]
