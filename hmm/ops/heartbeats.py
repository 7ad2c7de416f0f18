"""Write that a process works, from the process itself."""

import logging
import os
from datetime import datetime

from django.db import DatabaseError, close_old_connections

from hmm.ops.models import Heartbeat

logger = logging.getLogger(__name__)

HEARTBEAT_EVERY_S = 10
unwritten: set[str] = set()  # parts of this process whose newest heartbeat is not in the database


def beat(part: str, *, now: datetime, detail: str = "") -> None:
    """Record that `part` works at `now`."""
    Heartbeat.objects.update_or_create(
        part=part, defaults={"beat_at": now, "pid": os.getpid(), "detail": detail[:200]}
    )


def beat_or_log(part: str, *, now: datetime, detail: str = "") -> bool:
    """Record a heartbeat from a loop that must go on while the database is away or its disk full; say so once."""
    close_old_connections()
    try:
        beat(part, now=now, detail=detail)
    except DatabaseError as error:
        if part not in unwritten:
            logger.warning("The heartbeat of %s could not be written: %s", part, error)
        unwritten.add(part)
        return False
    if part in unwritten:
        logger.info("The heartbeat of %s is written again", part)
    unwritten.discard(part)
    return True
