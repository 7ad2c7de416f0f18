"""Ask what answers at an address: a door for support and for proof."""

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from hmm.hosts import AddressRefusedError, parse_address
from miners.drivers.base import (
    DriverError,
    NotAMinerError,
    Reading,
    RefusedError,
    UnreachableError,
    WrongProtocolError,
)
from miners.drivers.registry import FAMILIES, recognise
from miners.listening import hear_one, heard_kinds, port_of

LISTEN_S, LISTEN_MAX_S = 12.0, 120.0


class Command(BaseCommand):
    """Needs no running server and opens no database."""

    help = "Recognise the device at an address and print one reading."
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("address", help="such as 192.168.1.40, 192.168.1.40:80 or [fd00::40]:80")
        parser.add_argument("--family", choices=list(FAMILIES), help="try this family only")
        parser.add_argument(
            "--listen", type=float, default=LISTEN_S, help="how long to listen to a device that only broadcasts, s"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    def handle(self, *_arguments: Any, **options: Any) -> None:
        try:
            host, port = parse_address(options["address"], default_port=0)
            reading = self.ask_or_listen(host, port or None, options)
        except AddressRefusedError as error:
            self.fail(RefusedError.code, str(error), as_json=options["json"])
        except DriverError as error:
            self.fail(error.code, str(error), as_json=options["json"])
        else:
            answer = reading_json(reading)
            self.stdout.write(json.dumps(answer, ensure_ascii=False) if options["json"] else in_words(answer))

    def ask_or_listen(self, host: str, port: int | None, options: dict[str, Any]) -> Reading:
        """Ask the device; one of a family that tells by itself is listened to when it does not answer."""
        family, seconds = options["family"], options["listen"]
        try:
            return recognise(host, port, family=family)
        except (UnreachableError, NotAMinerError, WrongProtocolError):
            if family not in heard_kinds() or seconds <= 0:
                raise
        if not options["json"]:
            self.stderr.write(f"It does not answer. Listening to UDP port {port_of(family)} for {seconds:g} s.")
        return hear_one(family, host, seconds=min(seconds, LISTEN_MAX_S))

    def fail(self, code: str, message: str, *, as_json: bool) -> None:
        """Print the class of the failure and leave with 1."""
        if as_json:
            self.stdout.write(json.dumps({"error": {"class": code, "message": message}}, ensure_ascii=False))
        else:
            self.stderr.write(f"{code}: {message}")
        sys.exit(1)


def reading_json(reading: Reading) -> dict[str, Any]:
    """Return every field of a reading; unknown is null."""
    answer = asdict(reading)
    answer["trust"], answer["state"] = reading.trust.value, reading.state.value
    answer["pools"] = [asdict(entry) for entry in reading.pools]
    answer["chips"] = [asdict(chip) for chip in reading.chips]
    return answer


def in_words(answer: dict[str, Any]) -> str:
    """Return the known figures, one a line."""
    shown = {name: value for name, value in answer.items() if value not in (None, [], ())}
    width = max(map(len, shown))
    return "\n".join(f"{name:<{width}}  {value}" for name, value in shown.items())
