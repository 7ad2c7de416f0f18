"""What persons hold at plugs, by each plug's policy, and what a plug is known to show."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from hmm.audit.services import record
from miners.models import PlugPolicy, PowerSwitch
from miners.models.plug import HOUR_MAX


def hold_until(switch: PowerSwitch, now: datetime) -> datetime | None:
    """Return until when a person's switching is left alone; None is until the band changes."""
    if switch.policy == PlugPolicy.RESPECT_HOURS:
        return now + timedelta(hours=switch.respect_hours)
    return None


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
