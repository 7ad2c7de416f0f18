"""The ledger: one row for each miner and slot."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import DateTimeField, Max, Min, Q, Value
from django.db.models.functions import Least

from energy.costs import HELD_FOR_POLLS, Sample, use_in_slot
from energy.models import LedgerEntry
from energy.services.late_prices import HALF_HOUR, PRICES_AWAITED, fill_late_prices
from energy.services.prices import periods_between
from hmm.audit.models import AuditEntry
from miners.models import Miner, MinerTarget, TelemetryReading
from pools.coins import TARGETS, target_label

CATCH_UP = timedelta(hours=6)  # where a ledger begins that has no row yet
LONGEST = timedelta(days=1)  # of a slot
WITHOUT_PRICE_AFTER = timedelta(minutes=10)  # time that passed without a price is counted this long after it
HASHING = "h"
TRANSITION = "strategy.transition"
REASON_MAX = 200
TARGET_BY_LABEL = {target_label(target): target for target in TARGETS}
FIGURES = (
    "ends_at",
    "price_p_per_kwh",
    "energy_kwh",
    "cost_p",
    "known_s",
    "unknown_s",
    "hashing_s",
    "work_th",
    "mode",
    "band_position",
    "coin",
    "reason",
    "is_final",
    "miner_label",
)


@dataclass(frozen=True, slots=True)
class Span:
    """A slot to count: one with a price, or half an hour that passed without one."""

    starts_at: datetime
    ends_at: datetime
    price_p_per_kwh: Decimal | None


def update_ledger(*, now: datetime) -> int:
    """Bring the ledger up to now and return how many rows were written.

    Slots that are over and counted are never touched again, whatever happens to the tariff; only a row
    that had no price takes the one that came late.
    """
    open_what_lies_ahead(now)
    fill_late_prices(now)
    miners = list(Miner.objects.select_related("target"))
    start = first_open(now)
    spans = spans_between(start, now)
    if not miners or not spans:
        return 0
    stored = stored_from(spans[0].starts_at)
    rows = rows_of(miners, spans, stored, now=now)
    with transaction.atomic():
        LedgerEntry.objects.filter(pk__in=overlapped(rows, stored)).delete()
        LedgerEntry.objects.bulk_create(
            rows,
            batch_size=500,
            update_conflicts=True,
            unique_fields=["miner", "starts_at"],
            update_fields=list(FIGURES),
        )
    return len(rows)


def close_ledger(*, now: datetime) -> None:
    """Count up to now and finish it: from here on the prices of another tariff count."""
    update_ledger(now=now)
    rows = LedgerEntry.objects.filter(is_final=False, starts_at__lt=now)
    rows.update(is_final=True, ends_at=Least("ends_at", Value(now, output_field=DateTimeField())))


def open_what_lies_ahead(now: datetime) -> None:
    """Open rows of a time that has not come: the clock was ahead and was set back, and the time is counted when it
    comes."""
    done = LedgerEntry.objects.filter(starts_at__gt=now - LONGEST, ends_at__gt=now, is_final=True)
    done.update(is_final=False)


def stored_from(start: datetime) -> Mapping[int, list[LedgerEntry]]:
    """Return each miner's rows that reach beyond `start`."""
    found: dict[int, list[LedgerEntry]] = defaultdict(list)
    for row in LedgerEntry.objects.filter(ends_at__gt=start, starts_at__gt=start - LONGEST, miner__isnull=False):
        found[row.miner_id or 0].append(row)
    return found


def rows_of(
    miners: Sequence[Miner], spans: Sequence[Span], stored: Mapping[int, Sequence[LedgerEntry]], *, now: datetime
) -> list[LedgerEntry]:
    """Return each miner's open rows since it was added; a slot without a price has one only if it was heard of."""
    samples = samples_of(miners, spans[0].starts_at, now)
    past = transitions(spans[0].starts_at, now)
    rows = []
    for miner in miners:
        done = [row for row in stored.get(miner.pk, ()) if row.is_final]
        noted = {row.starts_at: row for row in stored.get(miner.pk, ()) if not row.is_final}
        for slot in spans:
            span = not_done(slot, done)
            if span is None or span.ends_at <= miner.created_at:
                continue
            row = row_of(miner, span, samples[miner.pk], noted.get(span.starts_at), past, now=now)
            if span.price_p_per_kwh is not None or row.known_s or row.hashing_s:
                rows.append(row)
    return rows


def not_done(span: Span, done: Iterable[LedgerEntry]) -> Span | None:
    """Return what is left of a slot behind finished rows, None if nothing is: another tariff's may begin earlier."""
    ends = (row.ends_at for row in done if row.starts_at < span.ends_at and span.starts_at < row.ends_at)
    start = max(ends, default=span.starts_at)
    return replace(span, starts_at=start) if start < span.ends_at else None


def overlapped(rows: Iterable[LedgerEntry], stored: Mapping[int, Sequence[LedgerEntry]]) -> list[int]:
    """Return the open rows of another start whose time is counted by new ones."""
    return [
        old.pk
        for row in rows
        for old in stored.get(row.miner_id or 0, ())
        if not old.is_final and row.starts_at < old.starts_at < row.ends_at
    ]


