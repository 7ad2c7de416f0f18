"""What rules leave of a preview: judged for that price and that hour, and by the readings of now."""

from datetime import time, timedelta
from decimal import Decimal

import pytest

from miners.models import Miner, NewestReading
from strategy.models import AutomationRule, Band, RuleCrossing
from strategy.preview import preview_context
from strategy.services.bands import apply_now, edit_band

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_utc(settings):
    settings.TIME_ZONE = "UTC"


def rule(house, **changes):
    values = {"name": "Quiet", "trigger": "price_above", "low_p_per_kwh": Decimal(3), "action": "off"}
    return AutomationRule.objects.create(**{**values, "created_at": house.now, **changes})


def moments(house, when="tonight", price=""):
    return preview_context(house.now, when, price)["preview"]["moments"]


def told(house, when="tonight", price=""):
    """Return (minutes from now, runs, what the first miner does) for each moment."""
    return [
        (
            round((moment.starts_at - house.now).total_seconds() / 60) if moment.starts_at else None,
            moment.miners[0].on,
        )
        for moment in moments(house, when, price)
    ]


def test_a_rule_by_price_counts_at_the_price_that_is_asked_for(house):
    house.prices(15, 15)
    rule(house, low_p_per_kwh=Decimal(8))

    assert told(house, "price", "9") == [(None, False)]
    assert told(house, "price", "8") == [(None, True)]
    (moment,) = moments(house, "price", "9")
    assert moment.miners[0].note == "Rule “Quiet” keeps it off while the price is above 8 p/kWh."


def test_sentences_about_a_miner_are_joined_without_a_full_stop_between(house):
    house.prices(15, 15)
    NewestReading.objects.update(can_pause=False)
    rule(house, low_p_per_kwh=Decimal(8))

    (moment,) = moments(house, "price", "9")

    assert "lowest mode; Rule “Quiet”" in moment.miners[0].note


def test_a_rule_that_holds_now_does_not_hold_at_a_price_where_it_would_not(house):
    house.prices(15, 15)
    made = rule(house, low_p_per_kwh=Decimal(8))
    RuleCrossing.objects.create(rule=made, fired_at=house.now)

    assert told(house, "price", "5") == [(None, True)]


def test_tonight_is_cut_where_a_window_opens_and_closes(house):
    house.now = house.now.replace(hour=20, minute=0)
    house.prices(*[15] * 8)
    rule(house, trigger="time", low_p_per_kwh=None, starts=time(20, 40), ends=time(22, 10))

    assert told(house) == [(0, True), (40, False), (130, True)]
    assert "keeps it off while it is 20:40 to 22:10" in moments(house)[1].miners[0].note


def test_a_rule_by_price_follows_the_prices_of_the_night(house):
    house.now = house.now.replace(hour=20, minute=0)
    house.prices(9, 9, 18, 18, 9, 9)
    rule(house, low_p_per_kwh=Decimal(12), action="mode", mode="eco")
    edit_band(4, {"modes": {"bitaxe": "turbo"}}, actor="keeper", now=house.now)
    apply_now(actor="keeper", now=house.now)

    assert [moment.miners[0].words for moment in moments(house)] == ["DGB · standard", "DGB · eco", "DGB · standard"]


def test_a_cooldown_that_ends_in_the_night_lets_the_rule_begin_then(house):
    house.now = house.now.replace(hour=20, minute=0)
    house.prices(*[15] * 4)
    made = rule(house, cooldown_minutes=60)
    RuleCrossing.objects.create(rule=made, active=False, fired_at=house.now - timedelta(minutes=20))

    assert told(house) == [(0, True), (40, False)]


@pytest.mark.parametrize(("hot", "runs"), [(True, False), (False, True)])
def test_a_rule_that_waits_for_a_reading_stays_as_it_stands_and_the_page_says_so(client, house, hot, runs):
    house.now = house.now.replace(hour=20, minute=0)
    house.poll()
    house.prices(*[15] * 4)
    NewestReading.objects.update(overheated=hot)
    rule(house, name="Heat", trigger="overheat", minutes=15, low_p_per_kwh=None)
    preview = preview_context(house.now, "tonight")["preview"]

    assert [moment.miners[0].on for moment in preview["moments"]] == [runs]
    assert preview["as_now"] == ("Heat",)
    assert preview_context(house.now, "now")["preview"]["as_now"] == ()


def test_a_silence_of_now_does_not_grow_into_the_night(house):
    house.now = house.now.replace(hour=20, minute=0)
    house.prices(*[15] * 4)
    Miner.objects.update(unreachable_since=house.now - timedelta(minutes=5))
    rule(house, trigger="offline", minutes=30, low_p_per_kwh=None)

    assert told(house) == [(0, True)]


def test_a_champion_that_a_rule_keeps_off_is_not_the_champion_of_that_stretch(house):
    house.now = house.now.replace(hour=20, minute=0)
    house.poll()
    house.prices(*[15] * 6)
    Band.objects.update(champion_only=True)
    rule(house, trigger="time", low_p_per_kwh=None, starts=time(21, 0), ends=time(22, 0))
    found = moments(house)

    assert [(moment.miners[0].on, moment.miners[0].champion) for moment in found] == [
        (True, True),
        (False, False),
        (True, True),
    ]


def test_a_preview_with_rules_writes_nothing(house):
    house.now = house.now.replace(hour=20, minute=0)
    house.prices(*[15] * 4)
    rule(house)
    moments(house)
    moments(house, "price", "15")
    moments(house, "now")

    assert not RuleCrossing.objects.exists()
    assert not house.writes()
