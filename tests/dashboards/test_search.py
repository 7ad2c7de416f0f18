"""Search over miners, pages, acts, pools and activity, with text nobody means well."""

import pytest
from django.urls import reverse

from hmm.audit.services import record
from hmm.dashboards.search import LONGEST_QUESTION, asked
from miners.models import NewestReading
from pools.models import Pool

pytestmark = pytest.mark.django_db

HOSTILE = (
    "\0",
    "a\0b",
    "x" * 10_000,
    "<script>alert(1)</script>",
    "'; DROP TABLE miners_miner; --",
    "%_\\",
    "\u202egnirts",
    "🦄" * 500,
    "\ud800".encode("utf-8", "replace").decode(),
    " ",
)


def found(client, text, **headers):
    answer = client.get(reverse("search"), {"q": text}, **headers)
    return {group.label: [hit.title for hit in group.hits] for group in answer.context["groups"]}


def test_a_miner_is_found_by_name_model_and_address(keeper, miner):
    for text in ("attic", "192.168.7.3", "bitaxe attic"):
        assert found(keeper, text)["Miners"] == ["Attic"]


def test_pages_pools_and_activity_are_found(keeper, miner):
    Pool.objects.create(name="Solo Cash", coin="BCH", host="solo.example.net", port=3333, wallet="w")
    row = record(actor="strategy", action="miner.mode", target=miner, reason="Cheaper.", after={"mode": "eco"})

    assert found(keeper, "tariff")["Pages"] == ["Energy"]
    assert found(keeper, "solo cash")["Pools"] == ["Solo Cash"]
    assert found(keeper, "cheaper")["Activity"] == ["Mode Attic mode eco"]
    answer = keeper.get(reverse("search"), {"q": "cheaper"})
    assert f"entry={row.pk}" in answer.content.decode()


def test_without_a_question_it_says_where_one_can_go(keeper):
    assert {"Home", "Miners", "Settings"} <= set(found(keeper, "")["Pages"])


def test_a_miner_that_does_nothing_is_asked_why(keeper, miner):
    NewestReading.objects.update(state="idle")

    assert "Why does Attic do nothing?" in found(keeper, "attic")["Do"]


def test_a_viewer_is_offered_no_act(viewer, keeper, miner):
    assert "Edit Attic" in found(keeper, "attic")["Do"]
    assert "Do" not in found(viewer, "attic")


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("name", ["search", "activity", "miners", "activity-export"])
def test_hostile_text_is_searched_for_and_stays_text(keeper, miner, text, name):
    answer = keeper.get(reverse(name), {"q": text, "action": text, "actor": text, "state": text, "sort": text})
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content

    assert answer.status_code == 200
    assert b"<script>alert" not in body


def test_the_question_is_cut_and_made_one_line():
    assert asked("  a\0\n\tb  ") == "a b"
    assert len(asked("x" * 10_000)) == LONGEST_QUESTION


def test_the_palette_gets_options_and_the_page_links(keeper, miner):
    palette = keeper.get(reverse("search"), {"q": "attic"}, headers={"HX-Request": "true"})
    page = keeper.get(reverse("search"), {"q": "attic"})

    assert 'role="option"' in palette.content.decode()
    assert "<html" not in palette.content.decode()
    assert 'role="option"' not in page.content.decode()
    assert "HX-Request" in page["Vary"]
