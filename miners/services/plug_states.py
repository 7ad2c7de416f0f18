"""Take in what was read of plugs and meters, and what follows for the miners behind them."""

from datetime import datetime, timedelta
from functools import partial

from django.db import transaction

from hmm.clock import SLACK
from hmm.live.services import push_event
from miners.models import Miner, PowerMeter, PowerSwitch, TelemetryReading
from miners.services.readings import push_tile
from miners.services.silence import is_off_at_its_plug
from miners.services.wall_power import wall_power_w
from miners.switches.base import Entity, PlugState
from notifications.models import Severity
from notifications.services import close_incident, open_incident

PLUGS_CHANGED = "plugs-changed"
POLL_AFTER_ON = timedelta(seconds=5)
OFF_DRAWS_W, ON_DRAWS_W = 5.0, 2.0
OFF_FOR, ON_FOR, MISSING_FOR = timedelta(seconds=60), timedelta(minutes=5), timedelta(minutes=5)
OFF_LETTER = "p"  # in the history: no current at the plug


def announce() -> None:
    push_event(PLUGS_CHANGED)


def subject_of(switch: PowerSwitch) -> str:
    return f"plug:{switch.pk}"


def take_state(switch: PowerSwitch, seen: Entity, *, now: datetime) -> None:
    """Keep the state of a plug; its miners are off, or expected back, from here on."""
    before = switch.state
    values: dict[str, object] = {**times_ahead(switch, now), "state": seen.state.value, "read_at": now}
    if before != seen.state or switch.state_since is None:
        values["state_since"] = since(switch, seen, now)
    if seen.state.is_on is None:
        values["away_at"] = now
    elif seen.state is PlugState.ON and (before == PlugState.OFF or switch.on_at is None):
        values["on_at"] = now if before == PlugState.OFF else since(switch, seen, now)
    for name, value in values.items():
        setattr(switch, name, value)
    stored = PowerSwitch.objects.filter(pk=switch.pk)
    if before == seen.state:
        stored.update(**values)
        return
    with transaction.atomic():
        stored.update(**values)
        follow(switch, now=now)
        transaction.on_commit(announce)


def times_ahead(switch: PowerSwitch, now: datetime) -> dict[str, object]:
    """Return what was noted for a time that has not come as of now: the clock was set back, and minimum times and
    the look for a stuck relay would wait for it."""
    noted = ("state_since", "on_at", "away_at", "confirmed_at")
    return {name: now for name in noted if (moment := getattr(switch, name)) is not None and moment > now + SLACK}


def since(switch: PowerSwitch, seen: Entity, now: datetime) -> datetime:
    """Return since when a state holds: at the first look what the server says, later the moment it was noticed."""
    first = switch.state_since is None and seen.changed_at is not None and seen.changed_at <= now
    return seen.changed_at if first and seen.changed_at is not None else now


def follow(switch: PowerSwitch, *, now: datetime) -> None:
    """Let the miners behind a plug be off on purpose, or be looked for again."""
    if switch.state not in {PlugState.ON, PlugState.OFF}:
        return
    for miner in Miner.objects.filter(plug=switch):
        changes: dict[str, object] = {"failures": 0, "unreachable_since": None}
        if switch.state == PlugState.ON:
            changes["poll_due_at"] = now + POLL_AFTER_ON
        Miner.objects.filter(pk=miner.pk).update(**changes)
        close_incident(kind="miner_unreachable", subject=f"miner:{miner.pk}", now=now)
        transaction.on_commit(partial(push_tile, miner.pk, now))


def take_watts(meter: PowerMeter, power_w: float | None, *, now: datetime) -> None:
    PowerMeter.objects.filter(pk=meter.pk).update(power_w=power_w, read_at=now)
    meter.power_w, meter.read_at = power_w, now


def watch_plug(switch: PowerSwitch, *, running_since: datetime | None, now: datetime) -> None:
    """Open and close what a plug's state and its watts tell together."""
    missing = (
        switch.state == PlugState.MISSING
        and running_since is not None
        and now - max(running_since, switch.state_since or now) >= MISSING_FOR
    )
    tell(
        switch,
        "plug_missing",
        missing,
        title="is not known to Home Assistant",
        detail=f"There is no {switch.entity}. Was it renamed? Choose its new name in the settings of the plug.",
        now=now,
    )
    words = contradiction(switch, now)
    began = switch.mismatch_since if words else None
    if bool(words) != (switch.mismatch_since is not None):
        began = now if words else None
        PowerSwitch.objects.filter(pk=switch.pk).update(mismatch_since=began)
        switch.mismatch_since = began
    wait = OFF_FOR if switch.state == PlugState.OFF else ON_FOR
    lasts = began is not None and now - began >= wait
    tell(switch, "plug_watts", lasts, title="does not do what it shows", detail=words, now=now)


def contradiction(switch: PowerSwitch, now: datetime) -> str:
    """Return what is wrong between a plug's state and its meter, empty if nothing is."""
    meter: PowerMeter | None = getattr(switch, "meter", None)
    figure = meter.watts_at(now) if meter is not None else None
    if figure is None:
        return ""
    draws_nothing = switch.state == PlugState.ON and figure < ON_DRAWS_W
    running = Miner.objects.filter(plug=switch, enrolled=True, enabled=True, target__on=True)
    return cross_check(switch.state, figure, should_run=draws_nothing and running.exists())


def cross_check(state: str, power_w: float, *, should_run: bool) -> str:
    """Say what a plug's state and the watts behind it have against each other, empty if nothing."""
    if state == PlugState.OFF and power_w > OFF_DRAWS_W:
        return f"It shows off and {power_w:.0f} W flow. Its relay may be stuck: pull it out."
    if state == PlugState.ON and power_w < ON_DRAWS_W and should_run:
        return f"It shows on and {power_w:.1f} W flow. Is the miner's power supply switched on?"
    return ""


def tell(switch: PowerSwitch, kind: str, is_so: bool, *, title: str, detail: str, now: datetime) -> None:
    if is_so:
        open_incident(
            kind=kind,
            subject=subject_of(switch),
            label=switch.name,
            severity=Severity.DANGER,
            title=title,
            detail=detail,
            now=now,
        )
    else:
        close_incident(kind=kind, subject=subject_of(switch), now=now)


def note_off_miners(*, now: datetime) -> None:
    """Leave a row in the history of each miner whose plug is off: no current is known, it is no gap."""
    rows = []
    for miner in Miner.objects.filter(plug__state=PlugState.OFF).select_related("plug__meter", "meter"):
        if not is_off_at_its_plug(miner) or miner.plug is None or miner.plug.is_on(now) is not False:
            continue
        figure = wall_power_w(miner, now)
        rows.append(
            TelemetryReading(
                miner=miner, taken_at=now, state=OFF_LETTER, power_w=figure if figure is not None else 0.0
            )
        )
    TelemetryReading.objects.bulk_create(rows, ignore_conflicts=True)
