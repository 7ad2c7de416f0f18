"""The page of lottery miners, and what is done about strangers."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from hmm.clock import now as read_clock
from hmm.jobs.models import Job
from hmm.look import formats
from miners.models import HeardDevice, Miner, NewestReading

pytestmark = pytest.mark.django_db


@pytest.fixture
def keeper(client):
    client.force_login(User.objects.create_superuser("keeper", password="a long pass phrase"))
    return client


def make(count, kind="nmminer", **reading):
    moment = read_clock()
    for place in range(count):
        made = Miner.objects.create(
            name=f"{kind} {place}",
            kind=kind,
            host=f"192.168.7.{place + 1}",
            port=80,
            trust="full",
            poll_due_at=moment,
        )
        values = {"hashrate_ths": 1.015e-6, "best_difficulty": 38170.0, "wifi_rssi_dbm": -51, **reading}
        NewestReading.objects.create(miner=made, taken_at=moment, state_since=moment, state="hashing", **values)


def hear(host="192.168.7.99", **changes):
    values = {"kind": "nmminer", "model": "ESP32-CYD", "datagram": b"{}", "heard_at": read_clock(), **changes}
    HeardDevice.objects.create(host=host, **values)


def test_it_shows_small_figures_in_their_own_units(keeper):
    make(2)

    page = keeper.get(reverse("miners-lottery")).content.decode()

    for words in ("1015 kH/s", "2030 kH/s", "38.2k", "-51 dBm", "2 of 2 running"):
        assert words in page, words


def test_a_stale_figure_leaves_the_sum(keeper):
    make(2)
    NewestReading.objects.filter(miner__name="nmminer 0").update(taken_at=read_clock() - timedelta(hours=1))

    page = keeper.get(reverse("miners-lottery")).content.decode()

    assert "2030 kH/s" not in page
    assert "1 of 2 running" in page


def test_only_lottery_miners_are_on_it(keeper):
    make(1, kind="bitaxe")

    assert "bitaxe 0" not in keeper.get(reverse("miners-lottery")).content.decode()
    assert reverse("miners-lottery") not in keeper.get(reverse("miners")).content.decode()


def test_the_list_of_miners_leads_to_it(keeper):
    make(1)

    assert reverse("miners-lottery") in keeper.get(reverse("miners")).content.decode()


def test_it_asks_the_same_number_of_questions_for_2_and_for_20(keeper):
    def questions():
        with CaptureQueriesContext(connection) as caught:
            assert keeper.get(reverse("miners-lottery")).status_code == 200
        return len(caught)

    make(2)
    questions()
    few = questions()
    Miner.objects.all().delete()
    make(20)

    assert questions() == few


def test_a_stranger_is_added_by_one_button(keeper):
    hear(model="<b>ESP32</b>")

    page = keeper.get(reverse("miners-lottery")).content.decode()
    assert "&lt;b&gt;ESP32" in page
    keeper.post(reverse("miner-add"), {"address": "192.168.7.99", "family": "nmminer"})

    assert Job.objects.get().arguments["addresses"] == ["192.168.7.99"]
    assert Job.objects.get().arguments["family"] == "nmminer"


def test_a_stranger_that_fell_silent_is_not_offered(keeper):
    hear(heard_at=read_clock() - timedelta(hours=1))

    assert "192.168.7.99" not in keeper.get(reverse("miners-lottery")).content.decode()


def test_a_viewer_sees_and_adds_nothing(client):
    viewer = User.objects.create_user("viewer", password="a long pass phrase")
    viewer.groups.add(Group.objects.get_or_create(name="viewer")[0])
    client.force_login(viewer)
    hear()

    page = client.get(reverse("miners-lottery"))

    assert page.status_code == 200
    assert "<button" not in page.content.decode().split('id="lottery"')[1].split("</main>")[0]


@pytest.mark.parametrize(("value", "shown"), [(0.842, "0.84"), (38170, "38.2k"), (4.021e6, "4.02M"), (None, "–")])
def test_difficulties_are_short(value, shown):
    assert formats.difficulty(value) == shown
