"""Keep the whole configuration of a device that takes nothing less, and have it sent after a confirmation."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from hmm.audit.services import record
from hmm.secrets import opened
from miners.models import Command, CommandKind, DeviceTemplate, Miner
from miners.services.commands import request_command
from miners.services.masking import masked

SHOWN_IN_THE_LOG = ("PrimaryPool", "PrimaryAddress", "SecondaryPool", "SecondaryAddress")  # never the Wi-Fi


def template_of(miner: Miner) -> dict[str, Any]:
    """Return the stored configuration, empty where none was typed in or it cannot be read any more."""
    stored = DeviceTemplate.objects.filter(miner=miner).first()
    return dict(json.loads(opened(stored, "sealed") or "{}")) if stored is not None else {}


def configure(
    miner: Miner, values: Mapping[str, Any], *, confirmed: bool, actor: str, now: datetime
) -> Command | None:
    """Store a whole configuration and send it to this one device.

    Raise CommandRefusedError without a confirmation, and for a device that takes no configuration.
    """
    before = template_of(miner)
    host, _colon, port = str(values["PrimaryPool"]).rsplit("/", 1)[-1].rpartition(":")
    asked = {"host": host, "port": int(port), "user": values["PrimaryAddress"], "confirmed": confirmed}
    with transaction.atomic():  # the step that sends it must find this configuration and no older one
        DeviceTemplate.objects.update_or_create(
            miner=miner, defaults={"sealed": json.dumps(dict(values), ensure_ascii=False), "saved_at": now}
        )
        record(
            actor=actor,
            action="miner.configuration",
            target=miner,
            before=masked({name: before.get(name) for name in SHOWN_IN_THE_LOG}) if before else None,
            after=masked({name: values.get(name) for name in SHOWN_IN_THE_LOG}),
        )
        return request_command(
            miner,
            CommandKind.CONFIGURE,
            {**asked, "saved_at": now.isoformat()},
            actor=actor,
            reason="Its whole configuration, by hand.",
            now=now,
        )
