"""Our own webhook: what is posted, and its signature. Pure."""

import hashlib
import hmac
import json
from datetime import datetime

from notifications.markup import plain_of
from notifications.transports.base import Message


def body_of(message: Message) -> bytes:
    told = {
        "event": message.event,
        "severity": message.severity,
        "title": message.title,
        "message": plain_of(message.spans),
        "subject": message.subject,
        "occurred_at": message.occurred_at.isoformat(),
        "dedup_key": message.key,
        "url": message.link,
        "is_over": message.is_close,
    }
    return json.dumps(told).encode()


def signature_of(body: bytes, secret: str, at: datetime) -> dict[str, str]:
    """Return the headers of a signed body: HMAC-SHA256 over the second, a point and the body."""
    second = str(int(at.timestamp()))
    digest = hmac.new(secret.encode(), second.encode() + b"." + body, hashlib.sha256).hexdigest()
    return {"X-HMM-Timestamp": second, "X-HMM-Signature": f"sha256={digest}"}
