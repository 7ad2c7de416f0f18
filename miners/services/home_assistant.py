"""The connection to Home Assistant: kept, checked each minute, and told of when it is gone."""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from hmm.audit.services import record
from hmm.jobs.models import Job
from hmm.jobs.services import start_job
from hmm.secrets import is_kept, opened, word_for
from miners.models import HomeAssistantServer, PowerMeter, PowerSwitch
from miners.models.plug import CHECK_EVERY, CHECK_WHEN_LINKED, TROUBLES
from miners.services.plug_states import announce, note_off_miners, take_state, take_watts, watch_plug
from miners.switches.base import (
    BannedError,
    Entity,
    PlugState,
    Snapshot,
    SwitchError,
    TokenRejectedError,
)
from miners.switches.home_assistant import wire
from notifications.models import Severity
from notifications.services import close_incident, open_incident

logger = logging.getLogger(__name__)

SUBJECT = "home_assistant"
DOWN, TOKEN = "home_assistant_down", "home_assistant_token"
ASK_RARELY = timedelta(minutes=10)  # after a rejected token: asking on would get us banned
CLAIM = timedelta(seconds=60)
FOUND_MAX = 400
FIELDS = ("url", "verify_tls", "enabled")


def connection() -> HomeAssistantServer:
    """Return the one row of the connection, made when it is missing."""
    return HomeAssistantServer.objects.get_or_create(pk=1)[0]


def save_connection(
    *, url: str, new_token: str, verify_tls: bool, enabled: bool, actor: str, now: datetime
) -> HomeAssistantServer:
    """Store the connection; an empty token keeps the stored one. It is checked at once, in the background.

    Raise ValueError for an address that is none. A token is never sent to another address than it was typed for.
    """
    clean = wire.plain_url(url)
    with transaction.atomic():
        server = connection()
        before = {name: getattr(server, name) for name in FIELDS} | {"token": word_for(server, "token")}
        if server.url and server.url != clean and is_kept(server, "token") and not new_token:
            raise ValueError("Type the token again: it was stored for another address.")
        after = {"url": clean, "verify_tls": verify_tls, "enabled": enabled}
        typed = {"token": new_token} if new_token else {}
        HomeAssistantServer.objects.filter(pk=1).update(**after, **typed, due_at=now, error_code="", error_text="")
        record(
            actor=actor,
            action="home_assistant.edit",
            target=server,
            before=before,
            after=after | ({"token": "stored", "token_replaced": True} if new_token else {"token": before["token"]}),
            at=now,
        )
        if not enabled:
            forget_outage(now=now)
        transaction.on_commit(announce)
    return connection()


def ask_in_background(*, actor: str, now: datetime) -> Job:
    """Ask Home Assistant in the background because a person wants to know; the job tells what answered."""
    return start_job(
        kind="home_assistant", title="Asking Home Assistant", actor=actor, arguments={}, total=1, now=now
    )


def claim_check(*, now: datetime) -> bool:
    """Tell whether the connection is to be checked now; of two that ask only one is told so."""
    due = Q(due_at__isnull=True) | Q(due_at__lte=now) | Q(due_at__gt=now + 2 * ASK_RARELY)
    rows = HomeAssistantServer.objects.filter(due, pk=1, enabled=True).exclude(url="")
    return bool(rows.update(due_at=now + CLAIM))


def check_soon(*, now: datetime) -> None:
    """Let the connection be looked at now: a plug could not be reached, and it may be the whole house."""
    HomeAssistantServer.objects.filter(pk=1, error_code="", due_at__gt=now).update(due_at=now)


def check_connection(*, now: datetime) -> Snapshot | None:
    """Ask Home Assistant for everything and keep it; None when it does not answer. No exception leaves here."""
    server = connection()
    if not server.is_set_up:
        return None
    try:
        snapshot = server.client().read_all()
    except SwitchError as error:
        note_failure(server, error, now=now)
        return None
    note_success(server, snapshot, now=now)
    return snapshot


