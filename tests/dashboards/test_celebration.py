"""A found block is told on every page, with confetti once for each session, until it is put away."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from hmm.clock import now as read_clock
from miners.models import BlockCredit
from pools.models import FoundBlock

pytestmark = pytest.mark.django_db
MOMENT = read_clock()


def make_block(place=0, **changes):
    values = {"coin": "DGB", "hash": f"ab{place}", "height": 24_600_000 + place, "state": "candidate"}
    return FoundBlock.objects.create(
        **{**values, "found_at": MOMENT, "seen_at": MOMENT, "worker": "attic", **changes}
    )


def shown(client: Client) -> str:
    html = client.get(reverse("activity")).content.decode()
    return html.split('id="celebration"', 1)[1].split("<main", 1)[0]


def test_without_a_block_nothing_is_said(viewer):
    assert "found a" not in shown(viewer)


def test_confetti_falls_once_for_each_session_and_the_line_stays(viewer, operator, miner):
    BlockCredit.objects.create(block=make_block(), miner=miner, miner_label="Attic")

    first, second = shown(viewer), shown(viewer)

    assert "confetti" in first
    assert "confetti" not in second
    for words in ("Attic", "found a DGB block, 24600000", "has yet to confirm it"):
        assert words in second
    assert "confetti" in shown(operator)


def test_a_fragment_that_shows_no_banner_does_not_use_the_confetti_up(viewer):
    make_block()

    viewer.get(reverse("bell"))

    assert "confetti" in shown(viewer)


def test_a_viewer_puts_it_away_for_the_own_session_only(viewer, operator):
    make_block()

    answer = viewer.post(reverse("shell-celebration"), headers={"HX-Request": "true"})

    assert "found a" not in answer.content.decode()
    assert "found a" not in shown(viewer)
    assert "found a" in shown(operator)
    assert viewer.post(reverse("shell-celebration"), {"back": "https://elsewhere.example/"}).url == "/"


def test_another_block_is_celebrated_after_one_was_put_away(viewer):
    make_block()
    viewer.post(reverse("shell-celebration"))
    make_block(1)

    assert "24600001" in shown(viewer)


@pytest.mark.parametrize(
    "changes",
    [{"state": "orphaned"}, {"found_at": MOMENT - timedelta(days=3)}, {"seen_at": MOMENT - timedelta(days=3)}],
)
def test_what_is_lost_or_old_is_not_celebrated(viewer, changes):
    make_block(**changes)

    assert "found a" not in shown(viewer)


def test_several_are_one_line(viewer):
    for place in range(3):
        make_block(place, state="immature")

    assert "See this and 2 more" in shown(viewer)


def test_a_worker_s_evil_name_is_only_text(viewer):
    make_block(worker="<script>alert(1)</script>" + "x" * 170)

    assert "<script>alert" not in shown(viewer)
