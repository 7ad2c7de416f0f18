"""The worker process: a pool of threads, since the work is waiting for devices."""

import logging
import sys
import warnings
from typing import Any

from celery.exceptions import SecurityWarning
from celery.signals import setup_logging, task_postrun, task_prerun
from celery.worker.consumer import Consumer
from celery.worker.state import maybe_shutdown
from django.db import close_old_connections

from hmm.celery import app
from hmm.ops.broker import connect_patiently

logger = logging.getLogger(__name__)

NEVER = 2**31  # Celery counts how often it leaves a connection open
GIVE_WAY_S = 0.001  # a poll lets go at each query, and would wait 5 ms each time while the minute's sums are made


class QuickConsumer(Consumer):
    """Comes back within two seconds after Redis does; Celery's own waits grow to half a minute."""

    def ensure_connected(self, conn: Any) -> Any:
        connected = connect_patiently(conn, part="the worker", callback=maybe_shutdown)
        self.first_connection_attempt = False
        return connected


@setup_logging.connect
def keep_our_logging(**_options: object) -> None:
    """Having a receiver stops Celery from configuring logs; Django's LOGGING stays in force."""


def keep_connections() -> None:
    """Let each thread keep its connection as long as a page may: to open one costs more than most tasks ask of it."""
    app.conf.CELERY_DB_REUSE_MAX = NEVER
    task_prerun.connect(close_what_is_broken)
    task_postrun.connect(close_what_is_broken)


def close_what_is_broken(**_told: object) -> None:
    """Close a connection on which something failed, or that is old, before and after each task."""
    close_old_connections()


def run_worker() -> None:
    """Take tasks until a signal comes, then finish the ones at hand."""
    # Messages are JSON only, so being root adds no way in; a container or a home server may well be root.
    warnings.filterwarnings("ignore", category=SecurityWarning)
    sys.setswitchinterval(GIVE_WAY_S)
    keep_connections()
    worker = app.Worker(
        hostname="worker@hmm", quiet=True, without_gossip=True, without_mingle=True, without_heartbeat=True
    )
    worker.start()
    if worker.exitcode:
        raise SystemExit(worker.exitcode)
