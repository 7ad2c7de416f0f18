"""Start over with an empty database."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from hmm.clock import now as read_clock
from hmm.ops.backups.errors import BackupError, sentence
from hmm.ops.backups.files import folder
from hmm.ops.backups.restoring import reset, stopped
from hmm.ops.supervision.errors import CannotStartError


class Command(BaseCommand):
    help = "Back up, then take everything out of the database. Keys and backups stay."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--confirm", metavar="NAME", default="", help="the name of the data folder")

    def handle(self, *args: Any, **options: Any) -> None:
        now = read_clock()
        try:
            with stopped(now):
                safety = reset(confirm=options["confirm"], now=now, say=self.stdout.write)
        except (BackupError, OSError) as error:
            raise CommandError(sentence(error, folder())) from error
        except CannotStartError as error:
            raise CommandError(str(error)) from error
        self.stdout.write("Everything is reset. The next start prints a new set-up link.")
        if safety:
            self.stdout.write(f"`manage.py restore {safety}` brings it back.")
