"""The one list of ways to send."""

from typing import Any

from notifications.transports.base import Transport
from notifications.transports.discord.transport import Discord
from notifications.transports.email.transport import Email
from notifications.transports.ntfy.transport import Ntfy
from notifications.transports.telegram.transport import Telegram
from notifications.transports.webhook.transport import Webhook

TRANSPORTS: dict[str, type[Transport]] = {item.kind: item for item in (Telegram, Discord, Webhook, Ntfy, Email)}


def transport_choices() -> list[tuple[str, str]]:
    return [(kind, item.label) for kind, item in TRANSPORTS.items()]


def transport_for(kind: str, config: dict[str, Any]) -> Transport:
    """Return the transport of a channel. Raise KeyError for a kind that is no more."""
    return TRANSPORTS[kind](config)
