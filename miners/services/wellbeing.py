"""Judge each reading: keep what is wrong with a miner, and open and close its incidents."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max

from hmm.audit.services import record
from miners.drivers.base import Reading
from miners.drivers.registry import FAMILIES, FAMILY_LABELS
from miners.drivers.thresholds import DEFAULT, Thresholds
from miners.health import Code, Mark, Symptom, Vitals, step, symptoms
from miners.models import (
    FieldState,
    FirmwareVersion,
    HealthLimits,
    HealthReason,
    Miner,
    NewestReading,
    TelemetryReading,
)
from notifications.models import Severity
from notifications.services import close_incident, open_incident

LAST_HOUR = timedelta(hours=1)


def subject_of(miner: Miner) -> str:
    return f"miner:{miner.pk}"


def kind_of(code: str) -> str:
    """Return the incident's kind of a health code: hot_chip ⇒ miner_hot_chip."""
    return f"miner_{code}"


# --- limits --------------------------------------------------------------------------------------


def family_limits(kind: str) -> Thresholds:
    """Return a family's own limits, else the common ones."""
    own: Thresholds = getattr(FAMILIES.get(kind), "thresholds", DEFAULT)
    return own


def limits_of(kind: str) -> Thresholds:
    """Return a family's limits: typed in, else its own."""
    typed = HealthLimits.objects.filter(kind=kind).first()
    return typed.over(family_limits(kind)) if typed is not None else family_limits(kind)


def out_of_order(kind: str, typed: Mapping[str, Any], warn: str, critical: str) -> bool:
    """Tell whether a warning would come after what it warns of, with the family's own for what is empty."""
    own = family_limits(kind)
    low, high = (value if (value := typed.get(name)) is not None else getattr(own, name) for name in (warn, critical))
    return low is not None and high is not None and low > high


def set_limits(kind: str, values: Mapping[str, float | None], *, actor: str) -> HealthLimits:
    """Store a family's limits; None takes its own. Raise ValueError for a warning above its critical limit."""
    if kind not in FAMILIES:
        raise ValueError(f"{kind!r:.40} is no family.")
    row = HealthLimits.objects.filter(kind=kind).first() or HealthLimits(kind=kind)
    before = {field.name: getattr(row, field.name) for field in fields(Thresholds)}
    for part in ("chip", "vr"):
        if out_of_order(kind, {**before, **values}, f"{part}_warn_c", f"{part}_critical_c"):
            raise ValueError(f"The first limit of the {part} lies above the second. Swap them.")
    changed = {name: value for name, value in values.items() if before[name] != value}
    if not changed:
        return row
    for name, value in changed.items():
        setattr(row, name, value)
    with transaction.atomic():
        row.save()
        record(
            actor=actor,
            action="health.limits",
            reason=f"Limits of {FAMILY_LABELS.get(kind, kind)}.",
            before={name: before[name] for name in changed},
            after=changed,
        )
    return row


# --- the last hour -------------------------------------------------------------------------------


def best_of_last_hour_ths(miner: Miner, *, now: datetime) -> float | None:
    """Return the highest hash rate that was kept in the last hour, TH/s."""
    rows = TelemetryReading.objects.filter(miner=miner, taken_at__gt=now - LAST_HOUR)
    best: float | None = rows.aggregate(best=Max("hashrate_ths"))["best"]
    return best


@dataclass(frozen=True, slots=True)
class Shares:
    """What pools took and refused in a stretch."""

    accepted: int | None
    rejected: int | None


def shares_of_last_hour(miner: Miner, newest: NewestReading, *, now: datetime) -> Shares:
    """Return the shares of the last hour; those since the start when the counters began anew in it."""
    accepted, rejected = newest.shares_accepted, newest.shares_rejected
    if accepted is None or rejected is None:
        return Shares(None, None)
    first = (
        TelemetryReading.objects.filter(miner=miner, taken_at__gt=now - LAST_HOUR, shares_accepted__isnull=False)
        .order_by("taken_at")
        .values_list("shares_accepted", "shares_rejected")
        .first()
    )
    before = (first[0] or 0, first[1] or 0) if first is not None else (0, 0)
    if before[0] > accepted or before[1] > rejected:
        return Shares(accepted, rejected)
    return Shares(accepted - before[0], rejected - before[1])


# --- judging -------------------------------------------------------------------------------------


