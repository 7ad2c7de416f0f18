"""Incidents of a miner that no reading opens or closes: lost secrets, and what is left open of one that is gone."""

from datetime import datetime

from hmm.secrets import LOST, is_kept, lost_secrets
from miners.models import HealthReason, Miner
from miners.models.miner import SECRETS
from notifications.models import Incident, Severity
from notifications.services import close_incident, open_incident

UNREADABLE = "miner_unreadable"


def tell_lost_secrets(miner: Miner, *, now: datetime) -> None:
    """Keep an incident open while a stored secret of a polled miner cannot be read."""
    subject = f"miner:{miner.pk}"
    if not lost_secrets(miner, *SECRETS):
        close_incident(kind=UNREADABLE, subject=subject, now=now)
    elif miner.enabled:  # nobody polls it otherwise, and so nobody would close it
        open_incident(
            kind=UNREADABLE,
            subject=subject,
            label=miner.name,
            severity=Severity.WARNING,
            title=f"{' and '.join(miner.lost_secrets)} {LOST}",
            detail="It is read and mines as before. Commands that need it are refused until then.",
            now=now,
        )


def look_at_secrets(miner: Miner, *, now: datetime) -> None:
    """Do so at a poll, where there is a secret; forgetting one looks by itself."""
    if any(is_kept(miner, name) for name in SECRETS):
        tell_lost_secrets(miner, now=now)


def end_trouble(miner: Miner, *, now: datetime) -> None:
    """Close what is open about a miner that is no longer polled, or removed: no reading would ever close it."""
    HealthReason.objects.filter(miner=miner).delete()
    subject = f"miner:{miner.pk}"
    for kind in list(Incident.objects.open().filter(subject=subject).values_list("kind", flat=True)):
        close_incident(kind=kind, subject=subject, now=now)
