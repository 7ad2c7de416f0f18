"""Make a backup now."""

import getpass
import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from hmm.clock import now as read_clock
from hmm.look.formats import size
from hmm.ops.backups.archive import manifest_of
from hmm.ops.backups.errors import BackupError, sentence
from hmm.ops.backups.files import Trigger, folder
from hmm.ops.backups.making import back_up


class Command(BaseCommand):
    help = "Make a backup, restore it for proof, and print where it is. Also while everything runs."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            made = back_up(trigger=Trigger.MANUAL, actor=person(), now=read_clock())
            manifest = manifest_of(made.path)
        except (BackupError, DatabaseError, OSError) as error:
            raise CommandError(sentence(error, folder())) from error
        answer = {
            "file": str(made.path),
            "made_at": manifest.made_at.isoformat(),
            "size_bytes": made.size_bytes,
            "verified": True,
            "rows": manifest.row_count(),
            "version": manifest.version,
        }
        if options["json"]:
            self.stdout.write(json.dumps(answer, indent=2))
        else:
            rows = manifest.row_count()
            self.stdout.write(f"{made.path}: {size(made.size_bytes)}, {rows} rows, restored for proof")
            self.stdout.write("Keep the file encryption_key of the data folder with it: stored passwords need it.")


def person() -> str:
    """Return who typed the command, as far as the system knows."""
    try:
        return f"command line ({getpass.getuser()})"
    except (KeyError, OSError):
        return "command line"
