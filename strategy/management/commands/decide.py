"""Ask the production decision about a situation: a door for support and for proof."""

import json
import sys
from argparse import ArgumentParser
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from strategy.situation_json import answer_all, has_error, readable
from strategy.situations.elements import DIGITS_MOST

WHAT_TO_GIVE = "Give a situation, or a list of them, such as a row of the activity holds as data."


class Command(BaseCommand):
    """Needs no running server and opens no database."""

    help = "Decide on a situation given as JSON (an object, or a list of them)."
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="a JSON file, or - for standard input")
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    def handle(self, *_arguments: Any, **options: Any) -> None:
        answers = answers_of(options["file"])
        if options["json"]:
            self.stdout.write(json.dumps(answers))
        else:
            for line in lines_of(answers):
                self.stdout.write(readable(line))
        if has_error(answers):
            sys.exit(1)


def answers_of(name: str) -> Any:
    """Return the answers to a document; one that cannot be read at all is an error of the situation itself."""
    try:
        document = read(name)
    except ValueError as error:
        return {"error": {"field": "situation", "message": str(error)}}
    return answer_all(document)


def read(name: str) -> Any:
    """Return the document, numbers as exact decimals. Raise ValueError when it is no JSON, or nested too deeply."""
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
        text = text.removeprefix("\ufeff")  # some editors begin a file with it
    except UnicodeDecodeError as error:
        raise ValueError(f"{name} is not written in UTF-8.") from error
    except OSError as error:
        raise CommandError(f"{name} cannot be read: {error.strerror or error}.") from error
    if not text.strip():
        raise ValueError(f"There is nothing in it. {WHAT_TO_GIVE}")
    try:
        return json.loads(text, parse_float=exact, parse_int=exact, parse_constant=str)
    except json.JSONDecodeError as error:
        raise ValueError(f"This is no JSON: {error}. {WHAT_TO_GIVE}") from error
    except RecursionError as error:
        raise ValueError("This JSON is nested too deeply.") from error


def exact(text: str) -> Any:
    """Return a number as it is written; one that no number can hold stays text and is refused where it stands."""
    if text.lstrip("-").isdigit() and len(text) <= DIGITS_MOST:
        return int(text)
    try:
        return Decimal(text)
    except InvalidOperation:
        return text


def lines_of(answers: Any) -> list[str]:
    """Return the answers for people; one of a list says in front which it is."""
    if not isinstance(answers, list):
        return [sentence(answers)]
    return [f"{place}. {sentence(item)}" for place, item in enumerate(answers, start=1)]


def sentence(item: dict[str, Any]) -> str:
    """Return an answer as people read it."""
    if "error" in item:
        return f"error: {item['error']['field']}: {item['error']['message']}"
    place = f"band {item['band']}" if item["band"] is not None else "no band"
    lines = [f"{item['target']}, {place} ({item['reason']}). {item['explanation']}"]
    lines += [f"  miner {name}: {state['why']}" for name, state in item.get("wanted", {}).items()]
    return "\n".join(lines)
