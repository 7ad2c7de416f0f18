"""Print the one-time set-up link."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from hmm.setup.services import setup_link


class Command(BaseCommand):
    """For a first start whose output nobody saw."""

    help = "Print a one-time link that makes the first account."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    def handle(self, *_arguments: Any, **options: Any) -> None:
        link = setup_link()
        if link is None:
            raise CommandError("There is an account already. A forgotten password: manage.py changepassword NAME.")
        self.stdout.write(json.dumps({"link": link}) if options["json"] else link)
