"""Send a test message through one channel, or through all."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from hmm.clock import now as read_clock
from notifications.models import Channel
from notifications.services.channels import send_test


class Command(BaseCommand):
    """Say what each service answered."""

    help = "Send a test message now and print what the service answers; without a name through every channel."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("channel", nargs="?", help="the channel's name")
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    def handle(self, *_arguments: Any, **options: Any) -> None:
        channels = Channel.objects.defer("sealed")
        chosen = channels.filter(name=options["channel"]) if options["channel"] else channels.filter(enabled=True)
        if not chosen:
            names = ", ".join(channels.values_list("name", flat=True)) or "none yet"
            raise CommandError(f"There is no such channel. There are: {names}.")
        results = [(channel.name, *send_test(channel, now=read_clock())) for channel in chosen]
        if options["json"]:
            told = [{"channel": name, "sent": good, "answer": words} for name, good, words in results]
            self.stdout.write(json.dumps(told, ensure_ascii=False))
        else:
            for name, good, words in results:
                self.stdout.write(f"{name}: {'sent' if good else 'not sent'}. {words}")
        failed = [name for name, good, _words in results if not good]
        if failed:
            raise CommandError(f"Not sent: {', '.join(failed)}.")
