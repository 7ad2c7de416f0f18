"""What a day of supply costs before anything is used: a line of its own, never part of a price."""

from datetime import date, datetime, timedelta
from decimal import Decimal

from energy.models import StandingCharge, Tariff
from hmm.look.zones import local_zone

MICRO_PENNY = Decimal("0.000001")


def note_standing_charge(tariff: Tariff, p_per_day: Decimal | None, *, now: datetime) -> None:
    """Keep what a day costs from today on, in p/day with VAT; days that are over keep theirs. None is unknown."""
    today = local_day(now)
    p_per_day = None if p_per_day is None else p_per_day.quantize(MICRO_PENNY)
    latest = StandingCharge.objects.order_by("-from_day").first()
    if (latest.p_per_day if latest is not None else None) == p_per_day:
        return
    StandingCharge.objects.update_or_create(
        from_day=today, defaults={"p_per_day": p_per_day, "tariff_label": tariff.name}
    )


def standing_charges(start: datetime, end: datetime) -> Decimal | None:
    """Return what the local days in [start, end) cost in pence; None where no day's charge is known."""
    first, last = local_day(start), local_day(end - timedelta(microseconds=1))
    rows = list(StandingCharge.objects.filter(from_day__lte=last).order_by("from_day"))
    total, is_known = Decimal(0), False
    for row, after in zip(rows, [*rows[1:], None], strict=False):
        low = max(row.from_day, first)
        high = last if after is None else min(last, after.from_day - timedelta(days=1))
        days = (high - low).days + 1
        if days > 0 and row.p_per_day is not None:
            total, is_known = total + days * row.p_per_day, True
    return total if is_known else None


def local_day(moment: datetime) -> date:
    return moment.astimezone(local_zone()).date()
