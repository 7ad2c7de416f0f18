"""Keep off what is to be off: a restart forgets a pause, so it is sent again by the first reading after it."""

from datetime import datetime

from miners.models import Command, CommandKind, CommandStatus, Miner, NewestReading
from miners.services.allowing import CommandRefusedError
from miners.services.commands import request_command
from miners.services.restarts import is_to_be_off, restarted_since
from miners.services.settling import STRATEGY

REASON = "The device restarted and forgot that it is to be off."
OFF = {"on": False}


def pause_again(miner: Miner, before: NewestReading, newest: NewestReading, *, now: datetime) -> None:
    """Pause a miner that restarted while the strategy wants it off, without waiting for the next tick.

    A pause that was sent into the restart is sent again: the device cannot know of it any more. A miner behind
    a plug is left to the tick, since a hand at the plug may be respected.
    """
    if miner.plug_id is not None:
        return
    if newest.paused is not False or not newest.can_pause:
        return
    if not restarted_since(newest, uptime_s=before.uptime_s, at=before.taken_at) or not is_to_be_off(miner):
        return
    lost = Command.objects.filter(miner=miner, kind=CommandKind.POWER, status=CommandStatus.SENT, value=OFF)
    if lost.update(status=CommandStatus.WANTED, due_at=now, give_up_at=None):
        return
    try:
        request_command(miner, CommandKind.POWER, OFF, actor=STRATEGY, reason=REASON, now=now)
    except CommandRefusedError:
        return  # a command of another kind of power is under way; the next tick looks again
