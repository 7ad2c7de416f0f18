"""A tick for a hundred miners with nothing to do: how long it takes, and that it asks no more than for two."""

import time
from datetime import time as clock
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from miners.models import FieldState, Miner, NewestReading
from strategy.models import AutomationRule
from strategy.services.ticking import tick

ALLOWED_S = 0.1  # of the processor; how long it waits for it tells of the machine


def multiply(house, count):
    """Give the house more miners that are as its first one."""
    first = Miner.objects.with_latest().get(pk=house.miner.pk)
    reading = {field.attname: getattr(first.newest, field.attname) for field in NewestReading._meta.concrete_fields}
    values = {field.attname: getattr(first, field.attname) for field in Miner._meta.concrete_fields}
    for name in ("id", "mac", "name", "port"):
        values.pop(name)
    made = Miner.objects.bulk_create(
        Miner(**values, name=f"Shelf {place}", port=place) for place in range(1 + Miner.objects.count(), 1 + count)
    )
    NewestReading.objects.bulk_create(NewestReading(**{**reading, "miner_id": miner.pk}) for miner in made)
    known = list(FieldState.objects.filter(miner=first).values("field", "confirmed", "confirmed_at"))
    FieldState.objects.bulk_create(FieldState(miner=miner, **row) for miner in made for row in known)


def four_rules(house):
    given = (
        {"trigger": "price_above", "low_p_per_kwh": Decimal(3), "action": "mode", "mode": "eco"},
        {"trigger": "time", "starts": clock(0), "ends": clock(0), "action": "off"},
        {"trigger": "offline", "minutes": 5, "action": "notify"},
        {"trigger": "overheat", "minutes": 5, "action": "mode", "mode": "lowest"},
    )
    for place, values in enumerate(given):
        AutomationRule.objects.create(name=f"Rule {place}", created_at=house.now, **values)


@pytest.mark.django_db
@pytest.mark.parametrize("with_rules", [False, True], ids=["alone", "with four rules"])
def test_a_tick_for_a_hundred_miners_is_short_and_asks_no_more_than_for_two(house, with_rules):
    house.prices(25, 25)
    house.tick()
    house.settle(60)
    house.poll()
    if with_rules:
        four_rules(house)
    asked = {}
    for count in (2, 100):
        multiply(house, count)
        NewestReading.objects.update(taken_at=house.now)
        house.tick()  # whoever is new is told
        with CaptureQueriesContext(connection) as queries:
            house.tick()
        asked[count] = len(queries)

    took = []
    for _again in range(7):
        house.now += timedelta(seconds=1)
        began = time.process_time()
        tick(now=house.now)
        took.append(time.process_time() - began)

    assert asked[100] == asked[2]
    assert min(took) < ALLOWED_S
