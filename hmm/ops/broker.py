"""How worker and beat hold on to Redis: they wait for it for ever, ask often, and say so once."""

import logging
from collections.abc import Callable
from typing import Any

logger = logging.getLogger(__name__)

LONGEST_WAIT_S = 2.0


def connect_patiently(connection: Any, *, part: str, callback: Callable[[], None] | None = None) -> Any:
    """Return `connection` once Redis answers; it is asked again at least every two seconds."""
    told = False

    def tell_once(error: Exception, _interval: float) -> None:
        nonlocal told
        if not told:
            logger.warning("Redis does not answer, %s waits for it: %s", part, error)
            told = True

    connected = connection.ensure_connection(
        tell_once,
        max_retries=None,
        interval_start=0.3,
        interval_step=0.3,
        interval_max=LONGEST_WAIT_S,
        callback=callback,
    )
    if told:
        logger.info("Redis answers again, %s goes on", part)
    return connected
