"""What pages say of plugs: the connection, each plug with what hangs on it, and how a miner would be turned off."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.timezone import localtime

from miners.models import HomeAssistantServer, Miner, NewestReading, PlugCommand, PowerMeter, PowerSwitch
from miners.services.plug_states import cross_check
from miners.switches.home_assistant import wire
from miners.switches.ways import LEFT_ALONE, Outlet, WayOff, way_off

STATES = {
    "on": "On",
    "off": "Off",
    "unavailable": "Unavailable",
    "unknown": "Unknown",
    "missing": "Not found",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PlugRow:
    """One plug as the page shows it. `ways` says for each miner on it how it would be turned off."""

    switch: PowerSwitch
    state_label: str
    is_on: bool | None
    is_stale: bool
    power_w: float | None
    meter: str
    ways: Sequence[tuple[Miner, WayOff]]
    command: PlugCommand | None
    note: str
    trouble: str  # what its meter has against its state


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A plug that may be a miner's by its name."""

    miner: Miner
    entity: str
    name: str
    exists: bool


def way_off_of(miner: Miner, now: datetime, *, lowest_mode: str, can_pause: bool) -> WayOff:
    """Return how one miner would be turned off; asks the database for its plug's neighbours."""
    if miner.plug is None:
        return way_off(None, can_pause=can_pause, lowest_mode=lowest_mode)
    server = HomeAssistantServer.objects.filter(pk=1).first()
    others = list(Miner.objects.filter(plug=miner.plug).exclude(pk=miner.pk))
    outlet = outlet_of(miner.plug, others, server, now)
    return way_off(outlet, can_pause=can_pause, lowest_mode=lowest_mode)


def outlet_of(
    switch: PowerSwitch, others: Sequence[Miner], server: HomeAssistantServer | None, now: datetime
) -> Outlet:
    """Return a plug in the words of the one function that says how a miner is turned off."""
    trouble = server.trouble(now) if server is not None else "Home Assistant is not connected"
    if not trouble and switch.is_on(now) is None:
        trouble = f"it is {switch.state}"
    if not trouble and switch.failures:
        trouble = "it did not switch when it was last told"
    return Outlet(
        name=switch.name,
        locked=switch.locked,
        trouble=trouble,
        shared_with=[other.name for other in others if other.enrolled and other.enabled],
        kept_on_by=[other.name for other in others if not (other.enrolled and other.enabled)],
    )


def native_way(miner: Miner) -> dict[str, Any]:
    """Return what a miner can do by itself, as its newest reading and its board tell."""
    newest: NewestReading | None = getattr(miner, "newest", None)
    board = miner.board
    writes = miner.may_be_written
    return {
        "can_pause": writes and newest is not None and newest.can_pause,
        "lowest_mode": next(iter(board.presets), "") if writes and board is not None else "",
    }


def gathered(now: datetime) -> tuple[HomeAssistantServer, list[Miner], list[PlugRow]]:
    """Return the connection, all miners, and each plug; the same number of questions for any number of plugs."""
    server = HomeAssistantServer.objects.filter(pk=1).first() or HomeAssistantServer(pk=1)
    miners = list(Miner.objects.select_related("newest", "target", "plug__meter", "meter").order_by("name", "pk"))
    commands = {command.switch_id: command for command in PlugCommand.objects.open()}
    rows = [
        row_of(switch, [miner for miner in miners if miner.plug_id == switch.pk], server, commands, now)
        for switch in PowerSwitch.objects.select_related("meter")
    ]
    return server, miners, rows


def plug_rows(now: datetime) -> list[PlugRow]:
    """Return each plug as pages and the API show it."""
    return gathered(now)[2]


def suggested_plugs(now: datetime) -> list[Suggestion]:
    """Return a plug that may be its by name, for each miner without one."""
    server, miners, rows = gathered(now)
    return suggestions(server, [miner for miner in miners if miner.plug_id is None], rows)


