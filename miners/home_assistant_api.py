"""The connection to Home Assistant over REST, and what it knows. The token goes in and never comes out."""

from datetime import datetime
from http import HTTPStatus
from typing import Any, Literal

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router, Schema

from hmm.accounts.api import caller
from hmm.clock import now as read_clock
from hmm.rest import Body, PlainText, RowId, refusal, wrong_fields
from hmm.secrets import is_kept
from miners.models import HomeAssistantServer, Miner, PowerMeter, PowerSwitch
from miners.outlets import suggested_plugs
from miners.plug_forms import ConnectionForm
from miners.services.home_assistant import ask_in_background, connection, save_connection
from miners.services.plug_links import set_miner_meter

router = Router(tags=["plugs"])
miner_router = Router(tags=["miners"])
TYPED = ("url", "verify_tls", "enabled")
SHOWN = (*TYPED, "version", "checked_at", "ok_at", "down_since", "error_code", "error_text")


class ConnectionOut(Schema):
    """The connection and how it is. `trouble` says why plugs cannot be switched now, empty when they can."""

    url: str
    has_token: bool
    verify_tls: bool
    enabled: bool
    trouble: str
    version: str
    checked_at: datetime | None
    ok_at: datetime | None
    down_since: datetime | None
    error_code: str
    error_text: str
    switch_count: int
    meter_count: int


class ConnectionPatch(Body):
    """What may be changed; absent fields stay. Another address wants the token typed again."""

    url: PlainText | None = None
    token: PlainText | None = None
    verify_tls: bool | None = None
    enabled: bool | None = None


class AskStarted(Schema):
    """The job that asks Home Assistant and tells what answered."""

    job_id: int


class EntityOut(Schema):
    """A switch or a power sensor that Home Assistant knows, and the id of the plug it is linked as."""

    entity: str
    name: str
    kind: Literal["switch", "meter"]
    plug_id: int | None


class SuggestionOut(Schema):
    """A plug that may be a miner's by its name; one that Home Assistant does not know is only a good name for it."""

    miner_id: int
    miner: str
    entity: str
    name: str
    exists: bool


class MeterOut(Schema):
    """A power sensor with what it measures: a plug, or one miner. Watts are null when they are old."""

    entity: str
    name: str
    plug_id: int | None
    miner_id: int | None
    power_w: float | None
    read_at: datetime | None


class MeterIn(Body):
    """The power sensor of one miner; empty takes it away."""

    entity: PlainText = ""


def connection_json(server: HomeAssistantServer) -> dict[str, Any]:
    kinds = [item["kind"] for item in server.found]
    return {
        **{name: getattr(server, name) for name in SHOWN},
        "has_token": is_kept(server, "token"),
        "trouble": server.trouble(read_clock()),
        "switch_count": kinds.count("switch"),
        "meter_count": kinds.count("meter"),
    }


def meter_json(meter: PowerMeter) -> dict[str, Any]:
    return {
        "entity": meter.entity,
        "name": meter.name,
        "plug_id": meter.switch_id,
        "miner_id": meter.miner_id,
        "power_w": meter.watts_at(read_clock()),
        "read_at": meter.read_at,
    }


def stored() -> HomeAssistantServer:
    return HomeAssistantServer.objects.filter(pk=1).first() or HomeAssistantServer(pk=1)


@router.get("", response=ConnectionOut, summary="The connection to Home Assistant")
def get_connection(request: HttpRequest) -> dict[str, Any]:
    caller(request)
    return connection_json(stored())


@router.patch("", response={200: ConnectionOut}, summary="Connect Home Assistant; it is tried in the background")
def patch_connection(request: HttpRequest, changes: ConnectionPatch) -> Any:
    who = caller(request, "control")
    server = connection()
    given = {name: value for name, value in changes.dict(exclude_unset=True).items() if value is not None}
    values = {name: getattr(server, name) for name in TYPED} | given
    form = ConnectionForm({**values, "new_token": given.get("token", "")}, instance=server)
    if not form.is_valid():
        return wrong_fields(form, new_token="token", __all__="url")  # noqa: S106  # names
    said = {name: form.cleaned_data[name] for name in (*TYPED, "new_token")}
    try:
        saved = save_connection(**said, actor=who.actor, now=read_clock())
    except ValueError as error:
        return refusal(HTTPStatus.UNPROCESSABLE_ENTITY, str(error), {"token": str(error)})
    return HTTPStatus.OK, connection_json(saved)


@router.post("/test", response={202: AskStarted}, summary="Ask Home Assistant now")
def ask_now(request: HttpRequest) -> tuple[int, dict[str, int]]:
    who = caller(request, "control")
    return HTTPStatus.ACCEPTED, {"job_id": ask_in_background(actor=who.actor, now=read_clock()).pk}


@router.get("/entities", response=list[EntityOut], summary="The switches and power sensors it knows")
def entities(request: HttpRequest) -> list[dict[str, Any]]:
    caller(request)
    linked = {meter.entity: meter.switch_id for meter in PowerMeter.objects.all()}
    linked |= dict(PowerSwitch.objects.values_list("entity", "pk"))
    return [{**item, "plug_id": linked.get(item["entity"])} for item in stored().found]


@router.get("/suggestions", response=list[SuggestionOut], summary="Plugs that may be a miner's by their names")
def suggestions(request: HttpRequest) -> list[dict[str, Any]]:
    caller(request)
    return [
        {
            "miner_id": one.miner.pk,
            "miner": one.miner.name,
            "entity": one.entity,
            "name": one.name,
            "exists": one.exists,
        }
        for one in suggested_plugs(read_clock())
    ]


@router.get("/meters", response=list[MeterOut], summary="Power sensors and what they measure")
def meters(request: HttpRequest) -> list[dict[str, Any]]:
    caller(request)
    return [meter_json(meter) for meter in PowerMeter.objects.all()]


@miner_router.put("/{miner_id}/meter", response={200: MeterOut | None}, summary="Measure a miner by its own sensor")
def put_meter(request: HttpRequest, miner_id: RowId, wanted: MeterIn) -> Any:
    who = caller(request, "control")
    miner = get_object_or_404(Miner, pk=miner_id)
    try:
        set_miner_meter(miner, wanted.entity.strip().lower(), actor=who.actor, now=read_clock())
    except ValueError as error:
        return refusal(HTTPStatus.UNPROCESSABLE_ENTITY, str(error), {"entity": str(error)})
    meter = PowerMeter.objects.filter(miner=miner).first()
    return HTTPStatus.OK, meter_json(meter) if meter is not None else None
