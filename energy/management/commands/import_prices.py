"""Import prices from a CSV file: all of them, or none."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from energy.models import Tariff
from energy.services.prices import active_tariff, store_prices
from energy.services.refresh import choose_tariff
from energy.tariffs.base import DataError
from energy.tariffs.csv_prices import wire
from energy.tariffs.csv_prices.tariff import CsvPrices
from hmm.clock import now as read_clock

SIZE_LIMIT = 64_000_000  # bytes


class Command(BaseCommand):
    """Into the active tariff; where none is chosen, imported prices become the tariff."""

    help = "Import prices from a CSV file with the columns valid_from and price_pence_inc_vat."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("csv", help="the file; times carry a zone, prices are p/kWh with VAT")
        parser.add_argument("--tariff", help="the name of the tariff to store them in; the active one if absent")
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    def handle(self, *_arguments: Any, **options: Any) -> None:
        try:
            slots = wire.slots_of(read(Path(options["csv"])))
        except DataError as error:
            raise CommandError(f"{options['csv']}: {error} Nothing was stored.") from error
        now = read_clock()
        tariff = named(options["tariff"]) if options["tariff"] else active_tariff()
        if tariff is None:
            tariff = choose_tariff(kind=CsvPrices.kind, config={}, name=CsvPrices.label, actor="manage.py", now=now)
        stored = store_prices(tariff, slots, now=now, actor="manage.py")
        answer = {
            "tariff": tariff.name,
            "added": stored.added,
            "changed": stored.changed,
            "same": stored.same,
        }
        self.stdout.write(
            json.dumps(answer)
            if options["json"]
            else f"{tariff.name}: {stored.added} prices imported, {stored.changed} changed, {stored.same} known."
        )


def named(name: str) -> Tariff:
    tariff = Tariff.objects.filter(name=name).first()
    if tariff is None:
        known = ", ".join(Tariff.objects.values_list("name", flat=True)) or "none yet"
        raise CommandError(f"There is no tariff {name!r}; there are: {known}.")
    return tariff


def read(path: Path) -> str:
    try:
        if path.stat().st_size > SIZE_LIMIT:
            raise CommandError(f"{path} is larger than {SIZE_LIMIT // 1_000_000} MB. Nothing was stored.")
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}. Nothing was stored.") from error
    except UnicodeDecodeError as error:
        raise CommandError(f"{path} is no text file. Nothing was stored.") from error
