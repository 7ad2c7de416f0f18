"""Channels, what a household chose about events, and the test message."""

import json
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from hmm.audit.services import record
from hmm.secrets import SecretUnreadableError
from notifications.events import EVENTS, FIELDS, event_choices
from notifications.markup import fields_of, printable
from notifications.models import Channel, EventChoice, House, Severity
from notifications.services.routing import house
from notifications.services.sending import mend_channel
from notifications.transports.base import Message, TransportError
from notifications.transports.registry import TRANSPORTS, transport_for

TEMPLATE_MAX = 2000
SHOWN = ("name", "kind", "enabled", "minimum_severity", "events", "subjects", "quiet_from", "quiet_until")


class ChannelError(ValueError):
    """What was typed cannot be; `fields` names each."""

    def __init__(self, fields: dict[str, str]) -> None:
        super().__init__(" ".join(fields.values()))
        self.fields = fields


def config_of(channel: Channel) -> dict[str, Any]:
    """Return the settings of a channel; those that cannot be read any more are empty."""
    try:
        return channel.config
    except (SecretUnreadableError, ValueError):
        return {}


def merged_config(kind: str, old: dict[str, Any], typed: dict[str, str]) -> dict[str, str]:
    """Return the settings to store: an empty secret keeps the stored one. Raise ChannelError by field."""
    if kind not in TRANSPORTS:
        raise ChannelError({"kind": "There is no such kind of channel."})
    transport = TRANSPORTS[kind]
    config = {}
    for setting in transport.settings:
        value = printable(typed.get(setting.name, "")).strip()
        config[setting.name] = value or (str(old.get(setting.name, "")) if setting.secret else setting.default)
    missing = {
        setting.name: "This is needed."
        for setting in transport.settings
        if setting.required and not config[setting.name]
    }
    wrong = {**transport.check(config), **missing}
    if wrong:
        raise ChannelError(wrong)
    return config


def shown(channel: Channel) -> dict[str, Any]:
    return {name: str(value) if hasattr(value := getattr(channel, name), "hour") else value for name in SHOWN}


def save_channel(channel: Channel, *, typed: dict[str, str], actor: str, now: datetime) -> Channel:
    """Store a channel that was made or changed; it is taken to work again. Raise ChannelError by field."""
    stored = Channel.objects.defer("sealed").filter(pk=channel.pk).first() if channel.pk else None
    config = merged_config(channel.kind, config_of(stored) if stored else {}, typed)
    fields = [*SHOWN, "sealed"]
    channel.sealed = json.dumps(config)
    with transaction.atomic():
        channel.save(update_fields=fields if stored else None)
        if stored is not None:
            mend_channel(channel, now=now)
        record(
            actor=actor,
            action="channel.edit" if stored else "channel.add",
            target=channel,
            before=shown(stored) if stored else None,
            after=shown(channel),
            at=now,
        )
    return channel


def set_channel_enabled(channel: Channel, enabled: bool, *, actor: str, now: datetime) -> bool:
    """Switch a channel on or off; False when it was so already."""
    with transaction.atomic():
        if not Channel.objects.filter(pk=channel.pk, enabled=not enabled).update(enabled=enabled):
            return False
        record(actor=actor, action="channel.on" if enabled else "channel.off", target=channel, at=now)
    return True


def set_channel_events(channel: Channel, chosen: Collection[str], *, actor: str, now: datetime) -> bool:
    """Choose what goes through a channel; all is stored as no limit. Raise ChannelError for none at all."""
    every = [key for key, _label in event_choices()]
    wanted = [key for key in every if key in chosen]
    if not wanted:
        raise ChannelError({"events": f"{channel.name}: choose an event, or switch the channel off."})
    kept = [] if wanted == every else wanted
    if set(kept) == set(channel.events):
        return False
    with transaction.atomic():
        Channel.objects.filter(pk=channel.pk).update(events=kept)
        record(
            actor=actor,
            action="channel.edit",
            target=channel,
            before={"events": channel.events},
            after={"events": kept},
            at=now,
        )
    return True


def remove_channel(channel: Channel, *, actor: str, now: datetime) -> None:
    """Forget a channel with what waits in it."""
    with transaction.atomic():
        record(actor=actor, action="channel.remove", target=channel, before=shown(channel), at=now)
        mend_channel(channel, now=now)
        channel.delete()


def send_test(channel: Channel, *, now: datetime) -> tuple[bool, str]:
    """Send a test message now and return whether it went, and what the service answered."""
    message = Message(
        key=f"hmm-test-{channel.pk}-{int(now.timestamp())}",
        event="test",
        severity=Severity.INFO,
        title="Test message",
        spans=(("bold", "Home Miner Manager"), ("", " reaches you here.")),
        occurred_at=now,
    )
    try:
        answer = transport_for(channel.kind, channel.config).send(message)
    except (TransportError, SecretUnreadableError) as error:
        return False, str(error)
    except KeyError:
        return False, "There is no such kind of channel any more."
    mend_channel(channel, now=now)
    Channel.objects.filter(pk=channel.pk).update(delivered_at=now)
    return True, f"{channel.get_kind_display()} took it ({answer})." if answer else "It was taken."


def set_event(
    event: str, *, actor: str, now: datetime, enabled: bool | None = None, template: str | None = None
) -> EventChoice:
    """Choose whether an event is told, or its words; empty words take the standard ones. Raise ChannelError."""
    if event not in EVENTS:
        raise ChannelError({"event": "There is no such event."})
    row = EventChoice.objects.filter(event=event).first() or EventChoice(event=event)
    before = {"enabled": row.enabled, "template": row.template}
    if enabled is not None:
        row.enabled = enabled
    if template is not None:
        row.template = checked_template(template)
    after = {"enabled": row.enabled, "template": row.template}
    if before == after:
        return row
    with transaction.atomic():
        row.save()
        record(actor=actor, action="event.edit", target=row, before=before, after=after, at=now)
    return row


def checked_template(text: str) -> str:
    """Return the words of an event as they are kept. Raise ChannelError for a field that does not exist."""
    words = printable(text.replace("\r\n", "\n")).strip()
    unknown = sorted(fields_of(words) - set(FIELDS))
    if unknown:
        raise ChannelError({"template": f"There is no field {unknown[0]!r:.40}. There are: {', '.join(FIELDS)}."})
    if len(words) > TEMPLATE_MAX:
        raise ChannelError({"template": f"At most {TEMPLATE_MAX} characters, please."})
    return words


def set_house(values: dict[str, Any], *, actor: str, now: datetime) -> House:
    """Store what concerns all channels: price limits in p/kWh."""
    row = house()
    before = {name: getattr(row, name) for name in values}
    if before == values:
        return row
    with transaction.atomic():
        for name, value in values.items():
            setattr(row, name, value)
        row.save(update_fields=list(values))
        record(actor=actor, action="notifications.edit", before=before, after=values, at=now)
    return row


def set_maintenance(minutes: int, *, actor: str, now: datetime) -> House:
    """Tell nothing but what is critical for so many minutes; 0 ends it."""
    until = now + timedelta(minutes=minutes) if minutes else None
    return set_house({"maintenance_until": until}, actor=actor, now=now)
