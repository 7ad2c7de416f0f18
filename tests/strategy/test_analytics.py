"""The analytics page: bands, coins, efficiency, and each change of band, from the ledger and the activity."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from energy.models import LedgerEntry
from hmm.audit.services import record
from hmm.clock import now as read_clock
from miners.models import Miner
from pools.models import CoinObservation
from strategy.analytics import analytics_context

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
HALF_HOUR = timedelta(minutes=30)


@pytest.fixture
def viewer(client):
    client.force_login(User.objects.create_user("viewer", password="a long pass phrase"))
    return client


def count(number, *, slots=2, band=3, kwh="1", work=1000.0, coin="BCH", start=NOON):
    miner = Miner.objects.create(
        name=f"M{number}", kind="bitaxe", host=f"10.0.0.{number}", port=80, poll_due_at=NOON, trust="full"
    )
    LedgerEntry.objects.bulk_create(
        LedgerEntry(
            miner=miner,
            miner_label=miner.name,
            starts_at=start - (place + 1) * HALF_HOUR,
            ends_at=start - place * HALF_HOUR,
            price_p_per_kwh=Decimal(10),
            energy_kwh=Decimal(kwh),
            cost_p=Decimal(kwh) * 10,
            known_s=1800,
            hashing_s=1800 if work else 0,
            work_th=work,
            band_position=band,
            coin=coin,
            is_final=True,
        )
        for place in range(slots)
    )


def test_the_time_in_a_band_is_that_of_the_clock_for_any_number_of_miners():
    count(1, slots=2, band=3)
    count(2, slots=2, band=3)
    count(3, slots=2, band=None)

    lines = {line.position: line for line in analytics_context(NOON, {"span": "day"})["band_lines"]}

    assert lines[3].use.time == timedelta(hours=1)
    assert lines[3].share == "100 %"
    assert lines[3].use.cost_p == Decimal(40)
    assert lines[None].range_words == "outside the strategy"


def test_miners_are_ranked_by_what_a_terahash_took():
    count(1, kwh="2")
    count(2, kwh="1")
    count(3, work=0.0)

    ranking = analytics_context(NOON, {"span": "day"})["ranking"]

    assert [rank.name for rank in ranking] == ["M2", "M1", "M3"]
    assert ranking[0].j_per_th == pytest.approx(3600)
    assert ranking[2].j_per_th is None


def test_targets_add_up_apart():
    count(1, coin="BCH", slots=3)
    count(2, coin="BTC_POOLED", slots=1)

    lines = analytics_context(NOON, {"span": "day"})["coin_lines"]

    assert [(line.label, line.use.work_th) for line in lines] == [("BCH", 3000.0), ("BTC pooled", 1000.0)]


def test_changes_of_band_show_both_ends_and_the_reason():
    record(
        actor="strategy",
        action="strategy.transition",
        reason="a dearer band applies at once.",
        before={"band": 3, "target": "BCH"},
        after={"band": 4, "target": "DGB"},
        at=NOON,
    )
    record(actor="strategy", action="strategy.transition", before=None, after="odd", at=NOON - timedelta(days=3))

    newest, odd = analytics_context(NOON, {"span": "month"})["transitions"]

    assert (newest.old, newest.new, newest.new_target) == (3, 4, "DGB")
    assert (odd.old, odd.new, odd.new_target) == (None, None, "–")


@pytest.mark.parametrize("span", ["day", "week", "month", "year", "nonsense"])
def test_the_page_stands_before_anything_is_counted(viewer, span):
    answer = viewer.get(reverse("analytics"), {"span": span, "back": "2"})

    assert answer.status_code == 200
    assert "Nothing is counted yet" in answer.content.decode()


def test_the_page_asks_as_often_for_many_miners_as_for_few(viewer):
    count(1)
    count(2)
    address = f"{reverse('analytics')}?span=year"
    viewer.get(address)
    with CaptureQueriesContext(connection) as few:
        viewer.get(address)
    for number in range(3, 51):
        count(number)
    with CaptureQueriesContext(connection) as many:
        viewer.get(address)

    assert len(many) == len(few)


def test_hostile_names_are_only_text(viewer):
    count(1)
    LedgerEntry.objects.update(miner_label="<script>alert(1)</script>" * 3)

    assert "<script>alert" not in viewer.get(f"{reverse('analytics')}?span=year").content.decode()


def observe(coin, difficulty, price, *, hour=NOON - timedelta(hours=1)):
    CoinObservation.objects.create(coin=coin, hour=hour, difficulty=difficulty, price_gbp=Decimal(price))


def test_work_is_valued_by_its_coin_at_the_hour_s_price_and_difficulty():
    count(1, coin="BCH", work=43_200.0, band=3)  # two half hours: a day of one TH/s
    count(2, coin="BTC_POOLED", work=43_200.0, band=2)
    observe("BCH", 531_625_310_065.6644, "254.80")
    observe("BTC", 132_757_073_449_487.5, "64528.21")

    context = analytics_context(NOON, {"span": "day"})

    by_target = {line.label: line.expected for line in context["coin_lines"]}
    assert float(by_target["BCH"].coins["BCH"]) == pytest.approx(0.00011824921160879272)
    assert float(by_target["BTC pooled"].value_p) == pytest.approx(18.33357253964678 / 6)
    by_band = {line.position: line.expected.value_p for line in context["band_lines"]}
    assert by_band[2] == by_target["BTC pooled"].value_p
    assert context["expected"].value_p == sum(by_band.values())
    assert sum(line.expected.value_p for line in context["period_lines"] if line.expected.value_p) == sum(
        by_band.values()
    )


def test_work_of_an_hour_nobody_knows_is_not_worth_nought(viewer):
    count(1, coin="BCH")
    count(2, coin="")
    observe("BCH", 5e11, "254.80", hour=NOON)  # after the work

    context = analytics_context(NOON, {"span": "day"})

    assert context["expected"].value_p is None
    assert context["expected"].unvalued_percent == 100


def test_an_expectation_is_never_called_profit(viewer):
    now = read_clock()
    count(1, coin="BCH", slots=1, start=now + HALF_HOUR - timedelta(seconds=1))
    observe("BCH", 531_625_310_065.6644, "254.80", hour=now - timedelta(hours=2))

    page = viewer.get(reverse("analytics")).content.decode()

    assert "<b>Expected earnings " in page
    assert "profit" not in page.lower()
