"""The web process's entry: pages over HTTP, live fragments over WebSocket."""

import os

import django
from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from django.urls import path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hmm.settings")
django.setup(set_prefix=False)

from hmm.live.consumers import LiveConsumer  # noqa: E402  # the apps have to be loaded first
from hmm.ops.threads import LastingThreads  # noqa: E402

application = ProtocolTypeRouter(
    {
        "http": LastingThreads(),
        "websocket": AuthMiddlewareStack(URLRouter([path("ws/live/", LiveConsumer.as_asgi())])),
    }
)
