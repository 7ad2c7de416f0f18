"""What delays switching a plug on: its minimum times and its daily cap. Off is never delayed."""

from datetime import datetime, timedelta

from django.db.models import Count, Min, Q

from miners.models import PlugCommand, PowerSwitch
from miners.models.command import CommandStatus

DAY = timedelta(hours=24)
LAST_LOOK = 5  # reads that are noted of a command whose plug was seen to stay as it was


def turn_on_waits(switches: list[PowerSwitch], *, now: datetime) -> dict[int, str]:
    """Return why plugs that are off may not come on yet, in words. One query for all of them."""
    counted = {
        row["switch_id"]: row
        for row in PlugCommand.objects.filter(
            may_have_switched(),
            finished_at__gt=now - DAY,
            finished_at__lt=now + DAY,  # further ahead the clock was set back
            switch__in=switches,
            on=True,
        )
        .order_by()
        .values("switch_id")
        .annotate(times=Count("id"), oldest=Min("finished_at"))
    }
    found: dict[int, str] = {}
    for switch in switches:
        until, words = earliest_on(switch)
        if until is not None and now < until:
            found[switch.pk] = f"{words}, until {until:%H:%M} UTC."
            continue
        row = counted.get(switch.pk)
        if row is not None and row["times"] >= switch.daily_cap:
            again = row["oldest"] + DAY
            found[switch.pk] = f"came on {row['times']} times in 24 h, its limit; again from {again:%H:%M} UTC."
    return found


def may_have_switched() -> Q:
    """Return which commands count for the cap: those that were proven, and those that left and nobody could look."""
    left = Q(sent_at__isnull=False, status__in=(CommandStatus.NOT_VERIFIED, CommandStatus.CANCELLED))
    return Q(status=CommandStatus.APPLIED) | left & Q(reads__lt=LAST_LOOK)


def earliest_on(switch: PowerSwitch) -> tuple[datetime | None, str]:
    """Return when the minimum times let a plug come on: off long enough, and not right after a short time on."""
    if switch.state != "off" or switch.state_since is None:
        return None, ""
    off_for = timedelta(minutes=switch.min_off_minutes)
    moments = [(switch.state_since + off_for, f"stays off for {switch.min_off_minutes} min")]
    if switch.on_at is not None and switch.on_at <= switch.state_since:
        whole = timedelta(minutes=switch.min_on_minutes) + off_for
        moments.append((switch.on_at + whole, "was on for a short time only and rests"))
    return max(moments)
