"""Situations for the tests of the decision: a test states only what it is about."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from strategy.core import Band, Period, Situation

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
HALF_HOUR = timedelta(minutes=30)


def make_bands(*rows):
    """Return bands from (ceiling, target) pairs, cheapest first; the last ceiling is None."""
    bands, floor = [], None
    for place, (ceiling, target) in enumerate(rows, 1):
        limit = None if ceiling is None else Decimal(str(ceiling))
        bands.append(Band(position=place, ceiling_p_per_kwh=limit, floor_p_per_kwh=floor, target=target))
        floor = limit
    return tuple(bands)


SIX = make_bands((0, "BTC"), (5, "BTC_POOLED"), (10, "BCH"), (20, "DGB"), (30, "DGB"), (None, "OFF"))


def make_periods(*prices, start=NOON, length=HALF_HOUR):
    return tuple(
        Period(start + place * length, start + (place + 1) * length, Decimal(str(price)))
        for place, price in enumerate(prices)
        if price is not None
    )


def situation(*prices, current=None, bands=SIX, minutes=10, **changes):
    """Return the situation `minutes` after noon with slots from noon on; None is a gap."""
    return Situation(
        **{
            "now": NOON + timedelta(minutes=minutes),
            "bands": bands,
            "periods": make_periods(*prices),
            "current_band": current,
            **changes,
        }
    )
