"""Costs by day, week, month and year: local time, bars that add up, what is not known, and the export."""

import csv
import io
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from energy.cost_pages import costs_context
from energy.models import LedgerEntry
from energy.spans import span_of
from hmm.clock import now as read_clock
from hmm.jobs.models import Job
from hmm.look.cost_chart import CostBar, cost_bars
from miners.models import Miner
from pools.models import CoinObservation

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
HALF_HOUR = timedelta(minutes=30)


@pytest.fixture
def keeper(client):
    client.force_login(User.objects.create_superuser("keeper", password="a long pass phrase"))
    return client


def count(start, *, cost="10", kwh="1", band=3, hashing=1800, name="Study", price="10"):
    miner = Miner.objects.get_or_create(
        name=name, kind="bitaxe", host=f"10.0.0.{len(name)}", port=80, defaults={"poll_due_at": NOON, "trust": "full"}
    )[0]
    return LedgerEntry.objects.create(
        miner=miner,
        miner_label=name,
        starts_at=start,
        ends_at=start + HALF_HOUR,
        price_p_per_kwh=Decimal(price),
        energy_kwh=Decimal(kwh),
        cost_p=Decimal(cost),
        known_s=1800,
        hashing_s=hashing,
        work_th=hashing * 1.0,
        band_position=band,
        is_final=True,
    )


@pytest.mark.parametrize(
    ("kind", "now", "bars"),
    [
        ("day", datetime(2026, 3, 29, 12, tzinfo=UTC), 23),
        ("day", datetime(2026, 10, 25, 12, tzinfo=UTC), 25),
        ("day", NOON, 24),
        ("week", NOON, 7),
        ("month", NOON, 30),
        ("year", NOON, 12),
    ],
)
def test_spans_follow_the_local_clock(settings, kind, now, bars):
    settings.TIME_ZONE = "Europe/London"
    span = span_of(kind, 0, now)

    assert len(span.buckets) == bars
    assert span.buckets[0].start == span.start <= now < span.end == span.buckets[-1].end
    assert all(one.end == two.start for one, two in zip(span.buckets, span.buckets[1:], strict=False))


@pytest.mark.parametrize("kind", ["day", "week", "month", "year"])
def test_one_span_ends_where_the_next_begins(settings, kind):
    settings.TIME_ZONE = "Europe/London"

    assert span_of(kind, 1, NOON).end == span_of(kind, 0, NOON).start
    assert span_of(kind, 10**9, NOON).start < NOON


def test_bars_add_up_to_the_cost_by_band(settings):
    settings.TIME_ZONE = "Europe/London"
    for n in range(4):
        count(NOON - n * HALF_HOUR, band=1 + n % 2)
    count(NOON - timedelta(days=1), cost="-4", price="-4")

    found = costs_context(NOON + HALF_HOUR, {"span": "week"})

    assert found["cost"].cost_p == Decimal(36)
    assert [row.cost_p for row in found["cost_rows"]] == [-4.0, 40.0]
    assert found["cost_bands"] == [1, 2, 3]


def test_always_on_is_priced_slot_by_slot_at_the_power_of_the_running_hours():
    count(NOON - HALF_HOUR, price="10", cost="10", kwh="1")
    count(NOON - 2 * HALF_HOUR, price="40", cost="0", kwh="0", hashing=0)

    found = costs_context(NOON, {"span": "day"})

    assert found["cost"].always_on_p == Decimal(50)
    assert found["cost"].summary.lost_th == pytest.approx(1800)
    assert found["by_miner"][0].lost_th == pytest.approx(1800)


def test_a_bar_of_the_past_without_a_reading_is_hatched_and_the_future_is_not():
    bars = [
        CostBar(label="Mon", tick="", by_band={}, reference_p=None, is_known=False),
        CostBar(label="Tue", tick="", by_band={1: -5.0, 4: 20.0}, reference_p=30.0, is_known=True),
        CostBar(label="Wed", tick="", by_band={}, reference_p=None, is_known=True),
    ]
    chart = cost_bars(bars, band_count=6)

    assert len(chart.gaps) == 1
    assert [piece.css for piece in chart.pieces] == ["cost-part b1", "cost-part b4"]
    zero = next(float(mark.at) for mark in chart.grid if mark.css == "zero")
    assert float(chart.pieces[0].y) == pytest.approx(zero, abs=0.2)  # it hangs
    assert "15.0 p in all" in chart.summary