def page_of(now: datetime) -> dict[str, Any]:
    """Return what the page of Home Assistant shows."""
    server, miners, rows = gathered(now)
    return {
        "server": server,
        "trouble": server.trouble(now) if server.is_set_up else "",
        "rows": rows,
        "suggestions": suggestions(server, [miner for miner in miners if miner.plug_id is None], rows),
        "switch_count": sum(item["kind"] == "switch" for item in server.found),
        "meter_count": sum(item["kind"] == "meter" for item in server.found),
        "own_meters": [miner for miner in miners if hasattr(miner, "meter")],
    }


def row_of(
    switch: PowerSwitch,
    members: Sequence[Miner],
    server: HomeAssistantServer,
    commands: dict[int, PlugCommand],
    now: datetime,
) -> PlugRow:
    meter: PowerMeter | None = getattr(switch, "meter", None)
    ways = []
    for miner in members:
        outlet = outlet_of(switch, [other for other in members if other.pk != miner.pk], server, now)
        is_steered = miner.enrolled and miner.enabled
        ways.append((miner, way_off(outlet, **native_way(miner)) if is_steered else LEFT_ALONE))
    command = commands.get(switch.pk)
    power_w = meter.watts_at(now) if meter is not None else None
    held = words_of_hold(switch)
    cycling = "Off for a power-cycle; it comes on again if that is still wanted." if switch.cycle_ends_at else ""
    failed = "It did not switch when it was last told; it is tried again." if switch.failures else ""
    return PlugRow(
        switch=switch,
        state_label=STATES.get(switch.state, switch.state),
        is_on=switch.is_on(now),
        is_stale=switch.read_at is not None and switch.is_on(now) is None and switch.state in {"on", "off"},
        power_w=power_w,
        trouble=words_of_watts(switch, members, power_w),
        meter=meter.entity if meter is not None else "",
        ways=ways,
        command=command,
        note=" ".join(part for part in (cycling, held, failed) if part),
    )


def words_of_hold(switch: PowerSwitch) -> str:
    """Return whose hand a plug is left to and until when, empty if to nobody's."""
    if not switch.held_by:
        return ""
    until = f"{localtime(switch.held_until):%H:%M}" if switch.held_until is not None else "the band changes"
    return f"Switched by {switch.held_by.removeprefix('by ')}; left alone until {until}."


def words_of_watts(switch: PowerSwitch, members: Sequence[Miner], power_w: float | None) -> str:
    """Return what the meter has had against the plug's state for a while, empty if nothing."""
    if switch.mismatch_since is None or power_w is None:
        return ""
    should_run = any(miner.enrolled and miner.enabled and is_wanted_on(miner) for miner in members)
    return cross_check(switch.state, power_w, should_run=should_run)


def is_wanted_on(miner: Miner) -> bool:
    return getattr(getattr(miner, "target", None), "on", None) is True


def suggestions(server: HomeAssistantServer, miners: Sequence[Miner], rows: Sequence[PlugRow]) -> list[Suggestion]:
    """Return for each miner without a plug the switch whose name fits best, if one does."""
    taken = {row.switch.entity for row in rows}
    free = [item for item in server.found if item["kind"] == "switch" and item["entity"] not in taken]
    found = []
    for miner in miners:
        best = max(free, key=lambda item: wire.likeness(miner.name, item["entity"], item["name"]), default=None)
        if best is not None and wire.likeness(miner.name, best["entity"], best["name"]):
            found.append(Suggestion(miner=miner, entity=best["entity"], name=best["name"], exists=True))
        elif server.is_set_up and wire.suggested_entity(miner.name):
            found.append(Suggestion(miner=miner, entity=wire.suggested_entity(miner.name), name="", exists=False))
    return found


def meter_for(server: HomeAssistantServer, entity: str) -> str:
    """Return the power sensor that has a switch's name, empty if none has."""
    stem = wire.stem(entity)
    meters = [item["entity"] for item in server.found if item["kind"] == "meter"]
    return next((meter for meter in meters if wire.stem(meter) == stem), "")
