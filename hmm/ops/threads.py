"""Pages on threads that last, so that their database connections last too."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.db import connections

MOST_KEPT = 4  # each has a connection, with what it remembers of the database


class LastingThreads(ASGIHandler):
    """Django's handler starts a thread for each request; its connection to the database is new, and ends with it.

    Here a request takes the thread that was used last, and a new one only while all are taken.
    """

    def __init__(self) -> None:
        super().__init__()
        self._free: list[ThreadPoolExecutor] = []

    def load_middleware(self, is_async: bool = False) -> None:  # noqa: ARG002  # Django's signature
        """Ours is synchronous: one walk through all of it on the thread, not a change of threads for each part."""
        super().load_middleware(is_async=False)

    async def get_response_async(self, request: Any) -> Any:
        return await sync_to_async(self.get_response)(request)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        thread = self._free.pop() if self._free else ThreadPoolExecutor(1, thread_name_prefix="page")
        is_idle = True
        try:
            async with ThreadSensitiveContext(executor=thread):
                await self.handle(scope, receive, send)
        except asyncio.CancelledError:
            is_idle = False  # its page may still be at work: whoever got the thread would wait for that
            raise
        finally:
            self._give_back(thread, is_idle=is_idle)

    def _give_back(self, thread: ThreadPoolExecutor, *, is_idle: bool) -> None:
        """Keep the thread, or close what it has: more were taken at once than are kept, or it is not idle."""
        if is_idle and len(self._free) < MOST_KEPT:
            self._free.append(thread)
            return
        thread.submit(connections.close_all)
        thread.shutdown(wait=False)
