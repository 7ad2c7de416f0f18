"""Somebody's webhook on loopback: it checks the signature when it has a secret. It also stands in for ntfy."""

import hashlib
import hmac
import json
from typing import Any

from hmm.simulation.server import Reply, Simulator


class WebhookSimulator(Simulator):
    """It keeps what was posted. `fault` may also be limit (429) or gone (410)."""

    known_faults = Simulator.known_faults | {"limit", "gone"}

    def __init__(self, *, secret: str = "", token: str = "", **options: Any) -> None:  # none by default
        super().__init__(**options)
        self.secret, self.token = secret, token
        self.messages: list[dict[str, Any]] = []

    def respond(self, method: str, path: str, body: bytes, headers: Any) -> Reply:
        del method, path
        if self.fault == "limit":
            return Reply(429, {"retry_after": 3})
        if self.fault == "gone":
            return Reply(410)
        if self.token and headers.get("Authorization") != f"Bearer {self.token}":
            return Reply(403, {"error": "forbidden"})
        signed = f"{headers.get('X-HMM-Timestamp', '')}.".encode() + body
        wanted = "sha256=" + hmac.new(self.secret.encode(), signed, hashlib.sha256).hexdigest()
        if self.secret and not hmac.compare_digest(wanted, headers.get("X-HMM-Signature", "")):
            return Reply(401, {"error": "the signature does not fit"})
        self.messages.append(json.loads(body))
        return Reply(200, {"id": f"m{len(self.messages)}"})