def note_success(server: HomeAssistantServer, snapshot: Snapshot, *, now: datetime) -> None:
    """Keep what was read, and say once that it is back."""
    linked = PowerSwitch.objects.exists()
    running_since = (server.running_since or now) if snapshot.is_running else None
    HomeAssistantServer.objects.filter(pk=1).update(
        checked_at=now,
        ok_at=now,
        error_code="",
        error_text="",
        version=snapshot.version,
        running_since=running_since,
        due_at=now + (CHECK_WHEN_LINKED if linked else CHECK_EVERY),
    )
    keep_found(server, snapshot)
    take_entities(snapshot, running_since, now=now)
    settle_down(server, now=now)
    if server.error_code or server.ok_at is None:
        announce()


def settle_down(server: HomeAssistantServer, *, now: datetime) -> None:
    """End an outage, with one message that says how long it was."""
    if server.down_since is None or not forget_outage(now=now):
        return
    minutes = max(0, round((now - server.down_since).total_seconds() / 60))
    record(
        actor="system",
        action="home_assistant.up",
        target=server,
        reason=f"Home Assistant is back after {minutes} min.",
        at=now,
    )
    logger.info("Home Assistant answers again")


def forget_outage(*, now: datetime) -> bool:
    """Close what tells of an outage; False when there is none, or somebody else was quicker."""
    if not HomeAssistantServer.objects.filter(pk=1, down_since__isnull=False).update(down_since=None):
        return False
    for kind in (DOWN, TOKEN):
        close_incident(kind=kind, subject=SUBJECT, now=now)
    return True


def keep_found(server: HomeAssistantServer, snapshot: Snapshot) -> None:
    """Keep which switches and meters there are; written only when they change."""
    kinds = sorted(snapshot.entities.values(), key=lambda item: (not item.is_switch, item.name.lower(), item.entity))
    found = [
        {"entity": item.entity, "name": item.name, "kind": "switch" if item.is_switch else "meter"} for item in kinds
    ]
    kept = [item for item in found if item["kind"] == "switch"][:FOUND_MAX]
    kept += [item for item in found if item["kind"] == "meter"][:FOUND_MAX]
    if kept != server.found:
        HomeAssistantServer.objects.filter(pk=1).update(found=kept)


def take_entities(snapshot: Snapshot, running_since: datetime | None, *, now: datetime) -> None:
    entities: Mapping[str, Entity] = snapshot.entities
    for meter in PowerMeter.objects.all():
        seen = entities.get(meter.entity)
        take_watts(meter, seen.power_w if seen is not None else None, now=now)
    nothing = PlugState.MISSING if snapshot.is_running else PlugState.UNKNOWN
    for switch in PowerSwitch.objects.select_related("meter"):
        take_state(switch, entities.get(switch.entity) or Entity(entity=switch.entity, state=nothing), now=now)
        watch_plug(switch, running_since=running_since, now=now)
    note_off_miners(now=now)


def note_failure(server: HomeAssistantServer, error: SwitchError, *, now: datetime) -> None:
    """Keep what is wrong and open its incident, which is told again while it lasts (`notifications.events`).

    The plugs' states grow old and count as unknown. A reading that failed in another way is another incident.
    What was asked before a person typed another address or token says nothing of the connection of now.
    """
    stored = connection()
    now_kept, asked = ((row.url, opened(row, "token"), row.verify_tls, row.enabled) for row in (stored, server))
    if now_kept != asked:
        return
    rarely = isinstance(error, TokenRejectedError | BannedError)
    HomeAssistantServer.objects.filter(pk=1).update(
        checked_at=now,
        error_code=error.code,
        error_text=str(error)[:300],
        down_since=server.down_since or now,
        running_since=None,
        due_at=now + (ASK_RARELY if rarely else CHECK_EVERY),
    )
    if server.down_since is None:
        logger.info("Home Assistant does not answer: %s", error)
    if server.down_since is None or error.code != server.error_code:
        announce()
    kind, other = (TOKEN, DOWN) if rarely else (DOWN, TOKEN)
    close_incident(kind=other, subject=SUBJECT, now=now)
    open_incident(
        kind=kind,
        subject=SUBJECT,
        label="Home Assistant",
        severity=Severity.DANGER if rarely else Severity.WARNING,
        title=TROUBLES.get(error.code, "fails"),
        detail=f"{error} Plugs stay as they are; what must be off is paused at the miner instead.",
        now=now,
    )
