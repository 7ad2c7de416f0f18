"""Conditions happen in a simulated house; what is told of them arrives at a simulated Telegram."""

from datetime import timedelta

import pytest

from notifications.services.collecting import collect
from notifications.services.routing import route
from notifications.services.sending import channels_with_work, send_channel
from strategy.services.switches import set_override
from tests.notifications.conftest import on_this_computer, telegram, telegram_channel  # noqa: F401  # fixtures


@pytest.fixture
def told(telegram, house):  # noqa: F811  # a fixture
    """Return what has arrived by now, since it was asked last."""
    telegram_channel()

    def arrived():
        collect(now=house.now)
        route(now=house.now)
        for pk in channels_with_work(now=house.now):
            send_channel(pk, now=house.now)
        texts = [sent["text"] for sent in telegram.messages]
        telegram.messages.clear()
        return texts

    return arrived


def test_a_miner_that_vanishes_is_told_and_so_is_its_return(house, told):
    house.prices(30, 30)
    house.poll()
    house.device.set_fault("vanish")
    for _time in range(5):
        house.now += timedelta(minutes=1)
        house.poll()
    offline = told()

    house.device.set_fault("none")
    house.now += timedelta(minutes=6)
    house.poll()
    online = told()

    assert any("Study" in text and "unreachable" in text and text.startswith("⚠️") for text in offline)
    assert any("is no longer: unreachable" in text and "min." in text and text.startswith("✅") for text in online)


def test_a_change_of_band_and_an_override_are_told(house, told):
    house.prices(10, 10, 3, 3)
    house.poll()
    house.tick()
    first = told()
    set_override("off", actor="ann", now=house.now)

    assert any("Band changed</b> band" in text for text in first)
    assert any("forced off by ann" in text for text in told())


def test_missing_prices_run_the_fail_safe_and_that_is_told(house, told):
    house.prices(10)
    house.poll()
    house.tick()
    told()

    house.now += timedelta(minutes=90)
    house.poll()
    house.tick()

    assert any("runs its fail-safe" in text and text.startswith("🔴") for text in told())
