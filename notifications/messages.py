"""The words of a message: the template of its event with its fields, one for each thing or one for many."""

from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from hmm.look.addresses import page_of
from notifications.events import DEFAULT_TEXT, EVENTS
from notifications.markup import Span, cut, printable, shortened, spans_of
from notifications.models import Delivery, EventChoice, Notice, Phase
from notifications.rules import NAMES_MAX
from notifications.transports.base import Message

NAME_MAX = 80
CAUSES = {"network": "all in the network", "plug": "all behind one plug", "pool": "all on the pool"}


def duration_words(seconds: int | None) -> str:
    """Return "for 3 min" and the like; empty if unknown."""
    if seconds is None:
        return ""
    minutes = seconds // 60
    if minutes < 1:
        return f"{seconds} s"
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60:02d} min" if minutes < 48 * 60 else f"{minutes // 1440} days"


def template_of(event: str) -> str:
    """Return the words of an event: a household's own, else the standard ones."""
    own = EventChoice.objects.filter(event=event).values_list("template", flat=True).first()
    return own or EVENTS.get(event, EVENTS["other"]).template or DEFAULT_TEXT


def values_of(notice: Notice) -> dict[str, str]:
    """Return the fields a template may use."""
    event = EVENTS.get(notice.event, EVENTS["other"])
    lasted = duration_words(notice.lasted_s)
    words = {Phase.CLOSED: f"Over after {lasted}.", Phase.REMINDER: f"Still so, for {lasted}."}
    return {
        "label": notice.label,
        "title": notice.title if notice.phase != Phase.CLOSED else f"is no longer: {notice.title}",
        "detail": notice.detail if notice.phase != Phase.CLOSED else "",
        "duration": words.get(Phase(notice.phase), "") if lasted else "",
        "severity": notice.severity,
        "event": event.label,
        "time": timezone.localtime(notice.occurred_at).strftime("%H:%M %Z"),
    }


def words_of(members: Sequence[Notice], cause: str, severity: str) -> tuple[str, list[Span]]:
    """Return the title and the text of a message about one or many."""
    if len(members) == 1:
        values = values_of(members[0])
        return cut(printable(f"{cut(values['label'], NAME_MAX)}: {values['title']}"), 250), spans_of(
            template_of(members[0].event), values
        )
    return many(members, cause, is_complete=severity == "critical")


def many(members: Sequence[Notice], cause: str, *, is_complete: bool) -> tuple[str, list[Span]]:
    """Return one text about several; of what is critical every name is in it."""
    first = members[0]
    event = EVENTS.get(first.event, EVENTS["other"])
    word = {Phase.CLOSED: "over", Phase.REMINDER: "goes on"}.get(Phase(first.phase), "now")
    title = f"{event.label}, {word}: {len(members)}"
    kind, _colon, name = cause.partition(":")
    spans: list[Span] = [("bold", title)]
    if cause:
        spans.append(("", f" {CAUSES.get(kind, 'in common:')} {printable(name)}".rstrip()))
    shown = members if is_complete else members[:NAMES_MAX]
    most = max(8, 2800 // max(1, len(shown)) - 3) if is_complete else NAME_MAX
    spans += [("break", "\n"), ("", ", ".join(cut(printable(notice.label), min(NAME_MAX, most)) for notice in shown))]
    if len(shown) < len(members):
        spans.append(("", f" and {len(members) - len(shown)} more"))
    return title, shortened(spans)


def message_json(members: Sequence[Notice], spans: Sequence[Span], base: str) -> dict[str, Any]:
    """Return what is kept of a message until it is sent."""
    first = members[0]
    single = len(members) == 1
    return {
        "spans": [list(span) for span in spans],
        "subject": first.subject if single else "",
        "occurred_at": first.occurred_at.isoformat(),
        "link": link_to(first.subject if single else "", base),
        "is_close": first.phase == Phase.CLOSED,
    }


def link_to(subject: str, base: str) -> str:
    """Return the page of a subject, empty while nobody told how the pages are reached from outside."""
    if not base:
        return ""
    return base.rstrip("/") + (page_of(subject) if subject else "/")


def message_of(delivery: Delivery, *, again: bool = False) -> Message:
    """Return a queued message as transports take it; one that may repeat says so."""
    kept = delivery.message
    spans = [(str(style), str(text)) for style, text in kept.get("spans", [])]
    if again:
        spans += [("break", "\n"), ("italic", "This may be a repeat.")]
    is_close = bool(kept.get("is_close"))
    return Message(
        key=f"hmm-{delivery.pk}",
        event=delivery.event,
        severity=delivery.severity,
        title=printable(delivery.title),
        spans=tuple(spans),
        subject=str(kept.get("subject", "")),
        occurred_at=timezone.localtime(delivery.created_at),
        link=str(kept.get("link", "")),
        incident_id=None if is_close else delivery.incident_id,
        is_close=is_close,
    )
