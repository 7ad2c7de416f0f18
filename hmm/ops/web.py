"""The web process: Daphne, started from here so that it stays out of INSTALLED_APPS."""

import gc
import logging
import sys

from daphne.endpoints import build_endpoint_description_strings
from daphne.server import Server
from django.conf import settings
from django.utils.module_loading import import_string

logger = logging.getLogger(__name__)

# Daphne's own 5 s cut off sockets of a computer that was busy for a moment, and the browser then waits to try again.
HANDSHAKE_LIMIT_S = 30
GIVE_WAY_S = 0.001  # Python's own 5 ms are long for a thread that only forwards a reading to tabs


def application_path() -> str:
    return str(settings.ASGI_APPLICATION)


def set_aside_what_stays() -> None:
    """Keep what was imported out of every later collection: a walk through it stops a page for 0.1 s."""
    gc.collect()
    gc.freeze()


def run_web() -> None:
    """Serve pages, the API and sockets until a signal comes."""
    sys.setswitchinterval(GIVE_WAY_S)
    application = import_string(application_path())
    set_aside_what_stays()
    server = Server(
        application=application,
        endpoints=build_endpoint_description_strings(host=settings.HMM_WEB_ADDRESS, port=settings.HMM_WEB_PORT),
        server_name="hmm",
        verbosity=0,
        websocket_handshake_timeout=HANDSHAKE_LIMIT_S,
        websocket_connect_timeout=HANDSHAKE_LIMIT_S,
        proxy_forwarded_address_header="X-Forwarded-For" if settings.HMM_HTTPS else None,
        proxy_forwarded_proto_header="X-Forwarded-Proto" if settings.HMM_HTTPS else None,
    )
    server.run()
    if not server.listening_addresses:
        raise SystemExit(
            f"Nothing can listen on {settings.HMM_WEB_ADDRESS}:{settings.HMM_WEB_PORT}. Is the port taken?"
        )
