"""A webhook of one's own: JSON, signed when a secret is given."""

from typing import Any, ClassVar

from hmm.clock import now as read_clock
from notifications.transports.base import Message, Setting
from notifications.transports.opener import is_web_address, post, raise_for
from notifications.transports.webhook import wire


class Webhook:
    """One address."""

    kind: ClassVar[str] = "webhook"
    label: ClassVar[str] = "Webhook"
    steps: ClassVar[tuple[str, ...]] = (
        "Give the address that takes a POST with JSON.",
        "With a secret, each call carries X-HMM-Timestamp and X-HMM-Signature: check them and refuse old ones.",
    )
    settings: ClassVar[tuple[Setting, ...]] = (
        Setting(name="url", label="Address", help="Such as http://192.168.1.5:8123/api/webhook/…", secret=True),
        Setting(name="secret", label="Secret", help="Signs each call; optional.", secret=True, required=False),
    )

    def __init__(self, config: dict[str, Any]) -> None:
        self._url, self._secret = str(config.get("url", "")), str(config.get("secret", ""))

    @staticmethod
    def check(config: dict[str, Any]) -> dict[str, str]:
        if not is_web_address(str(config.get("url", ""))):
            return {"url": "Write an address such as https://example.org/hook."}
        return {}

    def send(self, message: Message) -> str:
        body = wire.body_of(message)
        headers = wire.signature_of(body, self._secret, read_clock()) if self._secret else {}
        answer = post(self._url, body, trusted=False, service="The webhook", headers=headers)
        raise_for(answer, "The webhook")
        return f"answered {answer.status}"
