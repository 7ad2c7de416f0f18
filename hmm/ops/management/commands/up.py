"""Start the whole product under one supervisor."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from hmm.ops.supervision.errors import CannotStartError
from hmm.ops.up import up


class Command(BaseCommand):
    help = "Start web, worker, beat and what they need, and keep them running."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            code = up()
        except CannotStartError as error:
            raise CommandError(str(error)) from error
        if code:
            raise SystemExit(code)
