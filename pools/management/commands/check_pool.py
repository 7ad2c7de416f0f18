"""Ask a pool's statistics once: a door for support and for proof."""

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.core.management.base import BaseCommand

from hmm.clock import now as read_clock
from pools.backends.base import Account, BackendError, PoolReading
from pools.backends.registry import BACKENDS
from pools.coins import Coin


class Command(BaseCommand):
    """Needs no running server and opens no database."""

    help = "Ask a pool's statistics and print one normalised snapshot."
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--backend", required=True, choices=list(BACKENDS))
        parser.add_argument("--url", default="", help="the statistics address; empty for the pool's usual one")
        parser.add_argument("--user", required=True, help="the wallet or the account's name")
        parser.add_argument("--coin", choices=Coin.values, default=Coin.BTC.value)
        parser.add_argument("--token", default="", help="the access token, where the pool needs one")
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    def handle(self, *_arguments: Any, **options: Any) -> None:
        account = Account(
            user=options["user"],
            coin=options["coin"],
            url=options["url"],
            token=options["token"],
            guarded=False,  # whoever runs commands here may ask this computer too
        )
        try:
            reading = BACKENDS[options["backend"]].read(account)
        except BackendError as error:
            self.fail(error, as_json=options["json"])
        else:
            answer = snapshot_json(reading, backend=options["backend"], coin=options["coin"], now=read_clock())
            self.stdout.write(json.dumps(answer, ensure_ascii=False) if options["json"] else in_words(answer))

    def fail(self, error: BackendError, *, as_json: bool) -> None:
        """Print the class of the failure and leave with 1."""
        if as_json:
            self.stdout.write(json.dumps({"error": {"class": error.code, "message": str(error)}}, ensure_ascii=False))
        else:
            self.stderr.write(f"{error.code}: {error}")
        sys.exit(1)


def snapshot_json(reading: PoolReading, *, backend: str, coin: str, now: datetime) -> dict[str, Any]:
    """Return every field of a reading; unknown is null, money is text."""
    answer = {"backend": backend, "coin": coin, "fetched_at": now, "error": None, **asdict(reading)}
    return plain(answer)  # type: ignore[no-any-return]  # an object stays one


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return format(value, "f") if isinstance(value, Decimal) else value


def in_words(answer: dict[str, Any]) -> str:
    """Return the known figures, one a line."""
    shown = {name: value for name, value in answer.items() if value not in (None, "", [])}
    width = max(map(len, shown))
    return "\n".join(f"{name:<{width}}  {value}" for name, value in shown.items())
