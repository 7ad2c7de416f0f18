"""What is left off when nobody steers a miner any more, and how it comes back on."""

from datetime import datetime

from miners.models import CommandKind, FieldState, Miner, MinerField, NewestReading
from miners.services.commands import request_command
from miners.services.plug_commands import request_plug

REASON = "It was left off when the strategy let go of it."


def is_left_off(miner: Miner, now: datetime) -> bool:
    """Tell whether a miner that the strategy no longer steers, or that is no longer polled, is off by our doing.

    Pages then offer to turn it on again. What a person turned off is left to that person.
    """
    if miner.enrolled and miner.enabled:
        return False
    if miner.plug is not None and miner.plug.is_on(now) is False:
        return True
    newest = NewestReading.objects.filter(miner=miner).first()
    if newest is None or newest.paused is not True:
        return False
    power = FieldState.objects.filter(miner=miner, field=MinerField.POWER).first()
    return power is not None and power.confirmed == {"on": False} and not power.held_by


def turn_on_again(miner: Miner, *, actor: str, now: datetime) -> None:
    """Turn on what was left off: its plug first, then the device itself.

    Raise CommandRefusedError when a plug must not or cannot be switched, or the device cannot be told.
    """
    if miner.plug is not None and miner.plug.is_on(now) is False:
        request_plug(miner.plug, on=True, actor=actor, reason=REASON, now=now, by_hand=True)
        return
    request_command(miner, CommandKind.POWER, {"on": True}, actor=actor, reason=REASON, now=now)
