"""A miner's own page: its past among bands and events, its costs, what turning it off would do."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from energy.models import LedgerEntry
from hmm.audit.services import record
from hmm.clock import now as read_clock
from miners.contexts import in_sentences
from miners.models import FiveMinuteMean, Miner, MinerTarget, NewestReading
from miners.models.history import period_start
from miners.models.plug import PowerSwitch
from miners.services.fleet import free_name

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
    assert f'id="entry-{done.pk}"' in row


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

    assert "31.4 p" in page(keeper, miner).content.decode()


def test_the_page_says_what_turning_it_off_would_do(keeper, miner):
    assert "cannot be turned off from here" in page(keeper, miner).content.decode()
    Miner.objects.filter(pk=miner.pk).update(trust="read_only")
    told = page(keeper, miner).content.decode()
    assert "HMM only reads this kind of device: what its settings do is not proven" in told
    assert "A smart plug could turn it off." in told


def test_what_is_said_of_a_miner_ends_each_sentence_once():
    assert in_sentences(
        "It cannot be turned off, so it runs its lowest mode.", "power failed once; next try 18:30 UTC"
    ) == ("It cannot be turned off, so it runs its lowest mode. Power failed once; next try 18:30 UTC.")
    assert in_sentences("", "it does not answer") == "It does not answer."
    assert in_sentences("", "") == ""


def left_off(miner, **changed):
    Miner.objects.filter(pk=miner.pk).update(**changed)
    NewestReading.objects.filter(miner=miner).update(paused=True, can_pause=True, state="idle")
    MinerTarget.objects.update_or_create(
        miner=miner, defaults={"on": False, "why": "30 p", "decided_at": read_clock(), "changed_at": read_clock()}
    )


def test_a_miner_left_off_by_the_strategy_is_offered_to_be_turned_on(keeper, miner):
    left_off(miner, enrolled=False)
    assert "Turn it on" in page(keeper, miner).content.decode()
    left_off(miner, enrolled=True)
    assert "Turn it on" not in page(keeper, miner).content.decode()
    left_off(miner, enrolled=True, enabled=False)
    assert "It is not polled either" in page(keeper, miner).content.decode()


def test_a_name_another_miner_has_is_refused_at_the_field(keeper, miner):
    other = Miner.objects.create(
        name="Shed", kind="bitaxe", host="192.168.7.4", port=80, trust="full", poll_due_at=read_clock()
    )
    typed = {"name": "aTTic", "enabled": "on", "poll_interval_s": 20}
    edited = keeper.post(reverse("miner-edit", args=[other.pk]), typed)
    added = keeper.post(reverse("miner-add"), {"address": "192.168.7.5", "name": "attic"})
    same = keeper.post(reverse("miner-edit", args=[miner.pk]), {**typed, "name": "Attic"})

    for answer in (edited, added):
        assert answer.status_code == 422
        assert "already a miner Attic, at 192.168.7.3" in answer.content.decode()
    assert same.status_code == 302


def test_devices_that_come_with_one_name_get_numbers(miner):
    assert free_name("ATTIC") == "ATTIC 2"
    Miner.objects.create(
        name="x" * 60, kind="bitaxe", host="192.168.7.6", port=80, trust="full", poll_due_at=read_clock()
    )
    assert free_name("x" * 60) == "x" * 58 + " 2"


def test_a_plug_is_named_where_it_would_be_switched(keeper, miner):
    plug = PowerSwitch.objects.create(entity="switch.attic", name="Attic plug")
    Miner.objects.filter(pk=miner.pk).update(plug=plug)

    assert "Attic plug" in page(keeper, miner).context["off_means"]


def test_the_page_lists_what_was_asked_to_come_to_the_decision(keeper, miner):
    shown = page(keeper, miner)

    assert any(item.decided for item in shown.context["why"].asked)
    assert 'aria-current="true"' in shown.content.decode()
