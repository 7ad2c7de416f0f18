"""Put a backup in the place of the database."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from hmm.clock import now as read_clock
from hmm.ops.backups.archive import manifest_of
from hmm.ops.backups.errors import BackupError, sentence
from hmm.ops.backups.files import folder
from hmm.ops.backups.restoring import note, restore, stopped
from hmm.ops.management.commands.backup import person
from hmm.ops.prepare import where
from hmm.ops.supervision.errors import CannotStartError


class Command(BaseCommand):
    help = "Restore a backup. Stop everything first; what is there now is backed up before."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="a backup, by its path or by its name in the folder of backups")
        parser.add_argument("--yes", action="store_true", help="do not ask")
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    def handle(self, *args: Any, **options: Any) -> None:
        path = self.path_of(options["file"])
        say = (lambda _text: None) if options["json"] else self.stdout.write
        try:
            manifest = manifest_of(path)
            if not options["yes"]:
                self.ask(f"Replace {where()} by the backup of {manifest.made_at:%Y-%m-%d %H:%M} UTC?")
            now = read_clock()
            with stopped(now):
                done = restore(path, now=now, say=say)
                note(done.file, done.safety or done.kept_aside, actor=person(), now=now)
        except (BackupError, CannotStartError, OSError) as error:
            raise CommandError(
                str(error) if isinstance(error, CannotStartError) else sentence(error, folder())
            ) from error
        if options["json"]:
            answer = {"file": str(path), "made_at": done.made_at.isoformat(), "safety": done.safety}
            self.stdout.write(
                json.dumps({**answer, "kept_aside": done.kept_aside, "same_key": done.same_key}, indent=2)
            )
        elif not done.same_key:
            self.stdout.write(
                "The backup was made with another encryption key. Put that file encryption_key into"
                f" {settings.HMM_DATA_DIR}, or type stored passwords and tokens in again."
            )

    def path_of(self, text: str) -> Path:
        for path in (Path(text).expanduser(), folder() / text):
            if path.is_file():
                return path
        raise CommandError(f"There is no file {text}, nor a backup of that name in {folder()}.")

    def ask(self, question: str) -> None:
        if not sys.stdin.isatty():
            raise CommandError("Nothing was restored: add --yes where nobody can be asked.")
        if input(f"{question} [y/N] ").strip().lower() not in {"y", "yes"}:
            raise CommandError("Nothing was restored.")
