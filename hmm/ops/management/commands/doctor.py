"""Say what works and what does not."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from hmm.clock import now
from hmm.ops.doctor import examine


class Command(BaseCommand):
    help = "Look at data folder, Redis, database, static files and processes; exits 1 when one is not well."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    def handle(self, *args: Any, **options: Any) -> None:
        findings = examine(now())
        wrong = [finding.name for finding in findings if not finding.is_ok]
        if options["json"]:
            answer = {"ok": not wrong, "findings": [asdict(finding) for finding in findings]}
            self.stdout.write(json.dumps(answer, indent=2))
            raise SystemExit(1 if wrong else 0)
        for finding in findings:
            self.stdout.write(f"{'ok   ' if finding.is_ok else 'WRONG'} {finding.name}: {finding.text}")
        if wrong:
            raise CommandError(f"Not well: {', '.join(wrong)}.")
