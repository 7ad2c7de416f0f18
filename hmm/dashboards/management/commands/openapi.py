"""Write the description of the API, or check that the written one is right."""

import json
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from hmm.api import description

PATH = settings.BASE_DIR / "docs" / "api" / "openapi.json"


class Command(BaseCommand):
    """A change of the API is seen in its diff."""

    help = "Write docs/api/openapi.json; with --check only compare."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="compare and change nothing")

    def handle(self, *_arguments: Any, **options: Any) -> None:
        text = json.dumps(description(), indent=2, sort_keys=True, default=str) + "\n"
        if options["check"]:
            if not PATH.exists() or PATH.read_text(encoding="utf-8") != text:
                raise CommandError(f"{PATH.name} is out of date. Run make openapi and look at the change.")
            return
        PATH.parent.mkdir(parents=True, exist_ok=True)
        PATH.write_text(text, encoding="utf-8")
        self.stdout.write(f"{PATH.relative_to(settings.BASE_DIR)} is written.")
