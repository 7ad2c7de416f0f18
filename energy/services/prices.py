"""The one answer to "what does electricity cost at t", and the writes behind it."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction

from energy.models import SettlementPeriod, Tariff
from energy.tariffs.base import DataError, Slot
from hmm.audit.services import record
from hmm.fields import MicroPenceField
from hmm.live.services import push_event

logger = logging.getLogger(__name__)

PRICES_UPDATED = "prices-updated"
SUSPICIOUS_BELOW, SUSPICIOUS_ABOVE = Decimal(-200), Decimal(500)  # p/kWh; stored, but told
BATCH = 2000
PRICE = MicroPenceField()


@dataclass(frozen=True, slots=True)
class Stored:
    """How many prices were new, changed and already there."""

    added: int
    changed: int
    same: int


def active_tariff() -> Tariff | None:
    return Tariff.objects.filter(active=True).first()


def price_at(moment: datetime) -> SettlementPeriod | None:
    """Return the period `moment` lies in, None where no price is known."""
    periods = SettlementPeriod.objects.active()
    return periods.filter(starts_at__lte=moment, ends_at__gt=moment).order_by("-starts_at").first()


def next_after(period: SettlementPeriod) -> SettlementPeriod | None:
    """Return the period that follows without a gap, None where it is not known."""
    return SettlementPeriod.objects.filter(tariff=period.tariff_id, starts_at=period.ends_at).first()


def periods_between(start: datetime, end: datetime) -> list[SettlementPeriod]:
    """Return the known periods that touch [start, end), sorted."""
    return list(SettlementPeriod.objects.active().touching(start, end))


def known_until(now: datetime) -> datetime | None:
    """Return the end of the unbroken run of prices from now on, None where now has no price."""
    rows = SettlementPeriod.objects.active().filter(ends_at__gt=now).order_by("starts_at")
    return end_of_run(rows.values_list("starts_at", "ends_at"), now)


def end_of_run(spans: Iterable[tuple[datetime, datetime]], now: datetime) -> datetime | None:
    """Return where sorted stretches that end after now first leave a gap, None where now lies in none."""
    end: datetime | None = None
    for starts_at, ends_at in spans:
        if starts_at > (end or now):
            break
        end = ends_at
    return end


def last_price_at(now: datetime) -> datetime | None:
    """Return until when a price was known that is not known now: the end of the newest period that is over, or when
    the tariff took the place of one that had a price."""
    rows = SettlementPeriod.objects.active().filter(ends_at__lte=now).order_by("-ends_at")
    tariff = active_tariff()
    ends = (rows.values_list("ends_at", flat=True).first(), tariff.follows_price_at if tariff is not None else None)
    return max((end for end in ends if end is not None and end <= now), default=None)


def gaps_in(spans: Iterable[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """Return the stretches without a price between sorted stretches."""
    gaps: list[tuple[datetime, datetime]] = []
    end: datetime | None = None
    for starts_at, ends_at in spans:
        if end is not None and starts_at > end:
            gaps.append((end, starts_at))
        end = ends_at
    return gaps


def store_prices(tariff: Tariff, slots: Iterable[Slot], *, now: datetime, actor: str = "system") -> Stored:
    """Store slots by tariff and start. A price that changed is replaced, logged and audited.

    A slot that would overlap one with another start takes its place: a supplier's newest word counts.
    Raise DataError, with nothing stored, when a slot cannot be kept.
    """
    slots = list(slots)
    refuse_unfit(slots)
    wanted = {slot.starts_at: slot for slot in slots}
    if not wanted:
        return Stored(0, 0, 0)
    first, last = min(wanted), max(slot.ends_at for slot in wanted.values())
    with transaction.atomic():
        there = {
            period.starts_at: period
            for period in SettlementPeriod.objects.filter(tariff=tariff).touching(first, last)
        }
        new = [slot for start, slot in wanted.items() if start not in there]
        changed = [
            (there[start], slot) for start, slot in wanted.items() if start in there and differs(there[start], slot)
        ]
        remove_overlapped(there, wanted)
        SettlementPeriod.objects.bulk_create(
            [row_of(tariff, slot, now) for slot in new], batch_size=BATCH, ignore_conflicts=True
        )
        for period, slot in changed:
            replace_price(tariff, period, slot, now=now, actor=actor)
        if new or changed:
            transaction.on_commit(announce)
    return Stored(len(new), len(changed), len(wanted) - len(new) - len(changed))


def announce() -> None:
    push_event(PRICES_UPDATED)


def refuse_unfit(slots: Iterable[Slot]) -> None:
    """Raise DataError for the first slot that is naive, has no length or a price that cannot be kept."""
    for slot in slots:
        if slot.starts_at.tzinfo is None or slot.ends_at.tzinfo is None or slot.ends_at <= slot.starts_at:
            raise DataError(f"The slot from {slot.starts_at} to {slot.ends_at} is no stretch of time with a zone.")
        try:
            kept(slot.price_p_per_kwh), kept(slot.price_ex_vat_p_per_kwh)
        except ValidationError as error:
            raise DataError(f"The slot from {slot.starts_at.isoformat()}: {error.messages[0]}") from error


def kept(price: Decimal | None) -> int | None:
    """Return a price as it is stored, so that one with more decimals than are kept does not look changed."""
    return None if price is None else PRICE.to_integer(price)


def differs(period: SettlementPeriod, slot: Slot) -> bool:
    return bool(
        kept(period.price_p_per_kwh) != kept(slot.price_p_per_kwh)
        or kept(period.price_ex_vat_p_per_kwh) != kept(slot.price_ex_vat_p_per_kwh)
        or period.ends_at != slot.ends_at
    )


def row_of(tariff: Tariff, slot: Slot, now: datetime) -> SettlementPeriod:
    if not SUSPICIOUS_BELOW <= slot.price_p_per_kwh <= SUSPICIOUS_ABOVE:
        logger.warning("A price of %s p/kWh from %s looks wrong", slot.price_p_per_kwh, slot.starts_at)
    return SettlementPeriod(
        tariff=tariff,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        price_p_per_kwh=slot.price_p_per_kwh,
        price_ex_vat_p_per_kwh=slot.price_ex_vat_p_per_kwh,
        fetched_at=now,
    )


def remove_overlapped(there: dict[datetime, SettlementPeriod], wanted: dict[datetime, Slot]) -> None:
    """Delete stored periods of another start that a new slot covers in part."""
    new = sorted((slot.starts_at, slot.ends_at) for slot in wanted.values())
    doomed = [
        period.pk
        for start, period in there.items()
        if start not in wanted and any(low < period.ends_at and start < high for low, high in new)
    ]
    if doomed:
        SettlementPeriod.objects.filter(pk__in=doomed).delete()


def replace_price(tariff: Tariff, period: SettlementPeriod, slot: Slot, *, now: datetime, actor: str) -> None:
    logger.info("The price from %s changed", slot.starts_at)
    SettlementPeriod.objects.filter(pk=period.pk).update(
        ends_at=slot.ends_at,
        price_p_per_kwh=slot.price_p_per_kwh,
        price_ex_vat_p_per_kwh=slot.price_ex_vat_p_per_kwh,
        fetched_at=now,
    )
    record(
        actor=actor,
        action="price.changed",
        target=tariff,
        reason=f"The supplier corrected the price from {slot.starts_at:%Y-%m-%d %H:%M} UTC.",
        before={"price_p_per_kwh": period.price_p_per_kwh},
        after={"price_p_per_kwh": slot.price_p_per_kwh},
    )


def slot_length(now: datetime) -> timedelta:
    """Return how long a slot is at this time, half an hour when unknown."""
    period = price_at(now)
    if period is None:
        period = SettlementPeriod.objects.active().order_by("-starts_at").first()
    return period.ends_at - period.starts_at if period is not None else timedelta(minutes=30)
