"""Measure the numbers the product promises."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from hmm.demo.bench import Figure, fleet_of_100, house, machine


class Command(BaseCommand):
    """Simulators answer on this computer; each part starts the product in a folder of its own."""

    help = "Measure start, memory, pages, polling, commands, bulk and search; a few minutes."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--postgres", default="", help="the URL of an empty PostgreSQL database to measure too")
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    def handle(self, *_arguments: Any, **options: Any) -> None:
        figures = [*house("", "SQLite"), *fleet_of_100("", "SQLite")]
        if options["postgres"]:
            figures += house(options["postgres"], "PostgreSQL")
        if options["json"]:
            self.stdout.write(json.dumps({"machine": machine(), "figures": [asdict(figure) for figure in figures]}))
            return
        self.stdout.write(f"{machine()}\n")
        for figure in figures:
            self.stdout.write(line_of(figure))


def line_of(figure: Figure) -> str:
    reach = f"reach {figure.reach:g}" if figure.reach is not None else ""
    verdict = {True: "holds", False: "MISSED", None: ""}[figure.holds]
    return f"{figure.database:<10} {figure.name:<52} {figure.value:8.2f} {figure.unit:<3} {reach:<10} {verdict}"
