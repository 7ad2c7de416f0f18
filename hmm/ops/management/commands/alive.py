"""Tell a container's health check whether a process works."""

import http.client
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from hmm.clock import now
from hmm.ops.health import LATE_AFTER
from hmm.ops.models import Heartbeat
from hmm.ops.parts import PARTS


class Command(BaseCommand):
    help = "Exit 0 when a process works: web answers, the others have a young heartbeat."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("part", choices=sorted(PARTS))

    def handle(self, *args: Any, **options: Any) -> None:
        part = options["part"]
        state = web_state() if part == "web" else heartbeat_state(part)
        if state != "ok":
            raise CommandError(f"{part}: {state}")
        self.stdout.write(f"{part}: ok")


def web_state() -> str:
    """Ask /healthz as a stranger would."""
    connection = http.client.HTTPConnection("127.0.0.1", settings.HMM_WEB_PORT, timeout=5)
    try:
        connection.request("GET", "/healthz")
        status = connection.getresponse().status
    except OSError as error:
        return str(error)
    finally:
        connection.close()
    return "ok" if status == http.HTTPStatus.OK else f"answers {status}"


def heartbeat_state(name: str) -> str:
    """Look at the heartbeat; listeners beat in containers even when there is nothing to listen to."""
    heart = Heartbeat.objects.filter(part=name).first()
    if heart is None:
        return "missing"
    return "ok" if now() - heart.beat_at <= LATE_AFTER else "late"
