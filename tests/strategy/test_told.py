"""What the strategy does or cannot do becomes a message."""

from datetime import timedelta

import pytest

from hmm.audit.models import AuditEntry
from miners.drivers.bitaxe.simulator import BitaxeSimulator
from miners.services.fleet import add_miner, edit_miner
from miners.services.polling import poll
from notifications.models import Notice
from notifications.services.collecting import collect
from strategy.models import StrategyState
from strategy.services.bands import apply_now, edit_band
from strategy.services.planning import plan
from strategy.services.switches import set_override
from strategy.situation_json import answer
from strategy.why_pages import why_strategy

pytestmark = pytest.mark.django_db


def told(house):
    collect(now=house.now)
    return dict(Notice.objects.order_by("pk").values_list("event", "title"))


def test_a_change_of_band_and_an_override_are_told(house):
    house.prices(9, 9, 9, 9)
    house.tick()
    set_override("off", actor="keeper", now=house.now)

    assert told(house) == {"band_changed": "band 3, DGB", "override": "forced off by keeper"}


def test_an_override_whose_band_is_off_by_now_is_told(house):
    house.prices(9, 9, 9, 9)
    set_override("on", band=3, actor="keeper", now=house.now)
    house.tick()
    edit_band(3, {"target": "OFF"}, actor="keeper", now=house.now)
    apply_now(actor="keeper", now=house.now)

    house.tick()

    assert told(house)["strategy_trouble"].startswith("Band 3 is OFF")
    detail = AuditEntry.objects.filter(action="strategy.transition").first().detail
    assert answer(detail["situation"]) == detail["answer"], "what was decided on is kept, not what was set aside"
    (check,) = (check for check in why_strategy(house.now).asked if check.name == "override")
    assert check.words == "No override: the price decides"
    assert [segment.label for segment in plan(house.now)] == ["Off"]


def test_a_champion_and_the_one_that_takes_over_are_told(house):
    with BitaxeSimulator(mac="02:00:00:00:00:02", hostname="second", seed=2) as device:
        second = add_miner(address=str(device.address), name="Second", actor="keeper", now=house.now)
        edit_miner(second, {"enrolled": True}, actor="keeper", now=house.now)
        edit_band(3, {"champion_only": True}, actor="keeper", now=house.now)
        apply_now(actor="keeper", now=house.now)
        house.prices(9, 9, 9, 9)
        house.tick()
        first = StrategyState.objects.get().champion_id
        assert told(house)["champion"] == "is champion now"

        (house.device if first == house.miner.pk else device).set_fault("vanish")
        house.now += timedelta(minutes=6)
        for _minute in range(7):
            house.now += timedelta(minutes=1)
            poll(house.miner.pk, now=house.now)
            poll(second.pk, now=house.now)
            house.tick()

    assert StrategyState.objects.get().champion_id not in {None, first}
    assert told(house)["champion"] == "took over as champion"
