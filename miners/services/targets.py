"""What the strategy wants of each miner, and what persons hold; written by the strategy through here."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from miners.models import FieldState, Miner, MinerTarget
from miners.services.plug_holds import release_plug_holds
from miners.services.readings import push_tiles
from miners.services.settling import observed_value


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What one miner should do, in words and values."""

    on: bool | None
    mode: str = ""
    pool_label: str = ""
    why: str = ""
    note: str = ""
    band_position: int | None = None
    champion: bool = False
    waiting: str = ""


FIELDS = ("on", "mode", "pool_label", "why", "note", "band_position", "champion", "waiting")


def set_targets(targets: Mapping[int, Target], miners: Iterable[Miner], *, now: datetime) -> list[int]:
    """Store what is wanted of each miner and return those for whom it changed; unchanged rows are not written.

    `miners` were loaded with their targets; nobody else writes those.
    """
    stored = {miner.pk: miner for miner in miners}
    new, changed = [], []
    names: set[str] = set()
    for pk, target in targets.items():
        row: MinerTarget | None = getattr(stored[pk], "target", None)
        values = {name: getattr(target, name) for name in FIELDS}
        if row is None:
            new.append(MinerTarget(miner_id=pk, decided_at=now, changed_at=now, **values))
        elif differing := {name for name, value in values.items() if getattr(row, name) != value}:
            names |= differing
            for name in differing:
                setattr(row, name, values[name])
            row.decided_at = row.changed_at = now
            changed.append(row)
    with transaction.atomic():
        MinerTarget.objects.bulk_create(new, ignore_conflicts=True)
        MinerTarget.objects.bulk_update(changed, [*sorted(names), "decided_at", "changed_at"])
    touched = [row.miner_id for row in (*new, *changed)]
    push_tiles(touched, now)
    return touched


def hold_field(miner_id: int, field: str, *, by: str, value: Any, now: datetime) -> None:
    """Leave a field to the person who changed it, until the next band change."""
    FieldState.objects.update_or_create(
        miner_id=miner_id, field=field, defaults={"held_by": by, "held_value": value, "held_since": now}
    )


def take_over(miner: Miner, field: str) -> None:
    """Count what the device shows of a field as known, so that a failed command is tried again.

    Without it a command that was not applied would look like a change by hand.
    """
    newest = getattr(miner, "newest", None)
    if newest is None:
        return
    FieldState.objects.update_or_create(
        miner=miner,
        field=field,
        defaults={
            "confirmed": observed_value(field, newest),
            "confirmed_at": newest.taken_at,
            "confirmed_uptime_s": newest.uptime_s,
        },
    )


def start_anew(miner: Miner) -> None:
    """Forget what was held and wanted of a miner that begins or ends to follow the strategy."""
    release_holds(miner)
    MinerTarget.objects.filter(miner=miner).delete()


def release_holds(miner: Miner | None = None) -> None:
    """End what persons held, for one miner or, at a band change, for all."""
    states = FieldState.objects.exclude(held_by="")
    if miner is not None:
        states = states.filter(miner=miner)
    # What a person left is no longer what was confirmed; unknown, it is ours to command again.
    states.update(held_by="", held_value=None, held_since=None, confirmed=None)
    if miner is None or miner.plug_id is not None:
        release_plug_holds(switch_id=miner.plug_id if miner is not None else None)
