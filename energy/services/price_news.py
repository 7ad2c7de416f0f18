"""Tell of prices: a limit crossed, tomorrow's prices with their best window, negative ones ahead."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from django.utils import timezone

from energy.models import SettlementPeriod
from energy.services.prices import periods_between, price_at
from hmm.look.formats import clock
from hmm.look.formats import price as price_words
from notifications.services.collecting import tell
from notifications.services.routing import house

SUBJECT, LABEL = "prices", "Prices"
AHEAD = timedelta(hours=36)
WINDOW = timedelta(hours=3)
DAY_MIN = timedelta(hours=22)  # a day in spring has 23 hours, and its last slot may be counted to the next


def tell_prices(*, now: datetime) -> None:
    """Tell what is new about prices; each thing once, whatever is asked how often."""
    tell_limits(now=now)
    ahead = periods_between(now, now + AHEAD)
    tell_negative(ahead, now=now)
    tell_tomorrow(ahead, now=now)


def tell_limits(*, now: datetime) -> None:
    """Tell that the slot of now crosses a limit which the slot before did not."""
    period, limits = price_at(now), house()
    if period is None:
        return
    before = price_at(period.starts_at - timedelta(seconds=1))
    value, old = period.price_p_per_kwh, before.price_p_per_kwh if before is not None else None
    low, high = limits.price_below_p_per_kwh, limits.price_above_p_per_kwh
    until = f"Until {clock(timezone.localtime(period.ends_at))} at least."
    key = period.starts_at.isoformat()
    words = price_words(value)
    if low is not None and value < low and (old is None or old >= low):
        tell("price_below", key=key, subject=SUBJECT, label=LABEL, title=f"are low: {words}", detail=until, now=now)
    if high is not None and value > high and (old is None or old <= high):
        tell("price_above", key=key, subject=SUBJECT, label=LABEL, title=f"are high: {words}", detail=until, now=now)


def tell_negative(ahead: Sequence[SettlementPeriod], *, now: datetime) -> None:
    """Tell once for each local day that negative prices begin."""
    below = [period for period in ahead if period.price_p_per_kwh < 0]
    if not below:
        return
    first = timezone.localtime(below[0].starts_at)
    lowest = min(period.price_p_per_kwh for period in below)
    tell(
        "negative_ahead",
        key=first.date().isoformat(),
        subject=SUBJECT,
        label=LABEL,
        title=f"go below zero from {first:%a} {clock(first)}",
        detail=f"{len(below)} slots, the lowest {price_words(lowest)}.",
        now=now,
    )


def tell_tomorrow(ahead: Sequence[SettlementPeriod], *, now: datetime) -> None:
    """Tell that tomorrow's prices are out, with the cheapest three hours in a row."""
    tomorrow = timezone.localtime(now).date() + timedelta(days=1)
    begins = timezone.make_aware(datetime.combine(tomorrow, time.min))
    slots = [period for period in ahead if timezone.localtime(period.starts_at).date() == tomorrow]
    if (
        not slots
        or slots[0].starts_at - begins > timedelta(hours=1)
        or slots[-1].ends_at - slots[0].starts_at < DAY_MIN
    ):
        return
    best = best_window(slots)
    words = (
        f"Best window {clock(timezone.localtime(best[0].starts_at))}–{clock(timezone.localtime(best[-1].ends_at))}"
    )
    mean = sum(period.price_p_per_kwh for period in best) / len(best)
    tell(
        "tomorrow_prices",
        key=tomorrow.isoformat(),
        subject=SUBJECT,
        label=LABEL,
        title=f"for {tomorrow:%A} are out",
        detail=f"{words}, {price_words(mean)} on average.",
        now=now,
    )


def best_window(slots: Sequence[SettlementPeriod]) -> Sequence[SettlementPeriod]:
    """Return the cheapest run of slots that lasts three hours, or all of them."""
    length = slots[0].ends_at - slots[0].starts_at
    count = max(1, min(len(slots), round(WINDOW / length)))
    runs = [slots[place : place + count] for place in range(len(slots) - count + 1)]
    return min(runs, key=lambda run: sum(period.price_p_per_kwh for period in run))
