"""Write that a process works, from the process itself."""

import logging
import os
from datetime import datetime

from django.db import DatabaseError, close_old_connections

from hmm.ops.models import Heartbeat

logger = logging.getLogger(__name__)

HEARTBEAT_EVERY_S = 10


def beat(part: str, *, now: datetime, detail: str = "") -> None:
    """Record that `part` works at `now`."""
    Heartbeat.objects.update_or_create(
        part=part, defaults={"beat_at": now, "pid": os.getpid(), "detail": detail[:200]}
    )


def beat_or_log(part: str, *, now: datetime, detail: str = "") -> bool:
    """Record a heartbeat from a loop that must go on while the database is away."""
    close_old_connections()
    try:
        beat(part, now=now, detail=detail)
    except DatabaseError as error:
        logger.warning("The heartbeat of %s could not be written: %s", part, error)
        return False
    return True
