"""Take in what a poll brought: a reading, or the reason why there is none."""

import logging
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from hmm.audit.services import record
from hmm.jobs.asks import ABOUT_STRATEGY, ask
from hmm.live.services import nobody_hears, push_fragment
from miners.contexts import tile_context
from miners.drivers.base import DeviceState, DriverError, Reading
from miners.health import plausible_hashrate_ths
from miners.models import Miner, NewestReading, TelemetryReading
from miners.models.miner import BACK_OFF_MAX
from miners.services.drifting import note_drift
from miners.services.fitting import fitted
from miners.services.high_shares import note_shares
from miners.services.pausing import pause_again
from miners.services.pool_work import count_work
from miners.services.settling import settle_commands
from miners.services.silence import is_off_at_its_plug, is_silent_on_purpose
from miners.services.slots import sync_slots
from miners.services.wall_power import METER, wall_power_w
from miners.services.wellbeing import best_of_last_hour_ths, forget_health, keep_firmware, watch_health
from notifications.models import Severity
from notifications.services import open_incident

logger = logging.getLogger(__name__)

NEWEST_FIELDS = tuple(
    field.name
    for field in NewestReading._meta.concrete_fields
    if field.name not in {"miner", "taken_at", "state", "state_since", "power_source"}
    and field.name not in {"pool", "pools", "chips", "hashrate_ths"}
)
RAW_FIELDS = (
    "expected_hashrate_ths",
    "power_w",
    "chip_temp_c",
    "vr_temp_c",
    "fan_percent",
    "frequency_mhz",
    "core_voltage_mv",
    "shares_accepted",
    "shares_rejected",
    "mode",
)
STATE_LETTERS = {
    DeviceState.HASHING: "h",
    DeviceState.IDLE: "i",
    DeviceState.STARTING: "s",
    DeviceState.STALLED: "x",
    DeviceState.OVERHEATED: "o",
}
OFFLINE_AFTER_FAILURES = 3


def record_reading(miner: Miner, reading: Reading, *, now: datetime, delay: timedelta | None = None) -> NewestReading:
    """Store a reading in one short transaction, and settle the commands it proves.

    `delay` is when to poll again; the miner's own interval if absent.
    """
    wall = wall_power_w(miner, now)
    if wall is not None:  # what the wall delivers is more than the chips report
        reading = replace(reading, power_w=wall)
    hashrate = plausible_hashrate_ths(reading.hashrate_ths, *known_hashrates_ths(miner, reading, now=now))
    was_unreachable, was_unknown = miner.unreachable_since is not None, miner.last_seen_at is None
    with transaction.atomic():
        before = NewestReading.objects.filter(miner=miner).first()
        newest = store_newest(miner, reading, hashrate, before, now=now, source=METER if wall is not None else "")
        store_raw(miner, reading, hashrate, now=now)
        keep_identity(miner, reading)
        Miner.objects.filter(pk=miner.pk).update(
            last_seen_at=now,
            unreachable_since=None,
            failures=0,
            last_error="",
            poll_due_at=now + (delay or miner.interval),
        )
        miner.last_seen_at, miner.unreachable_since, miner.failures, miner.last_error = now, None, 0, ""
        if before is not None:
            note_drift(miner, before, newest, now=now)
        settle_commands(miner, newest, now=now)
        sync_slots(miner, newest.pools, before.pools if before is not None else [], now=now)
        if before is not None:
            pause_again(miner, before, newest, now=now)
        if miner.enrolled and (was_unreachable or was_unknown):
            ask(ABOUT_STRATEGY, by="device")  # what it waited for has come
        keep_firmware(miner, reading, now=now)
        if miner.enabled:  # one that is read only to prove a command tells of nothing: no later reading would end it
            watch_health(miner, newest, before, now=now)
        note_shares(miner, before, newest, now=now)
        count_work(miner, before, newest, now=now)
        transaction.on_commit(lambda: push_tile(miner.pk, now))
    if was_unreachable:
        logger.info("%s answers again", miner.name)
    return newest


def known_hashrates_ths(miner: Miner, reading: Reading, *, now: datetime) -> tuple[float | None, ...]:
    """Return what a hash rate is measured by: as reported, by the table, the last hour's, the one before."""
    newest, board = getattr(miner, "newest", None), miner.board
    table = None
    if board is not None and board.small_core_count and board.chip_count and reading.frequency_mhz:
        table = reading.frequency_mhz * board.small_core_count * board.chip_count / 1e6
    last = newest.hashrate_ths if newest is not None else None
    return reading.expected_hashrate_ths, table, best_of_last_hour_ths(miner, now=now), last


