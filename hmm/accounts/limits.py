"""How often the API may be called: a count a minute for each caller, and for refused strangers a smaller one.

The counts live in the cache. Without it nobody is counted and the API goes on: a limit guards against a script
that ran wild, and must not close the door when Redis is away.
"""

import logging
from hashlib import sha256

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from ninja.throttling import BaseThrottle
from redis.exceptions import RedisError

from hmm.clock import now as read_clock

logger = logging.getLogger(__name__)

WINDOW_S = 60
STRANGERS_PER_MINUTE = 120


def address_of(request: HttpRequest) -> str:
    return str(request.META.get("REMOTE_ADDR") or "unknown")


def count(group: str, who: str) -> int:
    """Count one more call in this minute and return how many there were; 0 when there is nowhere to count."""
    minute = int(read_clock().timestamp()) // WINDOW_S
    key = f"calls:{group}:{minute}:{sha256(who.encode()).hexdigest()[:24]}"
    try:
        cache.add(key, 0, timeout=2 * WINDOW_S)
        return int(cache.incr(key))
    except (RedisError, OSError, ValueError) as error:
        logger.debug("calls are not counted", extra={"error": str(error)})
        return 0


def seconds_left() -> int:
    """Return how long this minute's count still holds."""
    return WINDOW_S - int(read_clock().timestamp()) % WINDOW_S


class CallsPerMinute(BaseThrottle):
    """A token, a signed-in person or, with an open API, an address: each has a count of its own."""

    def allow_request(self, request: HttpRequest) -> bool:
        caller = getattr(request, "auth", None)
        who = f"{getattr(caller, 'actor', '')} {address_of(request)}"
        return count("caller", who) <= settings.HMM_API_CALLS_PER_MINUTE

    def wait(self) -> float:
        return float(seconds_left())


def stranger_may_ask(request: HttpRequest) -> bool:
    """Count a refused call of an address; False when it has had enough answers for this minute."""
    return count("stranger", address_of(request)) <= STRANGERS_PER_MINUTE
