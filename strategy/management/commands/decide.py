"""Ask the production decision about a situation: a door for support and for proof."""

import json
import sys
from argparse import ArgumentParser
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from strategy.situation_json import answer_all, has_error


class Command(BaseCommand):
    """Needs no running server and opens no database."""

    help = "Decide on a situation given as JSON (an object, or a list of them)."
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="a JSON file, or - for standard input")
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    def handle(self, *_arguments: Any, **options: Any) -> None:
        answers = answer_all(read(options["file"]))
        if options["json"]:
            self.stdout.write(json.dumps(answers, ensure_ascii=False, indent=None))
        else:
            for item in answers if isinstance(answers, list) else [answers]:
                self.stdout.write(sentence(item))
        if has_error(answers):
            sys.exit(1)


def read(name: str) -> Any:
    """Return the document, numbers as exact decimals."""
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{name} cannot be read: {error}") from error
    try:
        return json.loads(text, parse_float=Decimal, parse_constant=str)
    except json.JSONDecodeError as error:
        raise CommandError(f"{name} is no JSON: {error}") from error


def sentence(item: dict[str, Any]) -> str:
    """Return an answer as people read it."""
    if "error" in item:
        return f"error: {item['error']['field']}: {item['error']['message']}"
    place = f"band {item['band']}" if item["band"] is not None else "no band"
    lines = [f"{item['target']}, {place} ({item['reason']}). {item['explanation']}"]
    lines += [f"  miner {name}: {state['why']}" for name, state in item.get("wanted", {}).items()]
    return "\n".join(lines)
