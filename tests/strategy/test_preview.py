"""What would run: now, tonight, at a price; and the why lists as pages. Query counts do not grow with miners."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from energy.models import LedgerEntry
from hmm.clock import now as read_clock
from miners.models import Command, Miner
from strategy.preview import preview_context
from strategy.services.planning import plan_with_past

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
HALF_HOUR = timedelta(minutes=30)


@pytest.fixture
def keeper(client):
    client.force_login(User.objects.create_superuser("keeper", password="a long pass phrase"))
    return client


def more_miners(count):
    Miner.objects.bulk_create(
        Miner(
            name=f"Miner {n}", kind="bitaxe", host=f"10.0.1.{n}", port=80, trust="full", enrolled=n % 3 > 0,
            poll_due_at=read_clock(),
        )
        for n in range(1, count + 1)
    )  # fmt: skip


def at_price(house, price):
    (moment,) = preview_context(house.now, "price", price)["preview"]["moments"]
    return moment


def test_a_price_shows_its_band_and_what_each_miner_does(house):
    house.prices(15, 15)

    cheap, dear = at_price(house, "3.5"), at_price(house, "45")

    assert (cheap.band_position, cheap.headline, cheap.price) == (1, "BTC", Decimal("3.5"))
    assert [(miner.name, miner.on) for miner in cheap.miners] == [("Study", True)]
    assert (dear.band_position, dear.headline) == (5, "Everything off")
    assert [miner.words for miner in dear.miners] == ["off"]


def test_a_preview_commands_nothing(house):
    house.prices(15, 15)
    for when in ("now", "tonight"):
        preview_context(house.now, when)
    at_price(house, "-5")

    assert not Command.objects.exists()
    assert house.writes() == []


def test_tonight_joins_what_has_the_same_answer(house):
    house.now = house.now.replace(hour=20)
    house.prices(15, 15, 15, 8, 8, 45)

    moments = preview_context(house.now, "tonight")["preview"]["moments"]

    assert [moment.band_position for moment in moments] == [4, 3, 5]
    assert [moment.off for moment in moments] == [0, 0, 1]
    assert moments[0].ends_at == moments[1].starts_at


@pytest.mark.parametrize("typed", ["abc", "1e9", "nan", "<b>", "9" * 300])
def test_a_price_that_cannot_be_says_so_and_keeps_what_was_typed(keeper, typed):
    answer = keeper.get(reverse("strategy-preview"), {"when": "price", "price": typed}, headers=HTMX)

    assert answer.status_code == 422
    assert 'aria-describedby="preview-error"' in answer.content.decode()


@pytest.mark.parametrize("when", ["now", "tonight", "price", "nonsense"])
def test_the_preview_is_a_page_and_a_fragment(keeper, when):
    page = keeper.get(reverse("strategy-preview"), {"when": when, "price": "-2,5"})
    part = keeper.get(reverse("strategy-preview"), {"when": when, "price": "-2,5"}, headers=HTMX)

    assert "<nav" in page.content.decode()
    assert part.content.decode().strip().startswith("<section")
    assert "HX-Request" in part["Vary"]


def test_why_is_a_page_and_a_fragment_for_each_miner(keeper, house):
    house.prices(15, 15)
    address = reverse("strategy-why-miner", args=[house.miner.pk])
    page, part = keeper.get(address).content.decode(), keeper.get(address, headers=HTMX).content.decode()

    assert "Why Study does this" in page
    assert part.strip().startswith("<section")
    assert part.count("This decided.") == 1
    assert keeper.get(reverse("strategy-why-miner", args=[999])).status_code == 404


@pytest.mark.parametrize(
    "name", ["strategy", "strategy-why", "strategy-preview", "strategy-bands", "strategy-chart", "energy"]
)
def test_the_number_of_queries_does_not_grow_with_miners(keeper, house, name):
    house.prices(15, 15, 8, 45)
    more_miners(2)
    keeper.get(reverse(name), headers=HTMX)
    with CaptureQueriesContext(
        connection,
    ) as few:
        keeper.get(reverse(name), headers=HTMX)
    Miner.objects.exclude(pk=house.miner.pk).delete()
    more_miners(50)
    with CaptureQueriesContext(connection) as many:
        keeper.get(reverse(name), headers=HTMX)

    assert len(many) == len(few)


def ledger(miner, start, *, band, coin, hashing=1800):
    LedgerEntry.objects.create(
        miner=miner,
        miner_label=miner.name,
        starts_at=start,
        ends_at=start + HALF_HOUR,
        price_p_per_kwh=Decimal(10),
        known_s=1800,
        hashing_s=hashing,
        band_position=band,
        coin=coin,
    )


def test_the_plan_begins_with_what_ran(house):
    house.prices(15, 15)
    start = house.now.replace(minute=0)
    for back, band, coin in ((3, 3, "BCH"), (2, 3, "BCH"), (1, 5, "")):
        ledger(house.miner, start - back * HALF_HOUR, band=band, coin=coin)

    segments = plan_with_past(house.now)

    assert [(item.label, item.kind, item.band_position) for item in segments[:2]] == [
        ("BCH", "run", 3),
        ("Off", "off", 5),
    ]
    assert segments[0].ends_at - segments[0].starts_at == 2 * HALF_HOUR
    assert segments[2].starts_at == house.now


def test_the_chart_shades_what_is_off_and_lists_each_slot(keeper, house):
    house.prices(15, 45, 45, 15)
    text = keeper.get(reverse("strategy-chart"), headers=HTMX).content.decode()

    assert text.count('class="off-shade"') >= 1
    assert "data-crosshair-plots" in text
    assert "45.00 p/kWh" in text
