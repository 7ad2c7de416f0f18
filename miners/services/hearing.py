"""Take in what devices tell by themselves; it goes the way of every other reading."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from hmm.audit.services import record
from hmm.live.services import push_event
from miners.drivers.abilities import Broadcasts
from miners.drivers.base import Heard, PayloadError, Reading
from miners.drivers.registry import FAMILIES
from miners.models import Command, HeardDevice, Miner, NewestReading
from miners.services.readings import record_reading

HEARD_MAX = 64
SOON = timedelta(seconds=4)
HEARD_AGAIN = timedelta(seconds=30)
HEARD_CHANGED = "miners-changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A datagram and where it came from; the source is what the network says, not the device."""

    kind: str
    source: str
    datagram: bytes
    heard: Heard


def take_in(told: Told, *, now: datetime) -> Miner | None:
    """Record a heard reading when it is time for one; return the miner it belongs to, None for a stranger.

    Devices speak every few seconds; a reading is kept as often as the miner would be polled.
    """
    # Where several share an address, the one that is known to speak by itself is meant.
    miner = Miner.objects.with_latest().filter(kind=told.kind, host=told.source).order_by("-pushed", "pk").first()
    if miner is None:
        remember(told, now=now)
        return None
    if not miner.enabled or not is_time(miner, now):
        return miner
    if not miner.pushed:
        set_pushed(miner, pushed=True)
    record_reading(miner, told.heard.reading, now=now, delay=silence_of(miner))
    return miner


def silence_of(miner: Miner) -> timedelta:
    """Return how long a device that tells by itself may be silent."""
    return timedelta(seconds=getattr(miner.driver(), "silent_after_s", 60))


def is_time(miner: Miner, now: datetime) -> bool:
    """Tell whether to keep a reading now: as often as a poll, sooner while a proof or a return is awaited."""
    newest: NewestReading | None = getattr(miner, "newest", None)
    if newest is None or miner.unreachable_since is not None or newest.taken_at > now:
        return True
    awaited = Command.objects.open().filter(miner=miner).exists()
    return now - newest.taken_at >= (SOON if awaited else miner.interval)


def was_heard_lately(miner: Miner, now: datetime) -> bool:
    """Tell whether silence is still no news; a reading of the future comes from a clock that was set back."""
    newest: NewestReading | None = getattr(miner, "newest", None)
    return newest is not None and timedelta(0) <= now - newest.taken_at < silence_of(miner)


def set_pushed(miner: Miner, *, pushed: bool) -> None:
    """Note that a device speaks by itself now, or no longer does since its firmware changed."""
    Miner.objects.filter(pk=miner.pk).update(pushed=pushed)
    miner.pushed = pushed
    words = "It tells its readings by itself." if pushed else "It answers when asked and tells nothing by itself."
    record(actor="device", action="miner.speech", target=miner, reason=words, after={"pushed": pushed})


# --- strangers -----------------------------------------------------------------------------------


def remember(told: Told, *, now: datetime) -> None:
    """Keep a stranger for the page that offers to add it; known ones are refreshed, new ones up to a number."""
    reading = told.heard.reading
    values: dict[str, Any] = {
        "kind": told.kind,
        "model": reading.model or "",
        "firmware": reading.firmware or "",
        "hashrate_ths": reading.hashrate_ths,
        "datagram": told.datagram,
        "heard_at": now,
    }
    stored = HeardDevice.objects.filter(host=told.source).first()
    if stored is not None:
        if abs(now - stored.heard_at) >= HEARD_AGAIN:
            HeardDevice.objects.filter(pk=stored.pk).update(**values)
        return
    HeardDevice.objects.exclude(pk__in=HeardDevice.objects.lately(now)).delete()
    if HeardDevice.objects.count() >= HEARD_MAX:
        return
    with transaction.atomic():
        HeardDevice.objects.bulk_create([HeardDevice(host=told.source, **values)], ignore_conflicts=True)
        transaction.on_commit(lambda: push_event(HEARD_CHANGED))


def heard_at(host: str, *, family: str | None, now: datetime) -> Reading | None:
    """Return what a stranger at this address told lately, None when it was not heard."""
    stored = HeardDevice.objects.lately(now).filter(host=host).first()
    if stored is None or (family and stored.kind != family):
        return None
    driver: object = FAMILIES.get(stored.kind)
    if not isinstance(driver, Broadcasts):
        return None
    try:
        return driver.heard(bytes(stored.datagram)).reading
    except PayloadError:
        return None


def forget(host: str) -> None:
    """Drop a stranger that is one no longer."""
    HeardDevice.objects.filter(host=host).delete()