def test_nothing_at_all_draws_a_chart():
    assert "Nothing is counted yet" in cost_bars([], band_count=0).summary


@pytest.mark.parametrize(
    "query", [{"span": "aeon"}, {"span": "week", "back": "-3"}, {"back": "9" * 50}, {"back": "²"}]
)
def test_a_query_that_makes_no_sense_shows_a_span(keeper, query):
    assert keeper.get(reverse("energy"), query).status_code == 200
    assert keeper.get(reverse("energy-costs"), query, headers={"HX-Request": "true"}).status_code == 200
    assert keeper.get(reverse("energy-costs"), query).status_code == 302


def test_the_ledger_is_exported_exactly_and_runs_no_formula(keeper):
    count(read_clock() - HALF_HOUR, name='=cmd|"/c calc"!A1', cost="-0.123456789")
    answer = keeper.get(reverse("energy-ledger"), {"span": "year"})
    (row,) = csv.DictReader(io.StringIO(answer.getvalue().decode()))

    assert row["cost_p"] == "-0.123456789"
    assert row["miner_label"].startswith("'=")


def test_what_cost_nothing_is_a_zero_that_every_reader_knows(keeper):
    count(read_clock() - HALF_HOUR, cost="0", price="0")
    answer = keeper.get(reverse("energy-ledger"), {"span": "year"})
    (row,) = csv.DictReader(io.StringIO(answer.getvalue().decode()))

    assert (row["cost_p"], row["price_p_per_kwh"]) == ("0.000000000", "0.000000")


def test_the_hour_that_comes_twice_is_told_apart(settings):
    settings.TIME_ZONE = "Europe/London"

    labels = [bucket.label for bucket in span_of("day", 0, datetime(2026, 10, 25, 12, tzinfo=UTC)).buckets]

    assert labels[:4] == ["00:00", "01:00 BST", "01:00 GMT", "02:00"]
    assert len(set(labels)) == 25


def test_a_postcode_is_looked_up_in_the_background(keeper):
    answer = keeper.post(reverse("energy-region"), {"region": "", "postcode": "bn1 1ae"})

    assert Job.objects.get().arguments == {"postcode": "BN1 1AE"}
    assert f"job={Job.objects.get().pk}" in answer["Location"]
    assert "Region of BN1 1AE" in keeper.get(answer["Location"]).content.decode()


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({}, "Write a postcode or choose a region."),
        ({"postcode": "<b>"}, "Write a postcode such as BN1 1AE"),
        ({"region": "Z"}, "Choose one of the fourteen regions."),
    ],
)
def test_a_region_that_cannot_be_says_so(keeper, sent, words):
    answer = keeper.post(reverse("energy-region"), sent)

    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Job.objects.exists()


def test_a_viewer_may_look_and_export_but_sees_no_form(client):
    client.force_login(User.objects.create_user("viewer", password="a long pass phrase"))
    main = client.get(reverse("energy")).content.decode().partition("<main")[2].partition("</main>")[0]

    assert 'method="post"' not in main
    assert client.get(reverse("energy-ledger")).status_code == 200
    assert client.post(reverse("energy-update")).status_code == 403


def test_the_cost_of_a_miner_that_tells_no_watts_is_unknown_and_not_zero():
    count(NOON - HALF_HOUR, cost="0", kwh="0")

    miner = costs_context(NOON, {"span": "day"})["by_miner"][0]

    assert (miner.cost_p, miner.energy_kwh, miner.hashing_s) == (None, None, 1800)


def test_what_was_expected_to_be_earned_stands_apart_from_the_cost(keeper):
    now = read_clock()
    row = count(now - timedelta(seconds=1))
    LedgerEntry.objects.filter(pk=row.pk).update(coin="DGB", work_th=86_400.0)
    CoinObservation.objects.create(
        coin="DGB", hour=now - timedelta(hours=2), difficulty=430_030_207.22, price_gbp=Decimal("0.00336")
    )

    page = keeper.get(reverse("energy")).content.decode()

    assert "Expected earnings 3.85 p" in page
    assert "it is no income" in page
    assert costs_context(now, {})["cost"].cost_p == Decimal(10)
