"""Home costs the same few queries for any number of miners, and shows no figure that is old."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from energy.models import SettlementPeriod, Tariff
from hmm.clock import now as read_clock
from miners.day_lines import lines_of_minute
from miners.models import FiveMinuteMean, Miner, NewestReading
from miners.models.plug import PowerSwitch
from notifications.models import Severity
from notifications.services import open_incident

pytestmark = pytest.mark.django_db

MOST_QUERIES = 15
HTMX = {"HX-Request": "true"}  # without it a fragment's address leads to its page


def grow(count):
    """Add miners, each with a plug, a reading, a past and a problem."""
    moment = read_clock()
    before = Miner.objects.count()
    plugs = PowerSwitch.objects.bulk_create(
        PowerSwitch(entity=f"switch.m{place}", name=f"Plug {place}") for place in range(before, before + count)
    )
    made = Miner.objects.bulk_create(
        Miner(
            name=f"Miner {place}",
            kind="bitaxe",
            host="192.168.9.9",
            port=place + 1,
            trust="full",
            poll_due_at=moment,
            plug=plug,
        )
        for place, plug in enumerate(plugs, start=before)
    )
    NewestReading.objects.bulk_create(
        NewestReading(miner=one, taken_at=moment, state_since=moment, state="hashing", hashrate_ths=1.1, power_w=18)
        for one in made
    )
    FiveMinuteMean.objects.bulk_create(
        FiveMinuteMean(
            miner=one,
            starts_at=moment - timedelta(hours=2),
            samples=1,
            hashrate_ths_sum=1.1,
            hashrate_ths_count=1,
        )
        for one in made
    )
    for one in made[:10]:
        open_incident(
            kind="miner_health",
            subject=f"miner:{one.pk}",
            label=one.name,
            severity=Severity.WARNING,
            title="is hot",
            now=moment,
        )


def tell_prices():
    tariff = Tariff.objects.create(kind="csv", name="Prices", active=True)
    start = read_clock().replace(minute=0, second=0, microsecond=0)
    SettlementPeriod.objects.bulk_create(
        SettlementPeriod(
            tariff=tariff,
            starts_at=start + timedelta(hours=place),
            ends_at=start + timedelta(hours=place + 1),
            price_p_per_kwh=place,
            fetched_at=start,
        )
        for place in range(-24, 24)
    )


def cost_of(client, url, headers):
    lines_of_minute.cache_clear()
    with CaptureQueriesContext(connection) as caught:
        assert client.get(url, headers=headers).status_code == 200
    return len(caught)


@pytest.mark.parametrize("name", ["home", "home-tiles", "home-figures", "miners"])
def test_a_page_of_miners_costs_the_same_few_queries_for_2_and_50(operator, name):
    url, headers = reverse(name), HTMX if "-" in name else {}
    grow(2)
    tell_prices()
    operator.get(url, headers=headers)  # what a new house is given on its first page is made

    few = cost_of(operator, url, headers)
    grow(48)

    assert cost_of(operator, url, headers) == few <= MOST_QUERIES


def test_a_fragment_without_the_frame_does_not_gather_it(keeper, miner):
    keeper.get(reverse("home-tiles"), headers=HTMX)

    with CaptureQueriesContext(connection) as caught:
        keeper.get(reverse("home-tiles"), headers=HTMX)

    assert not [query for query in caught.captured_queries if "strategy_" in query["sql"]]


def test_a_new_reading_is_on_the_page_at_once(keeper, miner):
    keeper.get(reverse("home"))

    NewestReading.objects.update(hashrate_ths=2.34)
    page = keeper.get(reverse("home")).content.decode()

    assert '2.34<span class="unit">TH/s</span>' in page


def test_the_lines_of_the_next_minute_show_what_was_summed_meanwhile(miner):
    moment = read_clock().replace(second=10)
    assert set(lines_of_minute(int(moment.timestamp() // 60)).hashrate_ths[miner.pk]) == {None}

    FiveMinuteMean.objects.create(
        miner=miner, starts_at=moment - timedelta(minutes=10), samples=1, hashrate_ths_sum=1.5, hashrate_ths_count=1
    )
    lines = lines_of_minute(int(moment.timestamp() // 60) + 1)

    assert lines.hashrate_ths[miner.pk][-1] == 1.5
    assert lines.fleet_hashrate_ths[-1] == 1.5
    assert lines.fleet_power_w[-1] is None
