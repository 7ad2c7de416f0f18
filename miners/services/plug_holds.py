"""What persons hold at plugs, by each plug's policy, and what a plug is known to show."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from hmm.audit.services import record
from miners.models import Miner, PlugPolicy, PowerSwitch
from miners.models.plug import HOUR_MAX


def hold_until(switch: PowerSwitch, now: datetime) -> datetime | None:
    """Return until when a person's switching is left alone; None is until the band changes."""
    if switch.policy == PlugPolicy.RESPECT_HOURS:
        return now + timedelta(hours=switch.respect_hours)
    return None


def words_for_hand(switch: PowerSwitch, *, on: bool, is_going: bool) -> str:
    """Return what to tell a person who switched a plug, also that it will not stay so."""
    word = "on" if on else "off"
    words = f"{switch.name}: going {word}." if is_going else f"{switch.name} is {word} already."
    steered = Miner.objects.filter(plug=switch, enrolled=True, enabled=True)
    if on and switch.policy in {PlugPolicy.HOUSE, PlugPolicy.ENFORCE} and steered.filter(target__on=False).exists():
        return f"{words} It should be off now and is put back; the override runs it at any price."
    if not on and switch.policy == PlugPolicy.ENFORCE and steered.filter(target__on=True).exists():
        return f"{words} It should run now and is put back; lock the plug to keep it off."
    return words


def hold_plug(switch: PowerSwitch, *, by: str, now: datetime) -> None:
    """Leave a plug to the person who switched it, by its policy."""
    until = hold_until(switch, now)
    with transaction.atomic():
        if not PowerSwitch.objects.filter(pk=switch.pk, held_by="").update(held_by=by, held_until=until):
            return
        ends = f"until {until:%H:%M} UTC" if until is not None else "until the band changes"
        record(
            actor="device",
            action="plug.hold",
            target=switch,
            reason=f"It was switched {switch.state} by hand; it is left alone {ends}.",
            at=now,
        )


def release_plug_holds(*, switch_id: int | None = None) -> None:
    """End what persons hold until the band changes."""
    held = PowerSwitch.objects.exclude(held_by="")
    held = held.filter(held_until__isnull=True) if switch_id is None else held.filter(pk=switch_id)
    held.update(held_by="", held_until=None, confirmed=None)


def release_ended_holds(*, now: datetime) -> None:
    """End holds of some hours. One that ends further ahead than any may comes from a clock set back."""
    ended = Q(held_until__lte=now) | Q(held_until__gt=now + timedelta(hours=2 * HOUR_MAX))
    PowerSwitch.objects.exclude(held_by="").filter(ended).update(held_by="", held_until=None, confirmed=None)


def agree(switch: PowerSwitch, *, now: datetime) -> None:
    """Count what a plug shows as known, so that a later difference can be told from ours."""
    PowerSwitch.objects.filter(pk=switch.pk).update(confirmed=switch.is_on(now), confirmed_at=now)
