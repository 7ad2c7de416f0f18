"""Home: the choice of tiles follows what a device can, not its name."""

import pytest
from django.urls import reverse

from hmm.clock import now as read_clock
from miners.models import Miner

pytestmark = pytest.mark.django_db


def shown(client, **query):
    answer = client.get(reverse("home"), query)
    return [tile.name for tile in answer.context["tiles"]], [choice.label for choice in answer.context["choices"]]


@pytest.fixture
def lottery(db):
    return Miner.objects.create(
        name="Desk", kind="nmminer", host="192.168.7.9", port=80, trust="full", poll_due_at=read_clock()
    )


def test_a_house_with_one_sort_of_miner_is_offered_no_choice(keeper, miner):
    assert shown(keeper) == (["Attic"], [])


def test_a_house_with_both_sorts_may_look_at_one(keeper, miner, lottery):
    assert shown(keeper) == (["Attic", "Desk"], ["All", "ASIC", "Lottery"])
    assert shown(keeper, show="asic")[0] == ["Attic"]
    assert shown(keeper, show="lottery")[0] == ["Desk"]
    assert shown(keeper, show="\0nonsense")[0] == ["Attic", "Desk"]


def test_the_tiles_that_fetch_themselves_again_keep_the_choice(keeper, miner, lottery):
    page = keeper.get(reverse("home"), {"show": "lottery"}).content.decode()
    again = keeper.get(reverse("home-tiles"), {"show": "lottery"})

    assert f"{reverse('home-tiles')}?show=lottery" in page
    assert [tile.name for tile in again.context["tiles"]] == ["Desk"]
