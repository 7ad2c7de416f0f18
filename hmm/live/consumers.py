"""The one consumer: it forwards what is pushed to a signed-in tab of our own origin."""

from typing import Any
from urllib.parse import urlsplit

from channels.generic.websocket import AsyncWebsocketConsumer

from hmm.live.services import GROUP, PUSH

NOT_SIGNED_IN = 4401
FOREIGN_ORIGIN = 4403


def is_own_origin(headers: dict[bytes, bytes]) -> bool:
    """Tell whether the page that opens the socket came from this very address."""
    origin = headers.get(b"origin", b"").decode("latin-1")
    host = headers.get(b"host", b"").decode("latin-1")
    return bool(origin and host) and urlsplit(origin).netloc.lower() == host.lower()


class LiveConsumer(AsyncWebsocketConsumer):
    """Accept before refusing: only then does the browser see the code."""

    async def connect(self) -> None:
        await self.accept()
        if not is_own_origin(dict(self.scope["headers"])):
            await self.close(code=FOREIGN_ORIGIN)
        elif not self.scope["user"].is_authenticated:
            await self.close(code=NOT_SIGNED_IN)
        else:
            await self.channel_layer.group_add(GROUP, self.channel_name)

    async def disconnect(self, code: int) -> None:  # noqa: ARG002  # Channels' signature
        await self.channel_layer.group_discard(GROUP, self.channel_name)

    async def dispatch(self, message: dict[str, Any]) -> None:
        """Forward a push at once. Channels' own way looks at database connections first, in a thread all tabs share;
        with fifty tabs that was most of the work."""
        if message.get("type") == PUSH:
            await self.fragment_push(message)
        else:
            await super().dispatch(message)

    async def fragment_push(self, event: dict[str, Any]) -> None:
        await self.send(text_data=event["html"])
