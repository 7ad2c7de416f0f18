"""The worker process: a pool of threads, since the work is waiting for devices."""

import logging
import sys
import warnings
from typing import Any

from celery.exceptions import SecurityWarning
from celery.signals import setup_logging
from celery.worker.consumer import Consumer
from celery.worker.state import maybe_shutdown

from hmm.celery import app
from hmm.ops.broker import connect_patiently

logger = logging.getLogger(__name__)

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


def run_worker() -> None:
    """Take tasks until a signal comes, then finish the ones at hand."""
    # Messages are JSON only, so being root adds no way in; a container or a home server may well be root.
    warnings.filterwarnings("ignore", category=SecurityWarning)
    sys.setswitchinterval(GIVE_WAY_S)
    worker = app.Worker(
        hostname="worker@hmm", quiet=True, without_gossip=True, without_mingle=True, without_heartbeat=True
    )
    worker.start()
    if worker.exitcode:
        raise SystemExit(worker.exitcode)
