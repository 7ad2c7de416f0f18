"""Discord by the webhook of a channel."""

from typing import Any, ClassVar

from django.conf import settings as django_settings

from notifications.markup import printable
from notifications.transports.base import Message, PermanentError, Setting
from notifications.transports.discord import wire
from notifications.transports.opener import post, raise_for


class Discord:
    """One webhook."""

    kind: ClassVar[str] = "discord"
    label: ClassVar[str] = "Discord"
    steps: ClassVar[tuple[str, ...]] = (
        "In Discord, open the channel's settings: Integrations, Webhooks, New webhook.",
        "Copy the webhook's URL and paste it here.",
    )
    settings: ClassVar[tuple[Setting, ...]] = (
        Setting(name="url", label="Webhook URL", help="https://discord.com/api/webhooks/…", secret=True),
    )

    def __init__(self, config: dict[str, Any]) -> None:
        self._parts = wire.webhook_of(str(config.get("url", "")))

    @staticmethod
    def check(config: dict[str, Any]) -> dict[str, str]:
        if wire.webhook_of(str(config.get("url", ""))) is None:
            return {"url": "Copy the whole webhook URL, it begins with https://discord.com/api/webhooks/."}
        return {}

    def send(self, message: Message) -> str:
        if self._parts is None:
            raise PermanentError("The webhook's URL is damaged. Paste it again.")
        identity, token = self._parts
        url = f"{django_settings.HMM_DISCORD_URL.rstrip('/')}/webhooks/{identity}/{token}?wait=true"
        answer = post(url, wire.body_of(message), trusted=True, service="Discord")
        told = answer.json if isinstance(answer.json, dict) else {}
        if answer.status == 404:
            raise PermanentError("Discord answered 404: the webhook was deleted. Make a new one and paste its URL.")
        raise_for(answer, "Discord", printable(told.get("message", "")))
        return str(told.get("id", ""))[:120]
