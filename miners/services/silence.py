"""When a miner that does not answer is as it should be: its plug, or a command it still works at."""

from datetime import datetime, timedelta

from miners.drivers.abilities import SettlesSlowly
from miners.drivers.registry import FAMILIES
from miners.models import Command, Miner, PowerSwitch
from miners.switches.base import PlugState

BOOT_S = 180  # for a family that tells no time of its own
ANSWERED_AFTER = timedelta(seconds=20)


def is_off_at_its_plug(miner: Miner) -> bool:
    """Tell whether the plug was off when it was last known; what answers since is not behind that plug."""
    plug: PowerSwitch | None = miner.plug
    if plug is None or plug.state_since is None:
        return False
    is_off = plug.state == PlugState.OFF or (plug.state != PlugState.ON and plug.confirmed is False)
    return is_off and not answers_since(miner, plug.state_since)


def answers_since(miner: Miner, moment: datetime) -> bool:
    return miner.last_seen_at is not None and miner.last_seen_at > moment + ANSWERED_AFTER


def boots_until(miner: Miner) -> datetime | None:
    """Return until when a miner may boot after its plug came on, None when its plug is not on."""
    plug: PowerSwitch | None = miner.plug
    if plug is None or plug.on_at is None or plug.state != PlugState.ON:
        return None
    family = FAMILIES.get(miner.kind)
    return plug.on_at + timedelta(seconds=family.start_time_s if family is not None else BOOT_S)


def is_booting(miner: Miner, now: datetime) -> bool:
    """Tell whether its plug came on a moment ago and it was not heard since."""
    plug, until = miner.plug, boots_until(miner)
    if plug is None or until is None or plug.on_at is None:
        return False
    heard = miner.last_seen_at is not None and miner.last_seen_at >= plug.on_at
    return plug.on_at <= now < until and not heard


def is_silent_on_purpose(miner: Miner, now: datetime) -> bool:
    return is_off_at_its_plug(miner) or is_booting(miner, now) or is_busy_with_a_command(miner, now)


def is_busy_with_a_command(miner: Miner, now: datetime) -> bool:
    """Tell whether a device that is silent for minutes after a command may still be so."""
    driver = miner.able()
    if not isinstance(driver, SettlesSlowly):
        return False
    within = timedelta(seconds=driver.settle_time_s)
    return Command.objects.filter(miner=miner, sent_at__lte=now, sent_at__gt=now - within).exists()
