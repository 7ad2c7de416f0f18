"""Discord's webhooks: the address a person copies, and embeds by severity. Pure."""

import re
from typing import Any

from notifications.markup import cut, discord_of, printable
from notifications.transports.base import Message

WEBHOOK = re.compile(
    r"https://(?:(?:ptb|canary)\.)?discord(?:app)?\.com/api(?:/v\d+)?/webhooks/(\d{5,25})/([A-Za-z0-9_-]{20,120})/?"
)
COLOURS = {"info": 0x3498DB, "warning": 0xF1C40F, "danger": 0xE67E22, "critical": 0xE74C3C}
GOOD = 0x2ECC71
TITLE_MAX, DESCRIPTION_MAX = 256, 4096


def webhook_of(url: str) -> tuple[str, str] | None:
    """Return the id and token of a webhook's address, None for any other address."""
    found = WEBHOOK.fullmatch(url.strip())
    return (found.group(1), found.group(2)) if found else None


def body_of(message: Message) -> dict[str, Any]:
    """Return the body: one embed, and nobody is mentioned whatever a name says."""
    embed: dict[str, Any] = {
        "title": cut(printable(message.title) or "Message", TITLE_MAX),
        "description": cut(discord_of(message.spans) or "-", DESCRIPTION_MAX),
        "color": GOOD if message.is_close else COLOURS.get(message.severity, COLOURS["info"]),
        "timestamp": message.occurred_at.isoformat(),
        "footer": {"text": f"Home Miner Manager · {message.severity}"},
    }
    if message.link:
        embed["url"] = message.link
    return {"username": "Home Miner Manager", "embeds": [embed], "allowed_mentions": {"parse": []}}
