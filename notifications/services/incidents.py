"""Open and close incidents. Both are safe to call again: a second call finds nothing to do."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from hmm.audit.services import record
from hmm.live.services import push_event
from notifications.markup import printable
from notifications.models.incident import Incident, Severity

logger = logging.getLogger(__name__)

PROBLEMS_CHANGED = "problems-changed"


def announce() -> None:
    """Tell open pages that the list of problems has changed."""
    push_event(PROBLEMS_CHANGED)


def open_incident(
    *,
    kind: str,
    subject: str,
    label: str,
    severity: Severity,
    title: str,
    now: datetime,
    detail: str = "",
    causes: Sequence[str] = (),
) -> bool:
    """Open an incident unless one of that kind is open for the subject; return whether it is new.

    An open one keeps its age and takes the new wording, so that a page says what is true now.
    `causes` name what it may share with others, so that ten of them become one message.
    """
    words = {
        "label": printable(label)[:200],
        "severity": severity,
        "title": printable(title)[:200],
        "detail": printable(detail),
    }
    with transaction.atomic():
        incident, is_new = Incident.objects.get_or_create(
            kind=kind, subject=subject, closed_at=None, defaults={**words, "opened_at": now, "causes": list(causes)}
        )
        changed = {name: value for name, value in words.items() if getattr(incident, name) != value}
        if changed:
            Incident.objects.filter(pk=incident.pk).update(**changed)
        if is_new or changed:
            transaction.on_commit(announce)
    if is_new:
        logger.info("Incident opened", extra={"kind": kind, "subject": subject})
    return is_new


def close_incident(*, kind: str, subject: str, now: datetime) -> bool:
    """Close the open incident of that kind for the subject; return whether there was one.

    Called at each look at everything, where nearly always there is none: then nothing is written.
    """
    open_ones = Incident.objects.open().filter(kind=kind, subject=subject)
    if not open_ones.exists():
        return False
    with transaction.atomic():
        late = open_ones.filter(opened_at__gt=now)  # the clock was set back while it was open
        closed = late.update(opened_at=now, closed_at=now) + open_ones.update(closed_at=now)
        if closed:
            transaction.on_commit(announce)
    if closed:
        logger.info("Incident closed", extra={"kind": kind, "subject": subject})
    return bool(closed)


def acknowledge(incident: Incident, *, actor: str, now: datetime) -> bool:
    """Note that a person has seen it: no more reminders. False when it was acknowledged or closed before."""
    rows = Incident.objects.open().filter(pk=incident.pk, acknowledged_at__isnull=True)
    with transaction.atomic():
        if not rows.update(acknowledged_at=now, acknowledged_by=actor[:150]):
            return False
        record(actor=actor, action="incident.acknowledge", target=incident, at=now)
        transaction.on_commit(announce)
    return True


def snooze(incident: Incident, *, actor: str, now: datetime, minutes: int = 60) -> bool:
    """Send no reminder for so many minutes. False when it is closed, or snoozed as long already."""
    until = now + timedelta(minutes=minutes)
    open_ones = Incident.objects.open().filter(pk=incident.pk)
    rows = open_ones.filter(Q(snoozed_until__isnull=True) | Q(snoozed_until__lt=now))
    with transaction.atomic():
        if not rows.update(snoozed_until=until):
            return False
        record(actor=actor, action="incident.snooze", target=incident, after={"until": until}, at=now)
        transaction.on_commit(announce)
    return True
