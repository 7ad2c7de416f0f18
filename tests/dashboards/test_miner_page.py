"""A miner's own page: its past among bands and events, its costs, what turning it off would do."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from energy.models import LedgerEntry
from hmm.audit.services import record
from hmm.clock import now as read_clock
from miners.models import FiveMinuteMean, Miner
from miners.models.history import period_start

pytestmark = pytest.mark.django_db


def slot(miner, hours_ago, **figures):
    start = period_start(read_clock() - timedelta(hours=hours_ago), timedelta(minutes=30))
    known = {"known_s": 1800, "hashing_s": 1800, "band_position": 3, "coin": "BCH", "cost_p": Decimal(1)} | figures
    LedgerEntry.objects.create(
        miner=miner, miner_label=miner.name, starts_at=start, ends_at=start + timedelta(minutes=30), **known
    )


def page(client, miner, **query):
    return client.get(reverse("miner", args=[miner.pk]), query)


def test_bands_and_what_was_off_on_purpose_stand_in_the_history(keeper, miner):
    slot(miner, 6)
    slot(miner, 5, band_position=6, coin="OFF", hashing_s=0)
    slot(miner, 4, band_position=3, coin="BCH", hashing_s=0)  # stalled: nobody wanted it off

    history = page(keeper, miner).context["history"]

    assert [part.title.partition(",")[0] for part in history.ribbon] == ["band 3", "band 6", "band 3"]
    assert len(history.panels[0].shades) == 1


def test_a_zero_is_not_drawn_while_it_is_off_on_purpose(keeper, miner):
    start = period_start(read_clock() - timedelta(hours=5), timedelta(minutes=30))
    slot(miner, 5, band_position=6, coin="OFF", hashing_s=0)
    for place in range(6):
        FiveMinuteMean.objects.create(
            miner=miner, starts_at=start + timedelta(minutes=5 * place), samples=10, hashrate_ths_count=10
        )

    assert page(keeper, miner).context["history"].panels[0].lines[0].strokes == ()


def test_what_was_done_to_it_is_a_flag_that_leads_to_its_row(keeper, miner):
    done = record(
        actor="strategy", action="miner.mode", target=miner, before={"mode": "eco"}, after={"mode": "standard"}
    )
    FiveMinuteMean.objects.create(miner=miner, starts_at=period_start(read_clock(), timedelta(minutes=5)), samples=1)

    (flag,) = page(keeper, miner).context["history"].flags
    row = keeper.get(flag.url).content.decode()

    assert flag.letter == "M"
    assert "mode eco" in flag.title
    assert flag.url.endswith(f"entry={done.pk}")
    assert "mode standard" in row


@pytest.mark.parametrize("span", ["6h", "24h", "7d", "30d", "90d", "3y", "nonsense", ""])
def test_every_span_answers(keeper, miner, span):
    assert page(keeper, miner, span=span).status_code == 200


def test_its_cost_of_today_stands_on_its_page(keeper, miner):
    LedgerEntry.objects.create(
        miner=miner,
        miner_label=miner.name,
        starts_at=read_clock(),
        ends_at=read_clock() + timedelta(minutes=30),
        known_s=1800,
        cost_p=Decimal("31.4"),
    )

    assert "£0.31" in page(keeper, miner).content.decode()


def test_the_page_says_what_turning_it_off_would_do(keeper, miner):
    assert "cannot be turned off from here" in page(keeper, miner).content.decode()
    Miner.objects.filter(pk=miner.pk).update(trust="read_only")
    assert "HMM only reads it" in page(keeper, miner).content.decode()
