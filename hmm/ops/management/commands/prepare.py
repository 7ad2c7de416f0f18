"""Prepare database and static files, as containers do before they start a process."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from hmm.ops.prepare import prepare
from hmm.ops.static_files import collect_if_changed


class Command(BaseCommand):
    help = "Wait for the database, migrate it and collect the static files."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--wait", action="store_true", help="wait until another process has migrated")
        parser.add_argument("--static-only", action="store_true", help="only collect the static files")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["static_only"]:
            collect_if_changed()
        else:
            prepare(migrate=not options["wait"])
