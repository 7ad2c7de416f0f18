"""Telegram's bot API: our words into its bodies, its updates into our words. Pure."""

import re
from typing import Any

from notifications.markup import html_of, printable
from notifications.transports.base import Message, Spoken

TOKEN = re.compile(r"\d{5,20}:[A-Za-z0-9_-]{20,80}")
CHAT = re.compile(r"-?\d{1,20}|@[A-Za-z0-9_]{4,40}")
MARKS = {"info": "ℹ️", "warning": "⚠️", "danger": "🟠", "critical": "🔴"}
ALLOWED_UPDATES = ["message", "callback_query"]


def body_of(message: Message, chat: str) -> dict[str, Any]:
    """Return the body of sendMessage; buttons only below an incident that is open."""
    mark = "✅" if message.is_close else MARKS.get(message.severity, "")
    body: dict[str, Any] = {
        "chat_id": int(chat) if chat.lstrip("-").isdigit() else chat,
        "text": f"{mark} {html_of(message.spans)}".strip(),
        "parse_mode": "HTML",
        "disable_notification": message.severity == "info",
        "link_preview_options": {"is_disabled": True},
    }
    if message.incident_id is not None and not message.is_close:
        row = [
            {"text": "Acknowledge", "callback_data": f"ack:{message.incident_id}"},
            {"text": "Snooze 1 h", "callback_data": f"snooze:{message.incident_id}"},
        ]
        # Telegram opens only addresses it believes in; a bare host name of the house is refused with 400.
        if message.link.startswith("https://"):
            row.append({"text": "Open", "url": message.link})
        body["reply_markup"] = {"inline_keyboard": [row]}
    return body


def description_of(answer: Any) -> str:
    told = answer.get("description") if isinstance(answer, dict) else None
    return printable(told)[:150] if isinstance(told, str) else ""


def message_id_of(answer: Any) -> str:
    result = answer.get("result") if isinstance(answer, dict) else None
    return str(result.get("message_id", "")) if isinstance(result, dict) else ""


def moved_chat_of(answer: Any) -> str:
    """Return the new id of a group that became a supergroup, empty if none is told."""
    told = answer.get("parameters") if isinstance(answer, dict) else None
    new = told.get("migrate_to_chat_id") if isinstance(told, dict) else None
    return str(new) if isinstance(new, int) else ""


def spoken_of(answer: Any) -> list[Spoken]:
    """Return what persons wrote or pressed; what cannot be read still moves the offset on."""
    rows = answer.get("result") if isinstance(answer, dict) else None
    if not isinstance(rows, list):
        return []
    return [spoken for row in rows if isinstance(row, dict) and (spoken := one_spoken(row)) is not None]


def one_spoken(row: dict[str, Any]) -> Spoken | None:
    number = row.get("update_id")
    if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < 2**63:
        return None
    press = as_dict(row.get("callback_query"))
    message = as_dict(press.get("message")) if press else as_dict(row.get("message"))
    who = as_dict(press.get("from")) if press else as_dict(message.get("from"))
    name = printable(who.get("username") or who.get("first_name") or who.get("id") or "")[:60]
    identity = message.get("message_id")
    return Spoken(
        update_id=number,
        user_id=str(who.get("id", "")),
        user_name=name,
        chat_id=str(as_dict(message.get("chat")).get("id", "")),
        text="" if press else printable(message.get("text") or "")[:500],
        press=printable(press.get("data") or "")[:64],
        press_id=str(press.get("id", ""))[:80],
        message_id=identity if isinstance(identity, int) else None,
        pressed_text=printable(message.get("text") or "")[:3500] if press else "",
    )


def as_dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
