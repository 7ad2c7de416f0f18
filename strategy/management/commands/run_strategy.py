"""Run one tick by hand, or only say what it would decide."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from hmm.clock import now as read_clock
from strategy.core import SituationError, decide
from strategy.services.gathering import gather
from strategy.services.ticking import tick
from strategy.situation_json import decision_json
from strategy.situations.elements import moment


class Command(BaseCommand):
    """The same tick that runs each minute."""

    help = "Decide now and carry it out; with --dry-run only decide, with --at for another time."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="decide and change nothing")
        parser.add_argument("--at", help="decide for this time, such as 2026-11-24T18:00Z; needs --dry-run")
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    def handle(self, *_arguments: Any, **options: Any) -> None:
        if options["at"] and not options["dry_run"]:
            raise CommandError("--at only asks; add --dry-run.")
        try:
            now = moment(options["at"], "--at") if options["at"] else read_clock()
            decision = decide(gather(now).situation) if options["dry_run"] else tick(now=now)
        except SituationError as error:
            raise CommandError(f"{error.field}: {error.message}") from error
        if decision is None:
            raise CommandError("Another tick is running at this moment. Try again in a few seconds.")
        answer = decision_json(decision)
        self.stdout.write(
            json.dumps(answer, ensure_ascii=False)
            if options["json"]
            else f"{answer['target']} ({answer['reason']}). {answer['explanation']}"
        )