def first_open(now: datetime) -> datetime:
    """Return where counting goes on: at the oldest row still open, or at the newest that is done.

    Two days back at most; without any row, six hours.
    """
    recent = LedgerEntry.objects.filter(starts_at__gte=now - PRICES_AWAITED, miner__isnull=False)
    found = recent.aggregate(
        open_since=Min("starts_at", filter=Q(is_final=False)), counted_to=Max("ends_at", filter=Q(is_final=True))
    )
    return min((moment for moment in found.values() if moment is not None), default=now - CATCH_UP)


def spans_between(start: datetime, now: datetime) -> list[Span]:
    """Return the slots from `start` to now; where no price is known, the half hours that have passed."""
    spans: list[Span] = []
    at = half_hour_of(start)
    for period in periods_between(start, now):
        spans += without_price(at, period.starts_at, now)
        spans.append(Span(period.starts_at, period.ends_at, period.price_p_per_kwh))
        at = period.ends_at
    return spans + without_price(at, now, now)


def without_price(start: datetime, end: datetime, now: datetime) -> list[Span]:
    spans = []
    while start < end:
        edge = half_hour_of(start) + HALF_HOUR
        if edge + WITHOUT_PRICE_AFTER <= now:
            spans.append(Span(start, min(edge, end), None))
        start = edge
    return spans


def half_hour_of(moment: datetime) -> datetime:
    """Return the start of the half hour a moment lies in."""
    return moment - timedelta(seconds=moment.timestamp() % HALF_HOUR.total_seconds())


def samples_of(miners: Sequence[Miner], start: datetime, now: datetime) -> Mapping[int, list[Sample]]:
    """Return each miner's readings since a little before `start`.

    Typed-in watts are those of a running miner: they stand in where one that hashes tells none.
    """
    longest = timedelta(seconds=HELD_FOR_POLLS * max(miner.poll_interval_s for miner in miners))
    typed = {miner.pk: float(miner.typed_power_w) for miner in miners if miner.typed_power_w is not None}
    found: dict[int, list[Sample]] = defaultdict(list)
    rows = TelemetryReading.objects.filter(taken_at__gte=start - longest, taken_at__lte=now).order_by("taken_at")
    for pk, at, power, work, state, mode in rows.values_list(
        "miner_id", "taken_at", "power_w", "hashrate_ths", "state", "mode"
    ):
        watts = typed.get(pk) if power is None and state == HASHING else power
        found[pk].append(Sample(at, watts, work, state == HASHING, mode or ""))
    return found


def row_of(
    miner: Miner,
    span: Span,
    samples: Sequence[Sample],
    old: LedgerEntry | None,
    past: Sequence[AuditEntry],
    *,
    now: datetime,
) -> LedgerEntry:
    use = use_in_slot(
        samples,
        span.starts_at,
        span.ends_at,
        price_p_per_kwh=span.price_p_per_kwh,
        interval_s=miner.poll_interval_s,
        until=now,
    )
    settled = timedelta(seconds=HELD_FOR_POLLS * miner.poll_interval_s)
    row = LedgerEntry(
        miner=miner,
        miner_label=miner.name,
        starts_at=use.starts_at,
        ends_at=use.ends_at,
        price_p_per_kwh=span.price_p_per_kwh,
        energy_kwh=use.energy_kwh,
        cost_p=use.cost_p,
        known_s=use.known_s,
        unknown_s=use.unknown_s,
        hashing_s=use.hashing_s,
        work_th=use.work_th,
        mode=use.mode,
        is_final=now >= span.ends_at + settled,
    )
    note_target(row, old, getattr(miner, "target", None), past if miner.enrolled else ())
    return row


def note_target(
    row: LedgerEntry, old: LedgerEntry | None, target: MinerTarget | None, past: Sequence[AuditEntry]
) -> None:
    """Write what was wanted in the slot.

    A target of after its end belongs to the next one: what was noted is kept, and where nothing was, because
    the ledger stood still meanwhile, the band that was in force at its end is told by the activity.
    """
    if target is not None and target.changed_at < row.ends_at:
        row.band_position = target.band_position
        row.coin = TARGET_BY_LABEL.get(target.pool_label, "")
        row.reason = target.why[:REASON_MAX]
    elif old is not None and old.reason:
        row.band_position, row.coin, row.reason = old.band_position, old.coin, old.reason
    elif (entry := next((item for item in reversed(past) if item.created_at < row.ends_at), None)) is not None:
        after = entry.after if isinstance(entry.after, dict) else {}
        row.band_position = after.get("band")
        row.coin = after["target"] if after.get("target") in TARGETS else ""
        row.reason = entry.reason[:REASON_MAX]


def transitions(start: datetime, now: datetime) -> list[AuditEntry]:
    """Return the changes of the band from the last one before `start` on, oldest first."""
    changes = AuditEntry.objects.filter(action=TRANSITION, created_at__lte=now)
    before = changes.filter(created_at__lt=start).order_by("-created_at").first()
    later = changes.filter(created_at__gte=start).order_by("created_at")
    return [*([before] if before is not None else []), *later]
