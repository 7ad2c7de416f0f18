"""The strategy and energy pages as a browser asks for them."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from energy.models import SettlementPeriod, Tariff
from hmm.clock import now as read_clock
from strategy.services.bands import apply_now, edited_version, load_example

pytestmark = pytest.mark.django_db


@pytest.fixture
def keeper(client):
    client.force_login(User.objects.create_superuser("keeper", password="a long pass phrase"))
    return client


@pytest.fixture
def prices():
    moment = read_clock()
    start = moment.replace(minute=moment.minute // 30 * 30, second=0, microsecond=0)
    tariff = Tariff.objects.create(kind="octopus_agile", name="Agile, region J", active=True, config={"region": "J"})
    SettlementPeriod.objects.bulk_create(
        SettlementPeriod(
            tariff=tariff,
            starts_at=start + timedelta(minutes=30 * place),
            ends_at=start + timedelta(minutes=30 * (place + 1)),
            price_p_per_kwh=Decimal(place - 2),
            fetched_at=moment,
        )
        for place in range(40)
    )
    load_example(actor="keeper", now=moment)
    apply_now(actor="keeper", now=moment)


@pytest.mark.parametrize("name", ["home", "strategy", "energy", "miners", "more"])
def test_every_page_stands_before_anything_is_known(keeper, name):
    assert keeper.get(reverse(name)).status_code == 200


@pytest.mark.parametrize(
    "name",
    ["home", "strategy", "energy", "strategy-status", "strategy-chart", "strategy-bands", "energy-forecast",
     "home-hero", "home-attention", "home-figures", "home-tiles", "shell-chip"],
)  # fmt: skip
def test_pages_and_their_parts_stand_with_prices(keeper, prices, name):
    answer = keeper.get(reverse(name), headers={"HX-Request": "true"})

    assert answer.status_code == 200
    assert "–0.00" not in answer.content.decode()


def test_a_band_is_saved_by_its_own_row(keeper, prices):
    answer = keeper.post(
        reverse("band-edit", args=[1]),
        {"position": "1", "ceiling_p_per_kwh": "3.50", "target": "BCH", "bitaxe_mode": "eco"},
        headers={"HX-Request": "true"},
    )

    assert answer.status_code == 200
    assert edited_version().as_core()[0].ceiling_p_per_kwh == Decimal("3.5")
    assert edited_version().as_core()[0].modes["bitaxe"] == "eco"
    assert 'value="3.50"' in answer.content.decode()


def test_a_limit_that_cannot_be_keeps_what_was_typed(keeper, prices):
    sent = {"position": "1", "ceiling_p_per_kwh": "three", "target": "BCH"}
    answer = keeper.post(reverse("band-edit", args=[1]), sent, headers={"HX-Request": "true"})

    assert answer.status_code == 422
    assert 'value="three"' in answer.content.decode()
    assert 'aria-invalid="true"' in answer.content.decode()


def test_the_energy_page_tells_what_stands_out(keeper, prices):
    windows = {window.label: window for window in keeper.get(reverse("energy")).context["forecast"].windows}

    assert windows["Below zero"].note == "2 slots"
    assert windows["Dearest"].price == Decimal(37)
    assert windows["Dearest"].band == 5
    assert windows["Cheapest 6 slots"].price == Decimal("0.5")


def test_nothing_counted_is_unknown_and_not_zero(keeper, prices):
    assert keeper.get(reverse("energy")).context["cost"].cost_p is None