def store_newest(
    miner: Miner,
    reading: Reading,
    hashrate: float | None,
    before: NewestReading | None,
    *,
    now: datetime,
    source: str = "",
) -> NewestReading:
    unchanged = before is not None and before.state == reading.state
    values = fitted(NewestReading, {name: getattr(reading, name) for name in NEWEST_FIELDS})
    newest = NewestReading(
        miner=miner,
        taken_at=now,
        state=reading.state.value,
        state_since=before.state_since if before is not None and unchanged else now,
        hashrate_ths=hashrate,
        power_source=source,
        pool=asdict(reading.pool) if reading.pool else None,
        pools=[asdict(entry) for entry in reading.pools],
        chips=[asdict(chip) for chip in reading.chips],
        **values,
    )
    newest.save(force_update=before is not None, force_insert=before is None)
    return newest


def store_raw(miner: Miner, reading: Reading, hashrate: float | None, *, now: datetime) -> None:
    TelemetryReading.objects.bulk_create(
        [
            TelemetryReading(
                miner=miner,
                taken_at=now,
                state=STATE_LETTERS[reading.state],
                hashrate_ths=hashrate,
                **fitted(TelemetryReading, {name: getattr(reading, name) for name in RAW_FIELDS}),
            )
        ],
        ignore_conflicts=True,
    )


def identity_of(reading: Reading) -> dict[str, Any]:
    """Return what a row keeps of a device's own words."""
    told = {
        "model": reading.model or "",
        "firmware": reading.firmware or "",
        "board_version": reading.board_version or "",
        "trust": reading.trust.value,
    }
    return fitted(Miner, told)


def keep_identity(miner: Miner, reading: Reading) -> None:
    """Note what the device says it is; a new firmware is an event."""
    told = identity_of(reading)
    changed: dict[str, Any] = {name: value for name, value in told.items() if value and getattr(miner, name) != value}
    if reading.serial and miner.board_facts and not miner.board_facts.get("serial"):
        changed["board_facts"] = {**miner.board_facts, "serial": reading.serial}
    if not changed:
        return
    if "firmware" in changed and miner.firmware:
        record(
            actor="device",
            action="miner.firmware",
            target=miner,
            reason="The device reports another firmware.",
            before={"firmware": miner.firmware},
            after={"firmware": changed["firmware"]},
        )
    if {"model", "board_version"} & set(changed):  # another device than the one that was proven
        changed["proven_at"] = None
    Miner.objects.filter(pk=miner.pk).update(**changed)
    for name, value in changed.items():
        setattr(miner, name, value)


def shared_with(miner: Miner) -> list[str]:
    """Return what may have taken others away with a miner: its network and its plug, as messages name them."""
    network = f"network:{miner.host.rpartition('.')[0]}.x" if miner.host.count(".") == 3 else ""
    plug = f"plug:{miner.plug.name}" if miner.plug is not None else ""
    return [cause for cause in (plug, network) if cause]


def record_failure(miner: Miner, error: DriverError, *, now: datetime, at_once: bool = False) -> None:
    """Count a failed poll, wait longer each time, and say once that the miner is gone.

    `at_once` does not wait for more failures: the silence was long already.
    """
    failures = miner.failures + 1
    wait = min(miner.interval * 2 ** min(failures - 1, 5), max(BACK_OFF_MAX, miner.interval))
    gone = at_once or failures >= OFFLINE_AFTER_FAILURES or miner.last_seen_at is None
    gone = gone and not is_silent_on_purpose(miner, now)  # its plug is off, or came on a moment ago
    since = miner.unreachable_since or (now if gone else None)
    with transaction.atomic():
        Miner.objects.filter(pk=miner.pk).update(
            failures=failures,
            last_error=str(error)[:300],
            unreachable_since=since,
            poll_due_at=now + (wait if gone or is_off_at_its_plug(miner) else miner.interval),
        )
        if (gone or is_off_at_its_plug(miner)) and miner.unreachable_since is None:
            forget_health(miner, now=now)
        if gone and miner.enabled:
            open_incident(
                kind="miner_unreachable",
                subject=f"miner:{miner.pk}",
                label=miner.name,
                severity=Severity.WARNING,
                title="unreachable",
                detail=str(error),
                now=now,
                causes=shared_with(miner),
            )
        transaction.on_commit(lambda: push_tile(miner.pk, now))
    if since is not None and miner.unreachable_since is None:
        logger.info("%s does not answer: %s", miner.name, error)


def push_tile(pk: int, now: datetime) -> None:
    """Send a miner's tile to every open page."""
    push_tiles([pk], now)


def push_tiles(pks: Sequence[int], now: datetime) -> None:
    """Send the tiles of several miners to every open page; nothing is read or drawn where none is open."""
    if not pks or nobody_hears():
        return
    for miner in Miner.objects.for_tiles().filter(pk__in=pks):
        push_fragment("miners/partials/_live.html", tile_context(miner, now))
