"""Whether backups are well. They are made below and know nothing of messages, so they are looked at from here."""

from datetime import datetime

from hmm.ops.backups.runs import known, mend_interrupted, trouble
from notifications.models import Severity
from notifications.services.incidents import close_incident, open_incident

KIND, SUBJECT = "backup_failed", "backups"
HELP = "Settings → Backups shows them and makes one at once."


def watch_backups(*, now: datetime) -> bool:
    """Open an incident while the newest try failed or all are too old, close it when not; tell whether it is open."""
    mend_interrupted(now=now)
    words = trouble(known(now))
    if not words:
        close_incident(kind=KIND, subject=SUBJECT, now=now)
        return False
    open_incident(
        kind=KIND,
        subject=SUBJECT,
        label="Backups",
        severity=Severity.DANGER,
        title="there is no new backup",
        detail=f"{words} {HELP}",
        now=now,
    )
    return True
