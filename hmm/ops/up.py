"""Put the product together for the supervisor: check, import everything once, freeze the heap, start."""

import gc
import logging
import socket
from collections.abc import Callable, Mapping
from functools import partial

from django.conf import settings
from django.urls import get_resolver
from django.utils.module_loading import import_string

from hmm.celery import app
from hmm.environment import embedded_redis_socket
from hmm.ops.backups import orders
from hmm.ops.first_start import greetings
from hmm.ops.listeners import LISTENERS, listeners_needed
from hmm.ops.parts import PARTS
from hmm.ops.prepare import prepare
from hmm.ops.supervision.clockwatch import ClockWatch
from hmm.ops.supervision.lock import lock_data_folder
from hmm.ops.supervision.preflight import check_data_folder, check_port
from hmm.ops.supervision.supervisor import Plan, Prepared, Supervisor

logger = logging.getLogger(__name__)


def up(
    *,
    clock: ClockWatch | None = None,
    more_parts: Mapping[str, Callable[[], None]] | None = None,
    seed: Callable[[], None] | None = None,
) -> int:
    """Run the product until a signal comes and return the exit code.

    `more_parts` are processes beside the product's own, such as simulated miners, and start before them;
    `seed` runs once, after the database is up to date and before anything else opens it.
    """
    check_data_folder(settings.HMM_DATA_DIR)
    with lock_data_folder(settings.HMM_DATA_DIR):
        check_port(settings.HMM_WEB_ADDRESS, settings.HMM_WEB_PORT)
        import_everything()
        path = None if settings.HMM_REDIS_URL else embedded_redis_socket(settings.HMM_DATA_DIR)
        parts = {**(more_parts or {}), **PARTS}
        plan = Plan(parts=parts, prepare=partial(find_out, seed), redis_socket=path, start_over=orders.is_waiting)
        return Supervisor(plan, clock=clock).run()


def import_everything() -> None:
    """Import what the children will use and freeze it, so that they share the memory."""
    # Not the ASGI application itself: it reads the list of static files, which may not be collected yet.
    for middleware in settings.MIDDLEWARE:
        import_string(middleware)
    app.loader.import_default_modules()
    app.finalize()
    _ = get_resolver().url_patterns
    gc.collect()
    gc.freeze()


def find_out(seed: Callable[[], None] | None = None) -> Prepared:
    """In a child of its own, so that the supervisor never opens the database."""
    orders.carry_out()
    prepare()
    orders.note_outcome()
    if seed is not None:
        seed()
    return Prepared(
        greetings=[f"The pages are at {page_address()}", *greetings()],
        listeners=bool(LISTENERS and listeners_needed()),
    )


def page_address() -> str:
    """Return where a browser finds the pages; the machine's own name works from a phone too."""
    address, port = settings.HMM_WEB_ADDRESS, settings.HMM_WEB_PORT
    if address in {"0.0.0.0", "::"}:
        return f"http://localhost:{port} and http://{socket.gethostname()}:{port}"
    return f"http://[{address}]:{port}" if ":" in address else f"http://{address}:{port}"
