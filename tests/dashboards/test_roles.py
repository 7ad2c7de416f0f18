"""Nobody is shown what would be refused."""

import re

import pytest
from django.urls import reverse

from pools.models import Pool

pytestmark = pytest.mark.django_db

PAGES = (
    "home", "miners", "strategy", "rules", "energy", "pools", "luck", "coins", "analytics", "activity",
    "settings", "notifications", "home-assistant", "updates", "more", "search",
)  # fmt: skip
REFUSED_TO_NOBODY = {"/logout/", "/shell/bell/read/"}


@pytest.fixture
def pool():
    return Pool.objects.create(name="Solo", coin="BCH", host="solo.example.net", port=3333, wallet="w")


def pages(client, miner):
    for address in (*map(reverse, PAGES), reverse("miner", args=[miner.pk])):
        yield address, client.get(address).content.decode()


def refused(client, html):
    """Return what a page offers and its person may not do: the targets of its links and forms that answer 403."""
    forms = set(re.findall(r"<form[^>]*?method=\"post\"[^>]*?action=\"([^\"]+)\"", html, re.DOTALL))
    links = set(re.findall(r"<a [^>]*?href=\"(/[^\"#]*)\"", html)) - {"/docs"}
    found = {address for address in links if client.get(address).status_code == 403}
    return found | {address for address in forms - REFUSED_TO_NOBODY if client.post(address).status_code == 403}


def test_a_viewer_is_shown_nothing_that_is_refused(viewer, miner, pool):
    for address, html in pages(viewer, miner):
        assert refused(viewer, html) == set(), address


def test_an_operator_is_shown_nothing_that_is_refused(operator, miner, pool):
    for address, html in pages(operator, miner):
        assert "<form" in html
        links = set(re.findall(r"<a [^>]*?href=\"(/[^\"#]*)\"", html))
        assert {link for link in links if operator.get(link).status_code == 403} == set(), address


def test_an_operator_is_offered_what_a_viewer_is_not(viewer, operator, miner):
    address = reverse("miner", args=[miner.pk])

    assert reverse("miner-edit", args=[miner.pk]) in operator.get(address).content.decode()
    assert reverse("miner-edit", args=[miner.pk]) not in viewer.get(address).content.decode()
