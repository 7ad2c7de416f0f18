"""Poll miners once, now."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from hmm.clock import now as read_clock
from miners.models import Miner
from miners.services.polling import poll


class Command(BaseCommand):
    """Under the same lease as the worker, so it disturbs nothing."""

    help = "Poll one miner by its number or name, or all of them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("miner", nargs="?", help="its number or its name; all when absent")
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    def handle(self, *_arguments: Any, **options: Any) -> None:
        rows = []
        for miner in chosen(options["miner"]):
            reading = poll(miner.pk, now=read_clock())
            rows.append(
                {
                    "id": miner.pk,
                    "name": miner.name,
                    "state": reading.state.value if reading else None,
                    "hashrate_ths": reading.hashrate_ths if reading else None,
                    "error": "" if reading else Miner.objects.get(pk=miner.pk).last_error or "busy",
                }
            )
        if options["json"]:
            self.stdout.write(json.dumps(rows, ensure_ascii=False))
            return
        for row in rows:
            self.stdout.write(f"{row['name']}: {row['state'] or row['error']}")


def chosen(text: str | None) -> list[Miner]:
    miners = Miner.objects.all()
    if text is None:
        return list(miners)
    found = list(miners.filter(pk=int(text)) if text.isdigit() else miners.filter(name=text))
    if not found:
        raise CommandError(f"There is no miner {text!r}.")
    return found
