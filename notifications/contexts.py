"""What the pages of notifications show, from the database."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from notifications.events import EVENTS, FIELDS, EventType, event_choices
from notifications.markup import discord_of, html_of, plain_of, spans_of
from notifications.messages import template_of
from notifications.models import Channel, Delivery, DeliveryStatus, EventChoice

LOG_SHOWN = 100
EXAMPLE = {
    "label": "Shed Ultra",
    "title": "unreachable",
    "detail": "No answer from 192.168.1.40:80 in 5 s. Is the miner powered?",
    "duration": "Still so, for 60 min.",
    "severity": "warning",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRow:
    """One event in the list."""

    event: EventType
    enabled: bool
    is_own: bool
    often: str


def event_rows() -> list[EventRow]:
    choices = {row.event: row for row in EventChoice.objects.all()}
    rows = []
    for event in EVENTS.values():
        if event.key == "test":
            continue
        chosen = choices.get(event.key)
        minutes = round(event.cooldown.total_seconds() / 60)
        rows.append(
            EventRow(
                event=event,
                enabled=chosen is None or chosen.enabled,
                is_own=chosen is not None and bool(chosen.template),
                often=f"every {minutes} min" if minutes else "at once",
            )
        )
    return rows


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelRow:
    """One channel in the list."""

    channel: Channel
    waiting: int
    words: str


def channel_rows() -> list[ChannelRow]:
    waiting: dict[int, int] = {}
    for pk in Delivery.objects.filter(status=DeliveryStatus.WAITING).values_list("channel", flat=True):
        waiting[pk] = waiting.get(pk, 0) + 1
    return [
        ChannelRow(channel=channel, waiting=waiting.get(channel.pk, 0), words=words_of_channel(channel))
        for channel in Channel.objects.defer("sealed")
    ]


def words_of_channel(channel: Channel) -> str:
    """Say what goes through a channel."""
    words = [
        f"from {channel.get_minimum_severity_display().lower()} up" if channel.minimum_severity != "info" else ""
    ]
    words.append(f"{len(channel.events)} events" if channel.events else "")
    words.append(f"{len(channel.subjects)} miners" if channel.subjects else "")
    if channel.quiet_from and channel.quiet_until:
        words.append(f"quiet {channel.quiet_from:%H:%M}–{channel.quiet_until:%H:%M}, critical passes")
    return " · ".join(word for word in words if word) or "everything"


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteRow:
    """One event, and whether each channel gets it."""

    event: EventType
    cells: list[tuple[Channel, bool]]


def routes_context() -> dict[str, object]:
    """Return the table of which events go to which channel."""
    channels = list(Channel.objects.defer("sealed"))
    rows = [
        RouteRow(
            event=EVENTS[key],
            cells=[(channel, not channel.events or key in channel.events) for channel in channels],
        )
        for key, _label in event_choices()
    ]
    return {"channels": channels, "rows": rows}


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """One text as each service shows it, for an example."""

    html: str
    discord: str
    plain: str


def preview_of(event: str, template: str, *, now: datetime) -> Preview:
    values = {**EXAMPLE, "event": EVENTS[event].label, "time": timezone.localtime(now).strftime("%H:%M %Z")}
    spans = spans_of(template or EVENTS[event].template, values)
    return Preview(html=html_of(spans, "<br>"), discord=discord_of(spans), plain=plain_of(spans))


def text_context(event: str, *, now: datetime) -> dict[str, object]:
    """Return what the page of an event's words begins with."""
    words = template_of(event)
    return {"event": EVENTS[event], "fields": FIELDS, "preview": preview_of(event, words, now=now)}


def newest_deliveries() -> list[Delivery]:
    return list(Delivery.objects.select_related("channel").defer("channel__sealed", "message")[:LOG_SHOWN])
