"""Discord's webhooks on loopback, with its limits on embeds."""

import json
from typing import Any

from hmm.simulation.server import Reply, Simulator

IDENTITY = "223704706495545344"
TOKEN = "simulated" * 7  # no secret: simulated
WEBHOOK_URL = f"https://discord.com/api/webhooks/{IDENTITY}/{TOKEN}"


class DiscordSimulator(Simulator):
    """One webhook. `fault` may also be limit (429 with `retry_after_s`) or deleted (404)."""

    known_faults = Simulator.known_faults | {"limit", "deleted"}

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.messages: list[dict[str, Any]] = []
        self.retry_after_s = 2.5

    def describe(self) -> dict[str, Any]:
        return {**super().describe(), "messages": self.messages[-50:]}

    def respond(self, method: str, path: str, body: bytes, headers: Any) -> Reply:
        del headers
        address, _mark, query = path.partition("?")
        if self.fault == "limit":
            told = {"message": "You are being rate limited.", "retry_after": self.retry_after_s, "global": False}
            return Reply(429, told, headers={"Retry-After": str(int(self.retry_after_s) + 1)})
        if method != "POST" or not address.endswith(f"/webhooks/{IDENTITY}/{TOKEN}") or self.fault == "deleted":
            return Reply(404, {"message": "Unknown Webhook", "code": 10015})
        asked = json.loads(body)
        if not fits(asked):
            return Reply(400, {"embeds": ["0"], "message": "Invalid Form Body"})
        self.messages.append(asked)
        return Reply(200, {"id": str(10**17 + len(self.messages))}) if "wait=true" in query else Reply(204)


def fits(asked: dict[str, Any]) -> bool:
    """Tell whether every part of a body is within Discord's limits."""
    embeds = asked.get("embeds", [])
    total = 0
    for embed in embeds:
        title, words = embed.get("title", ""), embed.get("description", "")
        total += len(title) + len(words) + len(embed.get("footer", {}).get("text", ""))
        if not title or not words or len(title) > 256 or len(words) > 4096 or not 0 <= embed.get("color", 0) < 2**24:
            return False
    return 0 < len(embeds) <= 10 and total <= 6000
