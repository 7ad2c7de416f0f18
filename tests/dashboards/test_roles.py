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


def refused(client, html):
    """Return what a page offers and its person may not do: the targets of its links and forms that answer 403."""
    forms = set(re.findall(r"<form[^>]*?method=\"post\"[^>]*?action=\"([^\"]+)\"", html, re.DOTALL))
    forms |= set(re.findall(r"hx-post=\"([^\"]+)\"", html))
    links = set(re.findall(r"<a [^>]*?href=\"(/[^\"#]*)\"", html)) - {"/docs"}
    found = {address for address in links if client.get(address).status_code == 403}
    return found | {address for address in forms - REFUSED_TO_NOBODY if client.post(address).status_code == 403}


def test_a_viewer_is_shown_nothing_that_is_refused(viewer, miner, pool):
    for address, html in pages(viewer, miner):
        assert refused(viewer, html) == set(), address


def test_an_operator_is_shown_nothing_that_is_refused(operator, miner, pool):
    for address, html in pages(operator, miner):
        assert "<form" in html or "hx-post" in html or "/job" in address, address
        links = set(re.findall(r"<a [^>]*?href=\"(/[^\"#]*)\"", html))
        assert {link for link in links if operator.get(link).status_code == 403} == set(), address


def test_an_operator_is_offered_what_a_viewer_is_not(viewer, operator, miner):
    address = reverse("miner", args=[miner.pk])

    assert reverse("miner-edit", args=[miner.pk]) in operator.get(address).content.decode()
    assert reverse("miner-edit", args=[miner.pk]) not in viewer.get(address).content.decode()
