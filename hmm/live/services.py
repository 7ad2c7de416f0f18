"""Send fragments and events to every open tab. A dead Redis costs a log line, never an exception.

All pushes leave through one thread with one event loop: the pub/sub layer keeps its connections for
each loop, and a new loop for each of a worker's threads would open, and lose, a connection a push.
"""

import asyncio
import logging
import os
import threading
import time
from collections.abc import Coroutine
from typing import Any

from channels.layers import get_channel_layer
from django.conf import settings
from django.template.loader import render_to_string
from redis import Redis
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

GROUP, PUSH = "live", "fragment.push"
EVENT_OPEN, EVENT_CLOSE = "<!--event:", "-->"
WAITING_LIMIT = 5000  # pushes in flight; beyond it tabs would be told of the past
PUSH_LIMIT_S = 5.0
DEAF_S = 1.0  # how long after a failure nothing is drawn for a Redis that is not there
ANSWER_S = 1.0  # how long is waited for Redis to tell whether somebody listens


class Pusher:
    """The thread that talks to the channel layer, made on first use in each process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting = 0
        self._is_down = False
        self._failed_at = 0.0
        self._client: tuple[str, Redis] | None = None

    @property
    def is_deaf(self) -> bool:
        """Tell whether Redis did not answer a moment ago; somebody has to try again now and then."""
        return self._is_down and time.monotonic() - self._failed_at < DEAF_S

    def has_listeners(self) -> bool:
        """Tell whether a tab is open somewhere: Redis knows who subscribed. False too when it does not answer."""
        if self.is_deaf:
            return False
        layer: Any = settings.CHANNEL_LAYERS["default"]["CONFIG"]
        channel = f"{layer['prefix']}__group__{GROUP}"  # as the pub/sub layer names it
        try:
            ((_name, count),) = self._asked(str(layer["hosts"][0]["address"])).pubsub_numsub(channel)
        except (RedisError, OSError) as error:
            self._note_failure(error)
            return False
        self._note_success()
        return bool(count)

    def _asked(self, address: str) -> Redis:
        if self._client is None or self._client[0] != address:
            self._client = (
                address,
                Redis.from_url(address, socket_timeout=ANSWER_S, socket_connect_timeout=ANSWER_S),
            )
        return self._client[1]

    def push(self, text: str) -> None:
        """Hand `text` to the layer and return at once."""
        loop = self._running_loop()
        with self._lock:
            if self._waiting >= WAITING_LIMIT:
                return
            self._waiting += 1
        asyncio.run_coroutine_threadsafe(self._send(text), loop)

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=self._loop.run_forever, name="live-pusher", daemon=True).start()
            return self._loop

    async def _send(self, text: str) -> None:
        layer = get_channel_layer()
        try:
            await asyncio.wait_for(layer.group_send(GROUP, {"type": PUSH, "html": text}), PUSH_LIMIT_S)
        except (RedisError, OSError, TimeoutError) as error:
            self._note_failure(error)
        else:
            self._note_success()
        finally:
            with self._lock:
                self._waiting -= 1

    def _note_failure(self, error: Exception) -> None:
        if not self._is_down:
            logger.warning("Live pages are not told of changes, Redis does not answer: %s", error)
        self._is_down, self._failed_at = True, time.monotonic()

    def _note_success(self) -> None:
        if self._is_down:
            logger.info("Live pages are told of changes again")
        self._is_down = False

    def settle(self, seconds: float = 5.0) -> None:
        """Wait until what was pushed has left; for the end of a process and for tests."""

        async def drained() -> None:
            while self._waiting:
                await asyncio.sleep(0.01)

        if self._loop is not None:
            wait(drained(), self._loop, seconds)

    def forget(self) -> None:
        """Begin anew in a forked child, which has the loop of its parent but not the thread that runs it."""
        self.__init__()  # type: ignore[misc]  # the one object every caller imported stays


def wait(task: Coroutine[Any, Any, None], loop: asyncio.AbstractEventLoop, seconds: float) -> None:
    asyncio.run_coroutine_threadsafe(task, loop).result(seconds)


pusher = Pusher()
os.register_at_fork(after_in_child=pusher.forget)


def nobody_hears() -> bool:
    """Tell whether to draw a fragment would be in vain: no tab is open, or Redis does not answer."""
    return not pusher.has_listeners()


def push_fragment(template: str, context: dict[str, Any]) -> None:
    """Render once, send to every open tab. Call it from `transaction.on_commit`.

    The fragment's root has an id and `{% if oob %}hx-swap-oob="true"{% endif %}`; it depends on no user.
    """
    pusher.push(render_to_string(template, {**context, "oob": True}))


def push_event(name: str) -> None:
    """Tell every open tab that `name` happened, so that the fragments that care fetch themselves again."""
    pusher.push(f"{EVENT_OPEN}{name}{EVENT_CLOSE}")
