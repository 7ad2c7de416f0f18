"""Keep each miner's pool slots as its readings show them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q

from miners.drivers.abilities import SwitchesSlot
from miners.models import Miner, PoolSlot
from miners.models.slot import SYNC_EVERY

Entries = Sequence[Mapping[str, Any]]


def sync_slots(miner: Miner, entries: Entries, before: Entries, *, now: datetime) -> bool:
    """Store the slots of a reading when they changed or are due; return whether they were.

    A reading brings them along, so nothing more is asked of the device. A due time more than two intervals
    ahead comes from a clock that was set back.
    """
    driver = miner.driver()
    if not isinstance(driver, SwitchesSlot):
        return False
    due = Q(slots_due_at__isnull=True) | Q(slots_due_at__lte=now) | Q(slots_due_at__gt=now + 2 * SYNC_EVERY)
    mine = Miner.objects.filter(pk=miner.pk)
    claimed = mine.filter(due).update(slots_due_at=now + SYNC_EVERY)
    if not claimed:
        if [shown(entry) for entry in entries] == [shown(entry) for entry in before]:
            return False
        mine.update(slots_due_at=now + SYNC_EVERY)
    ranked = {entry["position"]: (rank, entry) for rank, entry in enumerate(entries)}
    for position in range(driver.slot_count):
        rank, entry = ranked.get(position, (None, {}))
        PoolSlot.objects.update_or_create(
            miner=miner, position=position, defaults={**shown(entry), "rank": rank, "synced_at": now}
        )
    return True


def shown(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is kept of an entry; what the device wrote is cut to what a row holds."""
    return {
        "host": str(entry.get("host") or "")[:253],
        "port": entry.get("port"),
        "user": str(entry.get("user") or "")[:200],
        "status": str(entry.get("status") or "")[:20],
        "live": bool(entry.get("live")),
    }
