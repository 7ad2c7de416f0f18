"""Listen to chats by long polling: one thread for each bot, however many channels it has."""

import logging
import threading
from collections.abc import Callable
from contextlib import suppress

from django.db import Error as DatabaseError
from django.db import close_old_connections

from hmm.chat.services import take
from hmm.clock import now as read_clock
from hmm.ops.listeners import Listener, register
from hmm.secrets import SecretUnreadableError
from notifications.models import Channel
from notifications.transports.base import Listens, Spoken, TransportError, TryLaterError
from notifications.transports.registry import TRANSPORTS, transport_for

logger = logging.getLogger(__name__)

LOOK_EVERY_S, WAIT_S = 5.0, 25
PAUSE_S, PAUSE_MAX_S = 5.0, 300.0


def listening_channels() -> dict[str, list[Channel]]:
    """Return the channels persons can answer through, by their bot's key; of one bot there is one poller."""
    bots: dict[str, list[Channel]] = {}
    kinds = [kind for kind, transport in TRANSPORTS.items() if hasattr(transport, "updates")]
    rows = Channel.objects.defer("sealed").filter(enabled=True, broken_reason="", kind__in=kinds).order_by("pk")
    for channel in rows:
        with suppress(SecretUnreadableError, ValueError):
            bots.setdefault(f"{channel.kind}:{channel.config.get('token')}", []).append(channel)
    return bots


def poll_once(channels: list[Channel], *, wait_s: int = WAIT_S) -> int:
    """Wait for what persons write to one bot and act on it; return how much was new. Raise TransportError.

    The first channel keeps how far the bot's updates were read.
    """
    keeper = Channel.objects.get(pk=channels[0].pk)
    transport = transport_for(keeper.kind, keeper.config)
    if not isinstance(transport, Listens):
        return 0
    news = transport.updates(keeper.last_update, wait_s=wait_s)
    return sum(hear(channels, keeper, spoken) for spoken in news)


def hear(channels: list[Channel], keeper: Channel, spoken: Spoken) -> bool:
    """Hand one update to the channel of its chat, else to the keeper, who refuses it."""
    chosen = next((item for item in channels if str(item.config.get("chat")) == spoken.chat_id), keeper)
    transport = transport_for(chosen.kind, chosen.config)
    fresh = isinstance(transport, Listens) and take(chosen, transport, spoken, now=read_clock())
    Channel.objects.filter(pk=keeper.pk, last_update__lt=spoken.update_id).update(last_update=spoken.update_id)
    return fresh


def poll_for_ever(key: str, stopping: threading.Event) -> None:
    """Poll one bot until it is not wanted any more; after a failure wait longer each time."""
    pause = PAUSE_S
    while not stopping.is_set():
        close_old_connections()
        try:
            channels = listening_channels().get(key)
            if not channels:
                return
            poll_once(channels)
            pause = PAUSE_S
        except (TransportError, DatabaseError, SecretUnreadableError) as error:
            asked = error.after_s if isinstance(error, TryLaterError) else None
            logger.info("A chat is not heard for now: %s", error)
            stopping.wait(min(PAUSE_MAX_S, asked or pause))
            pause = min(PAUSE_MAX_S, pause * 2)


def listen(stopping: threading.Event, *, run: Callable[[str, threading.Event], None] = poll_for_ever) -> None:
    """Keep a thread for each bot there is; a bot that is added later is heard within seconds."""
    threads: dict[str, threading.Thread] = {}
    while not stopping.is_set():
        close_old_connections()
        with suppress(DatabaseError):
            for key in listening_channels():
                if key not in threads or not threads[key].is_alive():
                    threads[key] = threading.Thread(target=run, args=(key, stopping), name="chat", daemon=True)
                    threads[key].start()
        stopping.wait(LOOK_EVERY_S)


def is_needed() -> bool:
    """Listen always: a chat that is set up later is heard without a restart."""
    return True


def register_listener() -> None:
    register(Listener(name="chats", needed=is_needed, listen=listen))
