"""Slots of a quarter of an hour and of an hour, from the feed through the tick to the device and the ledger."""

from datetime import timedelta

import pytest

from energy.models import LedgerEntry
from energy.services.ledger import update_ledger
from energy.services.refresh import choose_tariff, refresh_prices
from energy.tariffs.octopus_agile.simulator import PriceSimulator
from miners.models import Miner
from strategy.services.ticking import due_since, tick

# p/kWh slot by slot, the band of the example strategy that is to be in force, and whether the miner runs in it
WALK = ((9, 3, True), (26, 5, False), (14, 4, True), (14, 4, True), (3, 4, True), (41, 5, False), (6, 2, True))


@pytest.mark.parametrize("length", [timedelta(minutes=15), timedelta(hours=1)], ids=["quarter hours", "hours"])
def test_slots_of_another_length_are_followed_from_the_feed_to_the_ledger(house, settings, length):
    began = house.now = house.now.replace(minute=0)
    Miner.objects.update(created_at=began)
    with PriceSimulator(now=lambda: house.now, slot_length=length, turns_short_at=began) as feed:
        settings.HMM_OCTOPUS_URL = feed.base_url
        feed.ahead = len(WALK) + 1
        for place, (price, _band, _runs) in enumerate([*WALK, (6, 2, True)]):
            feed.set_price(place, price)
        agile = choose_tariff(kind="octopus_agile", config={"region": "J"}, name="Agile", actor="keeper", now=began)
        refresh_prices(agile, now=house.now)

    seen = []
    for place in range(len(WALK)):
        house.now = began + place * length
        house.poll()
        decision = tick(now=house.now, unless_decided_after=due_since(now=house.now))
        house.settle(60)
        seen.append((WALK[place][0], decision.band.position, not house.device.paused))
        update_ledger(now=house.now)

    assert seen == list(WALK)
    rows = LedgerEntry.objects.filter(starts_at__gte=began).order_by("starts_at")
    assert {row.ends_at - row.starts_at for row in rows} == {length}
    assert [(row.price_p_per_kwh, row.band_position) for row in rows] == [
        (price, band) for price, band, _runs in WALK
    ]
