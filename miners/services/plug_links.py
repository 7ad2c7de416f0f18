"""Which plug feeds which miners, and which sensor measures them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from django.db import IntegrityError, transaction

from hmm.audit.services import record
from hmm.jobs.asks import ABOUT_STRATEGY, ask
from miners.models import HomeAssistantServer, Miner, PowerMeter, PowerSwitch
from miners.services.plug_states import announce, subject_of
from miners.services.readings import push_tile
from miners.switches.home_assistant import wire
from notifications.models import Incident

EDITABLE = (
    "entity",
    "name",
    "policy",
    "respect_hours",
    "locked",
    "min_on_minutes",
    "min_off_minutes",
    "daily_cap",
    "cycles_hung",
)


def save_plug(
    switch: PowerSwitch, *, miner_ids: Iterable[int], meter_entity: str, actor: str, now: datetime
) -> PowerSwitch:
    """Store a plug with the miners behind it and its meter. Raise ValueError for an entity that is taken."""
    try:
        with transaction.atomic():
            stored = PowerSwitch.objects.filter(pk=switch.pk).first()
            before = description(stored) if stored is not None else None
            store(switch, before)
            link_miners(switch, list(miner_ids), now=now)
            link_meter(meter_entity, switch=switch)
            record(
                actor=actor,
                action="plug.edit" if before else "plug.add",
                target=switch,
                before=before,
                after=description(switch),
                at=now,
            )
            HomeAssistantServer.objects.filter(pk=1).update(due_at=now)
            ask(ABOUT_STRATEGY, by=actor)
            transaction.on_commit(announce)
    except IntegrityError as error:
        raise ValueError(f"{switch.entity} is linked already. Change that plug instead.") from error
    return switch


def store(switch: PowerSwitch, before: dict[str, Any] | None) -> None:
    """Write what a person may change, never what is read. Another entity is another plug: nothing is known of it."""
    if before is None:
        switch.save(force_insert=True)
        return
    values = {name: getattr(switch, name) for name in EDITABLE}
    if before["entity"] != switch.entity:
        values |= {"state": "unknown", "read_at": None, "state_since": None, "on_at": None, "confirmed": None}
        values |= {"failures": 0, "retry_at": None, "held_by": "", "held_until": None, "cycle_ends_at": None}
    PowerSwitch.objects.filter(pk=switch.pk).update(**values)


def description(switch: PowerSwitch) -> dict[str, Any]:
    meter = PowerMeter.objects.filter(switch=switch).first()
    return {
        **{name: getattr(switch, name) for name in EDITABLE},
        "miners": sorted(Miner.objects.filter(plug=switch).values_list("name", flat=True)),
        "meter": meter.entity if meter is not None else "",
    }


def link_miners(switch: PowerSwitch, miner_ids: Sequence[int], *, now: datetime) -> None:
    gone = Miner.objects.filter(plug=switch).exclude(pk__in=miner_ids)
    touched = [*gone.values_list("pk", flat=True), *miner_ids]
    gone.update(plug=None)
    Miner.objects.filter(pk__in=miner_ids).update(plug=switch)
    for pk in touched:
        transaction.on_commit(partial(push_tile, pk, now))


def link_meter(entity: str, *, switch: PowerSwitch | None = None, miner: Miner | None = None) -> None:
    """Measure a plug or a miner with a sensor; one sensor measures one thing, the empty entity none."""
    mine = PowerMeter.objects.filter(switch=switch) if switch is not None else PowerMeter.objects.filter(miner=miner)
    mine.exclude(entity=entity).delete()
    if entity:
        PowerMeter.objects.update_or_create(
            entity=entity, defaults={"name": name_of(entity), "switch": switch, "miner": miner}
        )


def name_of(entity: str) -> str:
    server = HomeAssistantServer.objects.filter(pk=1).only("found").first()
    found = {item["entity"]: item["name"] for item in (server.found if server is not None else [])}
    return str(found.get(entity, entity))[:120]


def set_miner_meter(miner: Miner, entity: str, *, actor: str, now: datetime) -> None:
    """Measure one miner by a sensor of its own. Raise ValueError for what is no sensor."""
    if entity and not (wire.is_entity_id(entity) and entity.startswith("sensor.")):
        raise ValueError("A power sensor is called like sensor.desk_plug_power.")
    before = PowerMeter.objects.filter(miner=miner).values_list("entity", flat=True).first() or ""
    if before == entity:
        return
    with transaction.atomic():
        link_meter(entity, miner=miner)
        record(actor=actor, action="miner.meter", target=miner, before={"meter": before}, after={"meter": entity})
        HomeAssistantServer.objects.filter(pk=1).update(due_at=now)
        transaction.on_commit(announce)


def remove_plug(switch: PowerSwitch, *, actor: str, now: datetime) -> None:
    """Forget a plug. It stays as it is; the miners behind it are turned off in another way from now on."""
    with transaction.atomic():
        record(actor=actor, action="plug.remove", target=switch, before=description(switch), at=now)
        Incident.objects.open().filter(subject=subject_of(switch)).update(closed_at=now)
        switch.delete()
        ask(ABOUT_STRATEGY, by=actor)
        transaction.on_commit(announce)
