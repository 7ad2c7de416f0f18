"""ntfy: a topic, a priority and a text. Pure."""

import re
from typing import Any

from notifications.markup import cut, plain_of
from notifications.transports.base import Message

TOPIC = re.compile(r"[A-Za-z0-9_-]{1,64}")
PRIORITY = {"info": 2, "warning": 3, "danger": 4, "critical": 5}
TEXT_BYTES = 4096


def body_of(message: Message, topic: str) -> dict[str, Any]:
    """Return the body for the root of the server; a longer text would arrive as an attachment."""
    text = plain_of(message.spans).encode()[: TEXT_BYTES - 4].decode("utf-8", "ignore")
    body: dict[str, Any] = {
        "topic": topic,
        "title": cut(message.title, 200),
        "message": text or message.title,
        "priority": PRIORITY.get(message.severity, 3),
        "tags": ["white_check_mark"] if message.is_close else [],
    }
    if message.link:
        body["click"] = message.link
    return body
