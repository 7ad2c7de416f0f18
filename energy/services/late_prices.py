"""Prices that come after what they are for was counted."""

from bisect import bisect_right
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings

from energy.costs import cost_of
from energy.models import LedgerEntry, SettlementPeriod
from energy.services.prices import periods_between

PRICES_AWAITED = timedelta(days=2)  # as far back as late prices are fetched, and rows are still finished
HALF_HOUR = timedelta(minutes=30)


def fill_late_prices(now: datetime) -> int:
    """Price the rows that were counted before their price was known, and return how many.

    One that several prices cover by now is opened again, to be counted anew from its readings, slot by slot.
    """
    waiting = list(LedgerEntry.objects.filter(price_p_per_kwh__isnull=True, starts_at__gte=now - PRICES_AWAITED))
    if not waiting:
        return 0
    periods = list(periods_between(min(row.starts_at for row in waiting), now))
    starts = [period.starts_at for period in periods]
    filled, opened = [], []
    for row in waiting:
        place = bisect_right(starts, row.starts_at) - 1
        if place < 0 or periods[place].ends_at < row.ends_at:
            if may_open(row, now) and is_covered(row, periods[max(place, 0) :]):
                opened.append(row.pk)
            continue  # no one price covers all of it
        row.price_p_per_kwh = periods[place].price_p_per_kwh
        row.cost_p = cost_of(row.energy_kwh, row.price_p_per_kwh)
        filled.append(row)
    LedgerEntry.objects.bulk_update(filled, ["price_p_per_kwh", "cost_p"], batch_size=500)
    LedgerEntry.objects.filter(pk__in=opened).update(is_final=False)
    return len(filled)


def may_open(row: LedgerEntry, now: datetime) -> bool:
    """Tell whether a row can be counted anew: its miner is there, and so are its readings."""
    kept_from = now - timedelta(days=settings.HMM_KEEP_RAW_DAYS) + HALF_HOUR
    return row.miner_id is not None and row.starts_at >= kept_from


def is_covered(row: LedgerEntry, periods: Iterable[SettlementPeriod]) -> bool:
    """Tell whether sorted prices cover a row without a gap."""
    known_to = row.starts_at
    for period in periods:
        if known_to >= row.ends_at or period.starts_at > known_to:
            break
        known_to = max(known_to, period.ends_at)
    return bool(known_to >= row.ends_at)