def watch_health(miner: Miner, newest: NewestReading, before: NewestReading | None, *, now: datetime) -> None:
    """Bring what is wrong with a miner up to a reading. Call it inside the reading's transaction."""
    close_incident(kind=kind_of("unreachable"), subject=subject_of(miner), now=now)
    stored = {row.code: row for row in HealthReason.objects.filter(miner=miner)}
    vitals = vitals_of(miner, newest, before, fan_was_told=Code.FAN in stored, now=now)
    found = {item.code: item for item in symptoms(vitals, limits_of(miner.kind))}
    for code in Code:
        if code in found or code in stored:
            judge(miner, code, found.get(code), stored.get(code), now=now)


def vitals_of(
    miner: Miner, newest: NewestReading, before: NewestReading | None, *, fan_was_told: bool, now: datetime
) -> Vitals:
    target: Any = getattr(miner, "target", None)
    shares = shares_of_last_hour(miner, newest, now=now)
    return Vitals(
        state=newest.state,
        wanted_on=target is None or target.on is not False,
        runs_in_spite=runs_in_spite(miner, newest),
        hashrate_ths=newest.hashrate_ths,
        expected_hashrate_ths=newest.expected_hashrate_ths,
        chip_temp_c=newest.chip_temp_c,
        vr_temp_c=newest.vr_temp_c,
        fan_rpm=newest.fan_rpm,
        fan_percent=newest.fan_percent,
        fan_has_turned=fan_was_told or bool(before is not None and before.fan_rpm),
        shares_accepted=shares.accepted,
        shares_rejected=shares.rejected,
        wifi_rssi_dbm=newest.wifi_rssi_dbm,
        firmware=miner.firmware or None,
        web_firmware=newest.web_firmware,
        fault=newest.fault,
    )


def runs_in_spite(miner: Miner, newest: NewestReading) -> bool:
    """Tell whether the strategy wants a miner off, it can be told so, and its reading shows that it is not.

    At rest is a pause, or the lowest mode of a device that has no pause. A plug has alarms of its own, and what
    a person or an overheated chip holds is left alone on purpose.
    """
    target: Any = getattr(miner, "target", None)
    if target is None or target.on is not False or not (miner.enrolled and miner.may_be_written):
        return False
    if miner.plug_id is not None or at_rest(miner, newest):
        return False
    return not FieldState.objects.filter(miner=miner).exclude(held_by="").exists()


def at_rest(miner: Miner, newest: NewestReading) -> bool:
    if newest.can_pause:
        return newest.paused is not False
    lowest = miner.modes[:1]
    return not lowest or newest.mode in {None, *lowest}


def judge(miner: Miner, code: Code, found: Symptom | None, row: HealthReason | None, *, now: datetime) -> None:
    """Move one reason on by a reading, and its incident with it; rows are written only when something changes."""
    mark = Mark(since=row.since, gone_since=row.gone_since, counts=row.counts) if row is not None else None
    after = step(mark, code, present=found is not None, now=now)
    if after is None:
        if row is not None:
            row.delete()
            close_incident(kind=kind_of(code), subject=subject_of(miner), now=now)
        return
    values: dict[str, Any] = {"since": after.since, "gone_since": after.gone_since, "counts": after.counts}
    if found is not None:
        values |= {"severity": found.severity, "title": found.title, "words": found.words}
    if row is None:
        row = HealthReason.objects.create(miner=miner, code=code.value, **values)
        is_news = True
    else:
        changed = {name: value for name, value in values.items() if getattr(row, name) != value}
        is_news = bool(changed.keys() & {"counts", "severity", "title", "words"})
        if changed:
            HealthReason.objects.filter(pk=row.pk).update(**changed)
    if after.counts and is_news and found is not None:
        open_incident(
            kind=kind_of(code),
            subject=subject_of(miner),
            label=miner.name,
            severity=Severity(found.severity),
            title=found.title,
            detail=found.words,
            now=now,
        )


def forget_health(miner: Miner, *, now: datetime) -> None:
    """Drop what was wrong with a miner that no longer answers; of one that is silent nothing else is known."""
    for row in HealthReason.objects.filter(miner=miner):
        row.delete()
        close_incident(kind=kind_of(row.code), subject=subject_of(miner), now=now)


# --- firmware ------------------------------------------------------------------------------------


def keep_firmware(miner: Miner, reading: Reading, *, now: datetime) -> None:
    """Add a row when the firmware, or that of the web files, is not the one of the row before."""
    told = ((reading.firmware or "")[:60], (reading.web_firmware or "")[:60])
    if not told[0]:
        return
    last = FirmwareVersion.objects.filter(miner=miner).values_list("firmware", "web_firmware").first()
    if last != told:
        FirmwareVersion.objects.create(miner=miner, firmware=told[0], web_firmware=told[1], seen_at=now)
