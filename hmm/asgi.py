"""The web process's entry: pages over HTTP, live fragments over WebSocket."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hmm.settings")
application = get_asgi_application()
