"""Telegram's bot API on loopback: it keeps what was sent, checks it as the real one does, and hands out updates."""

import json
import re
import time
from typing import Any

from hmm.simulation.server import Reply, Simulator

TOKEN, CHAT = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw", "987654321"  # no secret: simulated
TAG = re.compile(r"</?(b|i|u|s|code|pre|a)(\s[^<>]*)?>")
TEXT_MAX = 4096


class TelegramSimulator(Simulator):
    """One bot. `fault` may also be limit (429 with `retry_after_s`), blocked (403) or
    silent (takes it and says nothing).
    """

    known_faults = Simulator.known_faults | {"limit", "blocked", "silent"}

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.messages: list[dict[str, Any]] = []
        self.answers: list[dict[str, Any]] = []
        self.edits: list[dict[str, Any]] = []
        self.updates: list[dict[str, Any]] = []
        self.retry_after_s = 7
        self.next_update = 1

    def describe(self) -> dict[str, Any]:
        return {**super().describe(), "messages": self.messages[-50:], "answers": self.answers[-20:]}

    def obey(self, order: dict[str, Any]) -> None:
        super().obey(order)
        if "write" in order:
            self.write(str(order["write"]))
        if "press" in order:
            self.press(str(order["press"]))

    def write(self, text: str, *, user: int = int(CHAT), chat: int = int(CHAT)) -> None:
        """Let a person write to the bot."""
        who = {"id": user, "is_bot": False, "first_name": "Demo", "username": "demo"}
        self._add({"message": {"message_id": 1, "from": who, "chat": {"id": chat}, "text": text}})

    def press(self, button: str, *, user: int = int(CHAT), chat: int = int(CHAT), message_id: int = 1) -> None:
        """Let a person press a button."""
        who = {"id": user, "is_bot": False, "first_name": "Demo"}
        message = {"message_id": message_id, "chat": {"id": chat}, "text": "A message"}
        self._add({"callback_query": {"id": "77", "from": who, "message": message, "data": button}})

    def _add(self, update: dict[str, Any]) -> None:
        with self._lock:
            self.updates.append({"update_id": self.next_update, **update})
            self.next_update += 1

    def respond(self, method: str, path: str, body: bytes, headers: Any) -> Reply:
        del method, headers
        token, _slash, name = path.removeprefix("/bot").partition("/")
        if token != TOKEN:
            return failure(401, "Unauthorized")
        if self.fault == "limit":
            words = f"Too Many Requests: retry after {self.retry_after_s}"
            return failure(429, words, parameters={"retry_after": self.retry_after_s})
        if self.fault == "blocked":
            return failure(403, "Forbidden: bot was blocked by the user")
        asked = json.loads(body) if body else {}
        answer: Reply = getattr(self, f"_do_{name}", lambda _asked: failure(404, "Not Found"))(asked)
        if self.fault == "silent":
            self._stopping.wait(1)
            return Reply(200, b"")
        return answer

    def _do_sendMessage(self, asked: dict[str, Any]) -> Reply:  # noqa: N802  # Telegram's name
        text = str(asked.get("text", ""))
        if str(asked.get("chat_id")) != CHAT:
            return failure(400, "Bad Request: chat not found")
        is_html = asked.get("parse_mode") == "HTML"
        bare = TAG.sub("", text) if is_html else text
        if not bare.strip():
            return failure(400, "Bad Request: message text is empty")
        if is_html and ("<" in bare or ">" in bare):
            return failure(400, "Bad Request: can't parse entities")
        if len(bare.encode("utf-16-le")) // 2 > TEXT_MAX:
            return failure(400, "Bad Request: message is too long")
        self.messages.append(asked)
        return success({"message_id": len(self.messages), "chat": {"id": int(CHAT)}, "date": 0, "text": bare})

    def _do_getUpdates(self, asked: dict[str, Any]) -> Reply:  # noqa: N802  # Telegram's name
        ends = time.monotonic() + min(25, int(asked.get("timeout", 0)))
        while True:
            with self._lock:
                self.updates = [row for row in self.updates if row["update_id"] >= int(asked.get("offset", 0))]
                if self.updates or time.monotonic() >= ends or self._stopping.is_set():
                    return success(list(self.updates[:100]))
            self._stopping.wait(0.1)

    def _do_answerCallbackQuery(self, asked: dict[str, Any]) -> Reply:  # noqa: N802  # Telegram's name
        self.answers.append(asked)
        return success(True)

    def _do_editMessageReplyMarkup(self, asked: dict[str, Any]) -> Reply:  # noqa: N802  # Telegram's name
        self.edits.append(asked)
        return success(True)


def success(result: Any) -> Reply:
    return Reply(200, {"ok": True, "result": result})


def failure(status: int, words: str, **more: Any) -> Reply:
    return Reply(status, {"ok": False, "error_code": status, "description": words, **more})
