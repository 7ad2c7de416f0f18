"""The web process's entry: pages over HTTP, live fragments over WebSocket."""

import os

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application
from django.urls import path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hmm.settings")
pages = get_asgi_application()

from hmm.live.consumers import LiveConsumer  # noqa: E402  # the apps have to be loaded first

application = ProtocolTypeRouter(
    {
        "http": pages,
        "websocket": AuthMiddlewareStack(URLRouter([path("ws/live/", LiveConsumer.as_asgi())])),
    }
)
