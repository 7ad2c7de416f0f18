"""Watts at the wall: what a linked power sensor says, before the miner's own figure and the typed-in one."""

from datetime import datetime

from miners.models import Miner, PowerMeter, PowerSwitch

METER = "meter"


def wall_power_w(miner: Miner, now: datetime) -> float | None:
    """Return the watts at the wall: of the miner's own meter, or of its plug's when nothing else hangs there."""
    own: PowerMeter | None = getattr(miner, "meter", None)
    if own is not None:
        return own.watts_at(now)
    plug: PowerSwitch | None = miner.plug
    meter: PowerMeter | None = getattr(plug, "meter", None) if plug is not None else None
    if plug is None or meter is None or Miner.objects.filter(plug=plug).count() != 1:
        return None
    return meter.watts_at(now)
