"""Open and close incidents. Both are safe to call again: a second call finds nothing to do."""

import logging
from datetime import datetime

from django.db import transaction

from hmm.live.services import push_event
from notifications.models import Incident, Severity

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
) -> bool:
    """Open an incident unless one of that kind is open for the subject; return whether it is new.

    An open one keeps its age and takes the new wording, so that a page says what is true now.
    """
    words = {"label": label[:200], "severity": severity, "title": title[:200], "detail": detail}
    with transaction.atomic():
        incident, is_new = Incident.objects.get_or_create(
            kind=kind, subject=subject, closed_at=None, defaults={**words, "opened_at": now}
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
    """Close the open incident of that kind for the subject; return whether there was one."""
    with transaction.atomic():
        open_ones = Incident.objects.open().filter(kind=kind, subject=subject)
        late = open_ones.filter(opened_at__gt=now)  # the clock was set back while it was open
        closed = late.update(opened_at=now, closed_at=now) + open_ones.update(closed_at=now)
        if closed:
            transaction.on_commit(announce)
    if closed:
        logger.info("Incident closed", extra={"kind": kind, "subject": subject})
    return bool(closed)
