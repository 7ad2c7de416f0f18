"""What somebody types, reloads or bookmarks is a whole page, whatever htmx gets at that address."""

import pytest
from django.contrib.auth.models import User
from django.urls import get_resolver, reverse

from tests.accounts.test_doors import addresses

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def keeper(client):
    client.force_login(User.objects.create_superuser("keeper"), backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_every_address_gives_a_browser_a_whole_page(keeper):
    ours = [place for place in sorted(set(addresses(get_resolver()))) if not place.startswith(("/admin/", "/api/"))]
    bare = []

    for place in ours:
        answer = keeper.get(place)
        is_html = answer.get("Content-Type", "").startswith("text/html") and answer.status_code != 302
        if answer.status_code == 405 or (is_html and b"<html" not in answer.content):
            bare.append(place)

    assert len(ours) > 60
    assert bare == []


@pytest.mark.parametrize(
    ("place", "page"),
    [
        ("/strategy/bands/", "/strategy/#strategy-bands"),
        ("/home/tiles/?show=asic", "/?show=asic"),
        ("/strategy/override/", "/strategy/"),
        ("/miners/7/command/", "/miners/7/"),
        ("/settings/tokens/3/revoke/", "/settings/"),
    ],
)
def test_a_part_and_an_act_lead_to_their_page(keeper, place, page):
    assert keeper.get(place)["Location"] == page


def test_htmx_gets_the_part_alone(keeper):
    answer = keeper.get(reverse("strategy-bands"), headers=HTMX)

    assert answer.content.decode().strip().startswith("<section")
    assert "HX-Request" in answer["Vary"]
