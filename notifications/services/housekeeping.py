"""Keep the log of messages from growing for ever."""

from datetime import datetime, timedelta

from notifications.models import Delivery, Incident, Notice

KEPT_FOR, INCIDENTS_KEPT_FOR = timedelta(days=30), timedelta(days=400)


def purge(*, now: datetime) -> int:
    """Delete messages and notices of long ago, and incidents that closed more than a year ago."""
    gone = Delivery.objects.filter(finished_at__lt=now - KEPT_FOR).delete()[0]
    # A notice of an open incident stays: it is what keeps the incident from being told again.
    gone += (
        Notice.objects.filter(judged_at__lt=now - KEPT_FOR)
        .exclude(incident__closed_at__isnull=True, incident__isnull=False)
        .delete()[0]
    )
    gone += Incident.objects.filter(closed_at__lt=now - INCIDENTS_KEPT_FOR).delete()[0]
    return gone
