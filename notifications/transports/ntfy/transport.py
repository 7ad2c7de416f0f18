"""ntfy, the public server or one's own."""

from typing import Any, ClassVar

from notifications.transports.base import Message, Setting
from notifications.transports.ntfy import wire
from notifications.transports.opener import is_web_address, post, raise_for


class Ntfy:
    """One topic."""

    kind: ClassVar[str] = "ntfy"
    label: ClassVar[str] = "ntfy"
    steps: ClassVar[tuple[str, ...]] = (
        "In the ntfy app, subscribe to a topic with a name nobody guesses.",
        "Write the same topic here; on your own server also its address.",
    )
    settings: ClassVar[tuple[Setting, ...]] = (
        Setting(name="url", label="Server", default="https://ntfy.sh"),
        Setting(name="topic", label="Topic", help="Whoever knows it can read along.", secret=True),
        Setting(name="token", label="Access token", help="Only if the server asks.", secret=True, required=False),
    )

    def __init__(self, config: dict[str, Any]) -> None:
        self._url, self._topic = str(config.get("url", "")), str(config.get("topic", ""))
        self._token = str(config.get("token", ""))

    @staticmethod
    def check(config: dict[str, Any]) -> dict[str, str]:
        wrong = {}
        if not is_web_address(str(config.get("url", ""))):
            wrong["url"] = "Write an address such as https://ntfy.sh."
        if not wire.TOPIC.fullmatch(str(config.get("topic", ""))):
            wrong["topic"] = "A topic has up to 64 letters, digits, - and _."
        token = str(config.get("token", ""))
        if not (token.isascii() and (token.isprintable() or not token)) or " " in token:
            wrong |= {"token": "That is no token."}
        return wrong

    def send(self, message: Message) -> str:
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        body = wire.body_of(message, self._topic)
        answer = post(self._url, body, trusted=False, service="ntfy", headers=headers)
        raise_for(answer, "ntfy")
        return str(answer.json.get("id", ""))[:120] if isinstance(answer.json, dict) else ""
