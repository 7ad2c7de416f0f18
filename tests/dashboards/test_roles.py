"""Nobody is shown what would be refused."""

import re

import pytest
from django.urls import reverse

from hmm.clock import now as read_clock
from hmm.jobs.models import Job
from hmm.jobs.services import start_job
from notifications.models import Channel, Severity
from notifications.services import open_incident
from pools.models import Pool

pytestmark = pytest.mark.django_db

PAGES = (
    "home", "miners", "strategy", "rules", "energy", "pools", "luck", "coins", "analytics", "activity",
    "settings", "notifications", "home-assistant", "updates", "more", "search",
)  # fmt: skip
REFUSED_TO_NOBODY = {"/logout/", "/shell/bell/read/"}


@pytest.fixture
def pool():
    """A pool, and one of everything else that has buttons of its own."""
    moment = read_clock()
    Channel.objects.create(name="Phone", kind="ntfy")
    open_incident(kind="odd", subject="house", label="House", severity=Severity.WARNING, title="odd", now=moment)
    start_job(kind="scan", title="Looking", actor="keeper", arguments={"networks": []}, total=9, now=moment)
    return Pool.objects.create(
        name="Solo", coin="BCH", host="solo.example.net", port=3333, wallet="w", backend="braiins"
    )


def pages(client, miner):
    rows = [("miner", miner), ("job", Job.objects.first())]
    rows += [(name, Pool.objects.first()) for name in ("pool", "pool-earnings")]
    of_one = [reverse(name, args=[row.pk]) for name, row in rows if row is not None]
    for address in (*map(reverse, PAGES), *of_one):
        yield address, client.get(address).content.decode()


class Person:
    """Follows what pages offer, each address once: the menu is on all of them."""

    def __init__(self, client):
        self.client = client
        self.status = {}

    def may_not(self, html, *, press):
        """Return what a page offers and this person may not do: links, and buttons if pressed, that answer 403."""
        links = set(re.findall(r"<a [^>]*?href=\"(/[^\"#]*)\"", html)) - {"/docs"}
        forms = set(re.findall(r"<form[^>]*?method=\"post\"[^>]*?action=\"([^\"]+)\"", html, re.DOTALL))
        forms |= set(re.findall(r"hx-post=\"([^\"]+)\"", html))
        found = {address for address in links if self.answers(self.client.get, address) == 403}
        pressed = forms - REFUSED_TO_NOBODY if press else set()
        return found | {address for address in pressed if self.answers(self.client.post, address) == 403}

    def answers(self, call, address):
        key = (call.__name__, address)
        if key not in self.status:
            self.status[key] = call(address).status_code
        return self.status[key]


def test_a_viewer_is_shown_nothing_that_is_refused(viewer, miner, pool):
    person = Person(viewer)
    for address, html in pages(viewer, miner):
        assert person.may_not(html, press=True) == set(), address


def test_an_operator_is_shown_nothing_that_is_refused(operator, miner, pool):
    person = Person(operator)
    for address, html in pages(operator, miner):
        assert "<form" in html or "hx-post" in html or "/job" in address, address
        assert person.may_not(html, press=False) == set(), address


def test_an_operator_is_offered_what_a_viewer_is_not(viewer, operator, miner):
    address = reverse("miner", args=[miner.pk])

    assert reverse("miner-edit", args=[miner.pk]) in operator.get(address).content.decode()
    assert reverse("miner-edit", args=[miner.pk]) not in viewer.get(address).content.decode()
