"""Run one process of the product alone, as containers do."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from hmm.ops.parts import PARTS


class Command(BaseCommand):
    help = "Run one process alone: web, worker, beat or listeners."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("part", choices=sorted(PARTS))

    def handle(self, *args: Any, **options: Any) -> None:
        PARTS[options["part"]]()
