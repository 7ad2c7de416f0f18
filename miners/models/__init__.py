"""The miners' tables, one aggregate a file."""

from miners.models.command import Command, CommandKind, CommandStatus
from miners.models.health import FirmwareVersion, HealthLimits, HealthReason
from miners.models.heard import DeviceTemplate, HeardDevice
from miners.models.history import FiveMinuteMean, HourlyMean, TelemetryReading
from miners.models.miner import Miner
from miners.models.newest import NewestReading
from miners.models.plug import HomeAssistantServer, PlugCommand, PlugPolicy, PowerMeter, PowerSwitch
from miners.models.profile import TuningProfile
from miners.models.scan import ScanNetwork
from miners.models.share import BlockCredit, HighShare, PoolWork, ShareSource
from miners.models.slot import PoolSlot
from miners.models.state import FieldState, MinerField, MinerTarget

__all__ = [
    "BlockCredit",
    "Command",
    "CommandKind",
    "CommandStatus",
    "DeviceTemplate",
    "FieldState",
    "FirmwareVersion",
    "FiveMinuteMean",
    "HealthLimits",
    "HealthReason",
    "HeardDevice",
    "HighShare",
    "HomeAssistantServer",
    "HourlyMean",
    "Miner",
    "MinerField",
    "MinerTarget",
    "NewestReading",
    "PlugCommand",
    "PlugPolicy",
    "PoolSlot",
    "PoolWork",
    "PowerMeter",
    "PowerSwitch",
    "ScanNetwork",
    "ShareSource",
    "TelemetryReading",
    "TuningProfile",
]
