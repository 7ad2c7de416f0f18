"""Smart plugs over REST: read, link, change, switch and forget; what a plug does is told by its command's row."""

from datetime import datetime
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Field, Router, Schema
from ninja.pagination import paginate

from hmm.accounts.api import caller
from hmm.clock import now as read_clock
from hmm.rest import Body, Pages, PlainText, RowId, wrong_fields
from miners.models import Miner, PlugCommand, PowerMeter, PowerSwitch
from miners.outlets import PlugRow, plug_rows
from miners.plug_forms import PlugForm
from miners.services.plug_commands import request_plug
from miners.services.plug_holds import words_for_hand
from miners.services.plug_links import EDITABLE, remove_plug, save_plug

router = Router(tags=["plugs"])
MANY = 200


class PlugMiner(Schema):
    """A miner on a plug, and how it would be turned off now: `plug`, `pause`, `lowest` or `nothing`."""

    id: int
    name: str
    way_off: str
    words: str


class PlugOut(Schema):
    """One plug. `state` is what was read last; `on` is null where nobody knows."""

    id: int
    entity: str
    name: str
    state: str
    on: bool | None
    read_at: datetime | None
    state_since: datetime | None
    meter: str
    power_w: float | None
    miners: list[PlugMiner]
    policy: str
    respect_hours: int
    locked: bool
    min_on_minutes: int
    min_off_minutes: int
    daily_cap: int
    cycles_hung: bool
    held_by: str
    held_until: datetime | None
    failures: int
    retry_at: datetime | None
    going: str | None = Field(None, description="`on` or `off` while a command is under way")
    note: str
    trouble: str = Field(description="what its meter has against its state, empty if nothing")


class PlugIn(Body):
    """A plug as the form takes it; an empty name takes the switch's own."""

    entity: PlainText
    name: PlainText = ""
    miner_ids: list[RowId] = Field([], max_length=MANY)
    meter: PlainText = ""
    policy: PlainText = "house"
    respect_hours: int = 4
    locked: bool = False
    min_on_minutes: int = 5
    min_off_minutes: int = 5
    daily_cap: int = 24
    cycles_hung: bool = False


class PlugPatch(Body):
    """What may be changed of a plug; absent fields stay."""

    entity: PlainText | None = None
    name: PlainText | None = None
    miner_ids: list[RowId] | None = Field(None, max_length=MANY)
    meter: PlainText | None = None
    policy: PlainText | None = None
    respect_hours: int | None = None
    locked: bool | None = None
    min_on_minutes: int | None = None
    min_off_minutes: int | None = None
    daily_cap: int | None = None
    cycles_hung: bool | None = None


class PlugCommandOut(Schema):
    """One switching and how it went; applied is what a state read afterwards showed."""

    id: int
    on: bool
    is_cycle: bool
    status: str
    actor: str
    reason: str
    message: str
    created_at: datetime
    sent_at: datetime | None
    finished_at: datetime | None


class SwitchIn(Body):
    """What a plug should be."""

    on: bool


class SwitchAnswer(Schema):
    """What became of it; no command where the plug shows it already."""

    detail: str
    command: PlugCommandOut | None


def plug_json(row: PlugRow) -> dict[str, Any]:
    switch, command = row.switch, row.command
    plain = ("state", "read_at", "state_since", "held_by", "held_until", "failures", "retry_at")
    ways = [
        {"id": miner.pk, "name": miner.name, "way_off": way.way.value, "words": way.words} for miner, way in row.ways
    ]
    return {
        **{name: getattr(switch, name) for name in (*EDITABLE, *plain)},
        "id": switch.pk,
        "on": row.is_on,
        "meter": row.meter,
        "power_w": row.power_w,
        "miners": ways,
        "going": None if command is None else "on" if command.on else "off",
        "note": row.note,
        "trouble": row.trouble,
    }


def one(pk: int) -> dict[str, Any]:
    """Return one plug as it is now."""
    return next(plug_json(row) for row in plug_rows(read_clock()) if row.switch.pk == pk)


def store(switch: PowerSwitch | None, values: dict[str, Any], actor: str, status: int) -> Any:
    """Check like the form and store, or name each field that is wrong."""
    form = PlugForm({**values, "miners": values.pop("miner_ids")}, instance=switch)
    if not form.is_valid():
        return wrong_fields(form, miners="miner_ids", __all__="entity")
    said = form.cleaned_data
    stored = save_plug(
        form.save(commit=False),
        miner_ids=[miner.pk for miner in said["miners"]],
        meter_entity=said["meter"],
        actor=actor,
        now=read_clock(),
    )
    return status, one(stored.pk)


def as_it_is(switch: PowerSwitch) -> dict[str, Any]:
    meter = PowerMeter.objects.filter(switch=switch).values_list("entity", flat=True).first()
    linked = list(Miner.objects.filter(plug=switch).values_list("pk", flat=True))
    return {**{name: getattr(switch, name) for name in EDITABLE}, "meter": meter or "", "miner_ids": linked}


@router.get("", response=list[PlugOut], summary="Every plug with what hangs on it")
def list_plugs(request: HttpRequest) -> list[dict[str, Any]]:
    caller(request)
    return [plug_json(row) for row in plug_rows(read_clock())]


@router.get("/{plug_id}", response=PlugOut, summary="One plug")
def get_plug(request: HttpRequest, plug_id: RowId) -> dict[str, Any]:
    caller(request)
    return one(get_object_or_404(PowerSwitch, pk=plug_id).pk)


@router.post("", response={201: PlugOut}, summary="Link a plug")
def add_plug(request: HttpRequest, plug: PlugIn) -> Any:
    who = caller(request, "control")
    return store(None, plug.dict(), who.actor, HTTPStatus.CREATED)


@router.patch("/{plug_id}", response={200: PlugOut}, summary="Change a plug, its miners or its meter")
def patch_plug(request: HttpRequest, plug_id: RowId, changes: PlugPatch) -> Any:
    who = caller(request, "control")
    switch = get_object_or_404(PowerSwitch, pk=plug_id)
    given = {name: value for name, value in changes.dict(exclude_unset=True).items() if value is not None}
    return store(switch, as_it_is(switch) | given, who.actor, HTTPStatus.OK)


@router.delete("/{plug_id}", response={204: None}, summary="Forget a plug; it stays as it is")
def forget_plug(request: HttpRequest, plug_id: RowId) -> tuple[int, None]:
    who = caller(request, "control")
    remove_plug(get_object_or_404(PowerSwitch, pk=plug_id), actor=who.actor, now=read_clock())
    return HTTPStatus.NO_CONTENT, None


@router.get("/{plug_id}/commands", response=list[PlugCommandOut], summary="Its switchings, newest first")
@paginate(Pages)
def list_commands(request: HttpRequest, plug_id: RowId) -> Any:
    caller(request)
    return PlugCommand.objects.filter(switch=get_object_or_404(PowerSwitch, pk=plug_id))


@router.post("/{plug_id}/switch", response={202: SwitchAnswer}, summary="Switch a plug, as a person's hand")
def switch_plug(request: HttpRequest, plug_id: RowId, wanted: SwitchIn) -> tuple[int, dict[str, Any]]:
    """Write a command; whether the plug took it is told by its row, which a state read afterwards proves."""
    who = caller(request, "control")
    switch = get_object_or_404(PowerSwitch, pk=plug_id)
    made = request_plug(switch, on=wanted.on, actor=who.actor, reason="Over the API.", now=read_clock(), by_hand=True)
    words = words_for_hand(switch, on=wanted.on, is_going=made is not None)
    return HTTPStatus.ACCEPTED, {"detail": words, "command": made}
