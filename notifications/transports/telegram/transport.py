"""Telegram: messages with buttons, and what persons answer, by long polling."""

from typing import Any, ClassVar

from django.conf import settings as django_settings

from notifications.transports.base import Message, PermanentError, Setting, Spoken
from notifications.transports.opener import Answer, post, raise_for
from notifications.transports.telegram import wire

SERVICE = "Telegram"
REFUSED_FOR_GOOD = ("chat not found", "chat_id is empty", "bot was kicked", "blocked")


class Telegram:
    """One bot in one chat."""

    kind: ClassVar[str] = "telegram"
    label: ClassVar[str] = "Telegram"
    steps: ClassVar[tuple[str, ...]] = (
        "In Telegram, write to @BotFather: /newbot. It gives you a token.",
        "Open your new bot and press Start; in a group, add the bot to it.",
        "Write to @userinfobot to learn your own number; that of a group begins with a minus sign.",
    )
    settings: ClassVar[tuple[Setting, ...]] = (
        Setting(name="token", label="Bot token", help="Such as 123456789:AAE… from @BotFather.", secret=True),
        Setting(name="chat", label="Chat", help="A number, or @name of a public group."),
        Setting(
            name="people",
            label="Who may press and command",
            help="Numbers of persons, separated by commas. Empty: the person of a private chat only.",
            required=False,
        ),
    )

    def __init__(self, config: dict[str, Any]) -> None:
        self._token = str(config.get("token", ""))
        self.chat = str(config.get("chat", ""))
        self.people = {text.strip() for text in str(config.get("people", "")).split(",") if text.strip()}

    @staticmethod
    def check(config: dict[str, Any]) -> dict[str, str]:
        wrong: dict[str, str] = {}
        if not wire.TOKEN.fullmatch(str(config.get("token", ""))):
            wrong |= {"token": "That is no token. Copy all of it, it looks like 123456789:AAE…"}
        if not wire.CHAT.fullmatch(str(config.get("chat", ""))):
            wrong["chat"] = "Write the chat's number, or @name."
        people = [text.strip() for text in str(config.get("people", "")).split(",") if text.strip()]
        if not all(text.isascii() and text.isdigit() and len(text) < 20 for text in people):
            wrong["people"] = "Write numbers of persons, separated by commas."
        return wrong

    def send(self, message: Message) -> str:
        answer = self._call("sendMessage", wire.body_of(message, self.chat))
        moved = wire.moved_chat_of(answer.json)
        if moved:
            raise PermanentError(f"The group became a supergroup. Write {moved} as the chat.")
        words = wire.description_of(answer.json)
        if answer.status == 400 and any(text in words.lower() for text in REFUSED_FOR_GOOD):
            raise PermanentError(f"Telegram does not know this chat: {words}. Press Start in it, or correct it.")
        raise_for(answer, SERVICE, words)
        return wire.message_id_of(answer.json)

    # --- listening --------------------------------------------------------------------------------

    def updates(self, after: int, *, wait_s: int) -> list[Spoken]:
        """Wait for what persons write. Asking for what comes after `after` confirms all up to it."""
        body = {"offset": after + 1, "limit": 100, "timeout": wait_s, "allowed_updates": wire.ALLOWED_UPDATES}
        answer = self._call("getUpdates", body, total_s=wait_s + 10.0)
        raise_for(answer, SERVICE, wire.description_of(answer.json))
        return wire.spoken_of(answer.json)

    def may_speak(self, spoken: Spoken) -> bool:
        """Tell whether a person may act: in this chat, and listed, or alone in it."""
        if spoken.chat_id != self.chat or not spoken.user_id:
            return False
        return spoken.user_id in self.people if self.people else spoken.user_id == self.chat

    def say(self, text: str) -> None:
        raise_for(self._call("sendMessage", {"chat_id": self.chat, "text": text[:4000]}), SERVICE)

    def answer_press(self, spoken: Spoken, text: str, *, acted: bool) -> None:
        """Stop the button's spinning; take the buttons away from what was acted on."""
        self._call("answerCallbackQuery", {"callback_query_id": spoken.press_id, "text": text[:200]})
        if acted and spoken.message_id is not None:
            self._call(
                "editMessageReplyMarkup",
                {"chat_id": self.chat, "message_id": spoken.message_id, "reply_markup": {"inline_keyboard": []}},
            )

    def _call(self, method: str, body: dict[str, Any], *, total_s: float = 15.0) -> Answer:
        url = f"{django_settings.HMM_TELEGRAM_URL.rstrip('/')}/bot{self._token}/{method}"
        return post(url, body, trusted=True, service=SERVICE, total_s=total_s)
