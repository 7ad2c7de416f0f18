"""What listens without being asked: datagrams of miners, long polls of chats. Apps register in `ready()`."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from hmm.clock import now
from hmm.ops.heartbeats import HEARTBEAT_EVERY_S, beat_or_log
from hmm.ops.signals import StopAsked

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """One thing to listen to: `needed` asks the database, `listen` returns when the event is set."""

    name: str
    needed: Callable[[], bool]
    listen: Callable[[threading.Event], None]


LISTENERS: dict[str, Listener] = {}


def register(listener: Listener) -> None:
    """Make a listener known; a second registration of the same name replaces the first."""
    LISTENERS[listener.name] = listener


def listeners_needed() -> list[Listener]:
    """Return the listeners that this installation has a use for."""
    return [listener for listener in LISTENERS.values() if listener.needed()]


def run_listeners() -> None:
    """Run every needed listener in a thread; leave when one of them dies, so that all start afresh."""
    stop_asked, stopping = StopAsked(), threading.Event()
    threads = [
        threading.Thread(target=listener.listen, args=(stopping,), name=listener.name, daemon=True)
        for listener in listeners_needed()
    ]
    for thread in threads:
        thread.start()
    detail = ", ".join(thread.name for thread in threads) or "nothing to listen to"
    logger.info("Listening to: %s", detail)
    beat_due = time.monotonic()
    while not stop_asked and all(thread.is_alive() for thread in threads):
        if time.monotonic() >= beat_due:
            beat_or_log("listeners", now=now(), detail=detail)
            beat_due = time.monotonic() + HEARTBEAT_EVERY_S
        time.sleep(LOOK_EVERY_S)
    stopping.set()
    if not stop_asked:
        raise SystemExit("A listener ended by itself.")
