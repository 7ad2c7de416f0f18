"""An hour of ten-minute slots in a house, through the real tick: what was promised holds in every minute."""

from datetime import timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

from energy.models import LedgerEntry, SettlementPeriod
from energy.services.ledger import update_ledger
from energy.services.prices import price_at, store_prices
from energy.tariffs.base import Slot
from hmm.audit.models import AuditEntry
from miners.models import Miner, TelemetryReading

SLOT, MINUTES = timedelta(minutes=10), 60
PRICES = (9, 26, 14, 14, 3, 41, 6, 6)  # into and out of the band that is off, twice
OFF_ABOVE = 20  # p/kWh in the example strategy
REACTION = timedelta(minutes=2)  # a tick, and a device that stops
HELD = 3  # poll intervals


def walk(house):
    """Live through the hours and return the band of each minute, and the instants at which it hashed though off."""
    bands, wrong = [], []
    for minute in range(MINUTES):
        house.now += timedelta(minutes=1)
        house.poll()
        decision = house.tick()
        house.settle(20)
        if minute % 10 == 0:
            update_ledger(now=house.now)
        bands.append(decision.band.position if decision.band else None)
        period = price_at(house.now)
        reading = TelemetryReading.objects.filter(miner=house.miner).latest("taken_at")
        is_late = house.now - period.starts_at > REACTION
        if period.price_p_per_kwh >= OFF_ABOVE and is_late and reading.state == "h":
            wrong.append(house.now)
    return bands, wrong


def energy_between(start, end, interval_s):
    """Count the raw readings anew, in fractions: watts held to the next reading, three intervals at most."""
    rows = list(TelemetryReading.objects.order_by("taken_at").values_list("taken_at", "power_w"))
    joules = Fraction(0)
    for place, (at, watts) in enumerate(rows):
        following = rows[place + 1][0] if place + 1 < len(rows) else end
        low, high = max(at, start), min(following, at + timedelta(seconds=HELD * interval_s), end)
        if watts is not None and high > low:
            micros = (high - low) // timedelta(microseconds=1)
            joules += Fraction(repr(watts)) * Fraction(micros, 10**6)
    kwh = joules / 3_600_000
    return (Decimal(kwh.numerator) / Decimal(kwh.denominator)).quantize(Decimal("0.000001"), ROUND_HALF_EVEN)


def test_an_hour_of_prices_leaves_no_dear_minute_no_double_row_and_an_exact_ledger(house):
    Miner.objects.update(created_at=house.now - timedelta(days=1))
    began = house.now = house.now.replace(minute=0)
    slots = [
        Slot(starts_at=began + n * SLOT, ends_at=began + (n + 1) * SLOT, price_p_per_kwh=Decimal(price))
        for n, price in enumerate(PRICES)
    ]
    store_prices(house.tariff, slots, now=began)

    bands, wrong = walk(house)
    update_ledger(now=house.now + timedelta(minutes=5))

    assert wrong == []
    changes = sum(1 for before, after in zip([None, *bands], bands, strict=False) if before != after)
    assert changes > 3
    assert AuditEntry.objects.filter(action="strategy.transition").count() == changes
    rows = LedgerEntry.objects.filter(is_final=True, starts_at__gte=began)
    assert rows.count() >= MINUTES // 10 - 1
    for row in rows:
        price = SettlementPeriod.objects.get(starts_at=row.starts_at).price_p_per_kwh
        assert row.energy_kwh == energy_between(row.starts_at, row.ends_at, house.miner.poll_interval_s)
        assert row.cost_p == (row.energy_kwh * price).quantize(Decimal("0.000000001"), ROUND_HALF_EVEN)
