"""Incidents and channels over REST; no secret is ever answered."""

from datetime import datetime

from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router, Schema
from ninja.errors import HttpError
from ninja.pagination import paginate

from hmm.accounts.api import caller
from hmm.clock import now as read_clock
from hmm.jobs.services import start_job
from hmm.rest import Body, Pages, PlainText, RowId
from notifications.models import Channel, Delivery, Incident
from notifications.services.channels import remove_channel, save_channel, set_channel_enabled
from notifications.services.incidents import acknowledge, snooze

router = Router(tags=["notifications"])


class IncidentOut(Schema):
    """Something that is or was wrong."""

    id: int
    kind: str
    subject: str
    label: str
    severity: str
    title: str
    detail: str
    opened_at: datetime
    closed_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str
    snoozed_until: datetime | None


class ChannelOut(Schema):
    """A channel without what it keeps secret."""

    id: int
    name: str
    kind: str
    enabled: bool
    minimum_severity: str
    events: list[str]
    subjects: list[str]
    broken_reason: str
    delivered_at: datetime | None


class ChannelIn(Body):
    """A channel to make; `config` holds what its kind needs, such as token and chat."""

    name: PlainText
    kind: PlainText
    config: dict[str, PlainText]


class ChannelChange(Body):
    """What of a channel changes."""

    enabled: bool


class DeliveryOut(Schema):
    """One message and where it stands."""

    id: int
    channel_id: int
    event: str
    severity: str
    title: str
    status: str
    created_at: datetime
    finished_at: datetime | None
    attempts: int
    provider_id: str
    error: str


class TestOut(Schema):
    """The job that shows what the service answers."""

    job_id: int


@router.get("/incidents", response=list[IncidentOut], operation_id="list_incidents")
@paginate(Pages)
def list_incidents(request: HttpRequest, open: bool | None = None) -> QuerySet[Incident]:  # the name in the address
    """List incidents, the newest first; `open` asks for those that are open, or not."""
    caller(request)
    rows = Incident.objects.all()
    return rows if open is None else rows.filter(closed_at__isnull=open)


@router.post("/incidents/{incident_id}/acknowledge", response=IncidentOut)
def acknowledge_incident(request: HttpRequest, incident_id: RowId) -> Incident:
    """Note that it was seen; acting twice changes nothing."""
    actor = caller(request, "control").actor
    acknowledge(get_object_or_404(Incident, pk=incident_id), actor=actor, now=read_clock())
    return Incident.objects.get(pk=incident_id)


@router.post("/incidents/{incident_id}/snooze", response=IncidentOut)
def snooze_incident(request: HttpRequest, incident_id: RowId) -> Incident:
    """Send no reminder for an hour."""
    actor = caller(request, "control").actor
    snooze(get_object_or_404(Incident, pk=incident_id), actor=actor, now=read_clock())
    return Incident.objects.get(pk=incident_id)


@router.get("/channels", response=list[ChannelOut], operation_id="list_channels")
def list_channels(request: HttpRequest) -> list[Channel]:
    """List the channels."""
    caller(request)
    return list(Channel.objects.defer("sealed"))


@router.post("/channels", response={201: ChannelOut}, operation_id="add_channel")
def add_channel(request: HttpRequest, given: ChannelIn) -> tuple[int, Channel]:
    """Make a channel."""
    actor = caller(request, "admin").actor
    name = given.name.strip()[:80]
    if not name or Channel.objects.filter(name=name).exists():
        raise HttpError(422, "Give it a name that no other channel has.")
    channel = Channel(name=name, kind=given.kind)
    return 201, save_channel(channel, typed=dict(given.config), actor=actor, now=read_clock())


@router.patch("/channels/{channel_id}", response=ChannelOut, operation_id="change_channel")
def change_channel(request: HttpRequest, channel_id: RowId, given: ChannelChange) -> Channel:
    """Switch a channel on or off."""
    actor = caller(request, "control").actor
    channel = get_object_or_404(Channel.objects.defer("sealed"), pk=channel_id)
    set_channel_enabled(channel, given.enabled, actor=actor, now=read_clock())
    return Channel.objects.defer("sealed").get(pk=channel_id)


@router.delete("/channels/{channel_id}", response={204: None}, operation_id="remove_channel")
def delete_channel(request: HttpRequest, channel_id: RowId) -> tuple[int, None]:
    """Forget a channel."""
    actor = caller(request, "admin").actor
    remove_channel(get_object_or_404(Channel.objects.defer("sealed"), pk=channel_id), actor=actor, now=read_clock())
    return 204, None


@router.post("/channels/{channel_id}/test", response={202: TestOut}, operation_id="test_channel")
def test_channel(request: HttpRequest, channel_id: RowId) -> tuple[int, dict[str, int]]:
    """Send a test message; the job shows the answer."""
    actor = caller(request, "control").actor
    channel = get_object_or_404(Channel.objects.defer("sealed"), pk=channel_id)
    title, arguments = f"Test of {channel.name}", {"channel": channel.pk}
    job = start_job(kind="test_channel", title=title, actor=actor, arguments=arguments, total=1, now=read_clock())
    return 202, {"job_id": job.pk}


@router.get("/deliveries", response=list[DeliveryOut], operation_id="list_deliveries")
@paginate(Pages)
def list_deliveries(request: HttpRequest) -> QuerySet[Delivery]:
    """List what was sent, the newest first."""
    caller(request)
    return Delivery.objects.defer("message")
