"""Run by test_kill in a process of its own: kill -9 what queues and sends a message at every write, then go on."""

import json
import shutil
import sys
from datetime import timedelta
from pathlib import Path

from tests.strategy.kill_scene import dying, in_child  # it sets Django up

# isort: split
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from hmm.clock import now as read_clock
from notifications.models import Channel, Delivery, Incident
from notifications.services.collecting import collect
from notifications.services.routing import route
from notifications.services.sending import channels_with_work, send_channel
from notifications.transports.telegram.simulator import CHAT, TOKEN, TelegramSimulator


def work(now):
    collect(now=now)
    route(now=now)
    for pk in channels_with_work(now=now):
        send_channel(pk, now=now)


def go_on(now):
    """What the product does after a restart; the dead one's hold on the channel runs out by itself."""
    for second in (2, 61, 63):
        work(now + timedelta(seconds=second))


def tries(telegram, severity, file, clean, now):
    """Yield how each try ended, from the kill before the first write to the one that lived."""
    words = {"kind": "miner_overheated", "subject": "miner:1", "label": "Shed", "title": "overheated"}
    begun = {**words, "severity": severity, "opened_at": now}
    for at in range(1, 60):
        for leftover in file.parent.glob(f"{file.name}*"):
            leftover.unlink()
        shutil.copy(clean, file)
        telegram.messages.clear()
        in_child(lambda: Incident.objects.create(**begun))
        lived = in_child(dying(at, lambda: work(now)))
        in_child(lambda: go_on(now))
        statuses = list(Delivery.objects.values_list("status", flat=True))
        connection.close()
        texts = [sent["text"] for sent in telegram.messages]
        yield {"severity": severity, "at": at, "lived": lived, "statuses": statuses, "texts": texts}
        if lived:
            return


def main():
    file = Path(settings.DATABASES["default"]["NAME"])
    clean = file.with_suffix(".clean")
    now = read_clock().replace(microsecond=0)
    with TelegramSimulator() as telegram:
        settings.HMM_TELEGRAM_URL = telegram.url
        call_command("migrate", verbosity=0)
        config = json.dumps({"token": TOKEN, "chat": CHAT, "people": ""})
        Channel.objects.create(name="Family", kind="telegram", sealed=config)
        connection.close()
        shutil.copy(file, clean)
        rows = [row for severity in ("warning", "critical") for row in tries(telegram, severity, file, clean, now)]
    sys.stdout.write(json.dumps(rows))


if __name__ == "__main__":
    main()
