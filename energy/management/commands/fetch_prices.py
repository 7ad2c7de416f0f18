"""Fetch the prices now."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from energy.services.prices import active_tariff, known_until
from energy.services.refresh import refresh_prices
from energy.tariffs.base import TariffError
from hmm.clock import now as read_clock


class Command(BaseCommand):
    """The same as "update now" on the energy page."""

    help = "Fetch the prices of the active tariff now."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    def handle(self, *_arguments: Any, **options: Any) -> None:
        now = read_clock()
        tariff = active_tariff()
        if tariff is None:
            raise CommandError("No tariff is chosen yet. Choose one on the page Energy or in /setup.")
        try:
            stored = refresh_prices(tariff, now=now)
        except TariffError as error:
            raise CommandError(str(error)) from error
        until = known_until(now)
        if options["json"]:
            answer = {
                "tariff": tariff.name,
                "added": stored.added,
                "changed": stored.changed,
                "same": stored.same,
                "known_until": until.isoformat() if until else None,
            }
            self.stdout.write(json.dumps(answer))
            return
        words = f"known until {until:%Y-%m-%d %H:%M} UTC" if until else "none is known for now"
        self.stdout.write(f"{tariff.name}: {stored.added} new prices, {stored.changed} changed; {words}.")
