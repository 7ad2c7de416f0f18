"""The miners' pages as a browser asks for them."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from hmm.audit.services import record
from hmm.clock import now as read_clock
from miners.models import Command, FiveMinuteMean, Miner, MinerTarget, NewestReading
from miners.models.history import period_start

pytestmark = pytest.mark.django_db


@pytest.fixture
def keeper(client):
    user = User.objects.create_superuser("keeper", password="a long pass phrase")
    client.force_login(user)
    return client


def make_miners(count):
    moment = read_clock()
    start = period_start(moment, timedelta(minutes=5))
    for place in range(count):
        made = Miner.objects.create(
            name=f"Miner {place:02}",
            kind="bitaxe",
            host=f"192.168.7.{place + 1}",
            port=80,
            trust="full",
            poll_due_at=moment,
            enrolled=True,
        )
        NewestReading.objects.create(
            miner=made, taken_at=moment, state_since=moment, state="hashing", hashrate_ths=1.0 + place, power_w=18
        )
        MinerTarget.objects.create(miner=made, on=True, why="band 3, 8.77 p", decided_at=moment, changed_at=moment)
        FiveMinuteMean.objects.create(
            miner=made, starts_at=start, samples=10, hashrate_ths_sum=10.0, hashrate_ths_count=10
        )


def queries(client, address):
    with CaptureQueriesContext(
        connection,
    ) as caught:
        assert client.get(address, headers={"HX-Request": "true"}).status_code == 200
    return len(caught)


@pytest.mark.parametrize("name", ["miners", "profiles", "miners-find", "home", "home-tiles", "home-figures"])
def test_a_page_of_miners_asks_the_same_number_of_questions_for_2_and_for_50(keeper, name):
    queries(keeper, reverse(name))
    make_miners(2)
    few = queries(keeper, reverse(name))
    Miner.objects.all().delete()
    make_miners(50)

    assert queries(keeper, reverse(name)) == few


def test_the_list_filters_searches_and_sorts(keeper):
    make_miners(3)
    Miner.objects.filter(name="Miner 01").update(unreachable_since=read_clock(), last_error="No answer.")

    problems = keeper.get(reverse("miners"), {"state": "problems"})
    found = keeper.get(reverse("miners"), {"q": "miner 02"})
    by_hashrate = keeper.get(reverse("miners"), {"sort": "-hashrate"})

    assert [tile.name for tile in problems.context["list"].tiles] == ["Miner 01"]
    assert [tile.name for tile in found.context["list"].tiles] == ["Miner 02"]
    assert [tile.name for tile in by_hashrate.context["list"].tiles] == ["Miner 02", "Miner 01", "Miner 00"]
    assert 'aria-sort="descending"' in by_hashrate.content.decode()


def test_no_miners_say_what_to_do(keeper):
    answer = keeper.get(reverse("miners")).content.decode()

    assert "No miners yet" in answer
    assert reverse("miner-add") in answer


def test_an_address_outside_the_home_is_refused_with_the_remedy(keeper):
    answer = keeper.post(reverse("miner-add"), {"address": "8.8.8.8"})

    assert answer.status_code == 422
    assert "HMM_DEVICE_NETWORKS" in answer.content.decode()
    assert 'value="8.8.8.8"' in answer.content.decode()


def test_the_page_of_a_miner_says_its_four_truths_and_takes_a_command(keeper, miner, bitaxe):
    page = keeper.get(reverse("miner", args=[miner.pk]))
    answer = keeper.post(reverse("miner-command", args=[miner.pk]), {"kind": "mode", "value": "eco"}, follow=True)

    assert [truth.label for truth in page.context["truths"]] == ["Reachable", "Hashing", "Wanted", "Settings as left"]
    assert Command.objects.get().value == {"mode": "eco"}
    assert Command.objects.get().actor == "keeper"
    assert "on its way" in answer.content.decode()


@pytest.mark.parametrize(
    ("kind", "value"), [("mode", "ludicrous"), ("fan", "140"), ("power", "maybe"), ("pool", "9"), ("nothing", "")]
)
def test_what_is_no_command_is_answered_with_a_sentence(keeper, miner, kind, value):
    answer = keeper.post(reverse("miner-command", args=[miner.pk]), {"kind": kind, "value": value}, follow=True)

    assert answer.status_code == 200
    assert [message.level_tag for message in answer.context["messages"]] == ["error"]
    assert not Command.objects.exists()


def test_someone_who_may_only_look_gives_no_command(client, miner):
    client.force_login(User.objects.create_user("guest"))

    assert client.post(reverse("miner-command", args=[miner.pk]), {"kind": "restart"}).status_code == 403
    assert client.get(reverse("miner", args=[miner.pk])).status_code == 200


def test_a_miner_is_edited_and_removed(keeper, miner):
    typed = {"name": "Attic", "enabled": "on", "poll_interval_s": 20, "worker_name": "attic"}

    assert keeper.post(reverse("miner-edit", args=[miner.pk]), typed).status_code == 302
    assert Miner.objects.get().name == "Attic"
    assert keeper.post(reverse("miner-edit", args=[miner.pk]), {**typed, "poll_interval_s": 5}).status_code == 422
    assert Miner.objects.get().poll_interval_s == 20
    assert keeper.post(reverse("miner-remove", args=[miner.pk])).status_code == 302
    assert not Miner.objects.exists()


def test_a_hostile_name_stays_text(keeper):
    make_miners(1)
    Miner.objects.update(name="<img src=x onerror=alert(1)>")

    for address in (reverse("miners"), reverse("home"), reverse("miner", args=[Miner.objects.get().pk])):
        assert "<img src=x" not in keeper.get(address).content.decode()


def test_clock_and_core_voltage_are_given_within_the_boards_limits(keeper, miner):
    address = reverse("miner-command", args=[miner.pk])
    limits = miner.board.limits

    page = keeper.get(reverse("miner", args=[miner.pk])).content.decode()
    refused = keeper.post(address, {"kind": "tuning", "value": ["9000", "1150"]}, follow=True)
    wrong = keeper.post(address, {"kind": "tuning", "value": ["fast", ""]}, follow=True)
    keeper.post(
        address, {"kind": "tuning", "value": [str(limits.frequency_min_mhz), str(limits.core_voltage_min_mv)]}
    )

    assert f"{limits.frequency_min_mhz} to {limits.frequency_max_mhz} MHz" in page
    assert [message.level_tag for message in refused.context["messages"]] == ["error"]
    assert [message.level_tag for message in wrong.context["messages"]] == ["error"]
    assert Command.objects.get().value == {
        "frequency_mhz": limits.frequency_min_mhz,
        "core_voltage_mv": limits.core_voltage_min_mv,
    }


def test_the_past_is_a_table_too_and_a_long_one_is_thinned(keeper, miner):
    newest = period_start(read_clock(), timedelta(minutes=5))
    FiveMinuteMean.objects.bulk_create(
        FiveMinuteMean(
            miner=miner,
            starts_at=newest - timedelta(minutes=5 * place),
            samples=10,
            hashrate_ths_sum=10.0,
            hashrate_ths_count=10,
        )
        for place in range(200)
    )

    rows = keeper.get(reverse("miner", args=[miner.pk])).context["history"].rows

    assert 60 < len(rows) <= 96
    assert {(row.hashrate_ths, row.power_w) for row in rows} == {(1.0, None)}
    assert all(0 <= float(row.at) <= 100 for row in rows)


NOT_EVERY = {"miner-power", "miner-slots"}  # only where a device has it


def test_what_is_typed_is_not_part_of_what_is_fetched_again(keeper, miner):
    page = keeper.get(reverse("miner", args=[miner.pk])).content.decode()
    live = [name.removeprefix("#") for name in page.split('hx-select-oob="')[1].split('"')[0].split(",")]

    assert "miner-facts" in live
    assert [name for name in live if page.count(f'id="{name}"') != 1 and name not in NOT_EVERY] == []
    fetched = page.split('id="miner-why"')[1].split("</main>")[0]
    assert "<form" not in fetched


def test_a_state_says_since_when(keeper):
    make_miners(1)
    since = read_clock() - timedelta(hours=2, minutes=44)
    NewestReading.objects.update(state_since=since)
    miner = Miner.objects.get()

    for address in (reverse("home"), reverse("miners"), reverse("miner", args=[miner.pk])):
        shown = " ".join(keeper.get(address).content.decode().split())
        assert f'Hashing <time class="since" datetime="{since.isoformat()}"' in shown, address
        assert ">2 h</time>" in shown


def test_its_events_say_what_was_and_what_is(keeper):
    make_miners(1)
    miner = Miner.objects.get()
    record(actor="strategy", action="miner.mode", target=miner, before={"mode": "eco"}, after={"mode": "turbo"})

    events = keeper.get(reverse("miner", args=[miner.pk])).context["events"]

    assert [(row.verb, row.changes[0].old, row.changes[0].new) for row in events] == [("Mode", "eco", "turbo")]
