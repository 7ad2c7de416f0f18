"""Home Assistant's pages as a browser asks for them, without JavaScript."""

import pytest
from django.contrib.auth.models import User
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from hmm.jobs.models import Job
from miners.models import HomeAssistantServer, Miner, PlugCommand, PowerMeter, PowerSwitch
from miners.tasks import ask_home_assistant
from notifications.models import Incident

pytestmark = pytest.mark.django_db
PLUG = {
    "entity": "switch.miner_bitaxe",
    "name": "",
    "meter": "sensor.miner_bitaxe_power",
    "policy": "house",
    "respect_hours": "4",
    "min_on_minutes": "5",
    "min_off_minutes": "5",
    "daily_cap": "24",
}


@pytest.fixture
def keeper(client):
    client.force_login(User.objects.create_superuser("keeper"), backend="django.contrib.auth.backends.ModelBackend")
    return client


def text(answer):
    return answer.content.decode()


def miner(household, name="Bitaxe", **more):
    count = Miner.objects.count()
    return Miner.objects.create(
        name=name, kind="bitaxe", host=f"192.168.7.{count + 1}", port=80, poll_due_at=household.now, **more
    )


def test_a_new_house_is_told_what_plugs_are_good_for(keeper, db):
    page = text(keeper.get(reverse("home-assistant")))

    assert "Connect" in page
    assert "No plug is linked" in page


def test_the_token_is_never_shown_again(keeper, household):
    for name in ("home-assistant", "home-assistant-connection"):
        page = text(keeper.get(reverse(name)))
        assert household.server.token not in page
    assert "Token stored" in text(keeper.get(reverse("home-assistant")))


def test_saving_the_connection_tries_it_and_tells_the_answer(keeper, household):
    form = {"url": household.server.url, "new_token": "", "verify_tls": "on", "enabled": "on"}

    answer = keeper.post(reverse("home-assistant-connection"), form)
    job = Job.objects.get()
    ask_home_assistant(job.pk)

    assert answer.url == reverse("job", args=[job.pk])
    assert "2024.3.3" in text(keeper.get(answer.url))


def test_a_rejected_token_is_told_by_the_test(keeper, household):
    household.server.token = "another"
    keeper.post(reverse("home-assistant-try"))
    job = Job.objects.get()

    ask_home_assistant(job.pk)

    assert "rejects the token" in text(keeper.get(reverse("job", args=[job.pk])))


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("url", "http://192.168.1.5/lovelace", "root of its address"),
        ("new_token", "short", "about 180 characters"),
        ("url", "http://192.168.1.9", "again"),
    ],
)
def test_a_wrong_connection_is_refused_at_its_field_and_nothing_is_stored(keeper, household, field, value, words):
    form = {"url": household.server.url, "new_token": "", "verify_tls": "on", "enabled": "on", field: value}

    answer = keeper.post(reverse("home-assistant-connection"), form)

    assert answer.status_code == 422
    assert words in text(answer)
    assert HomeAssistantServer.objects.get().url == household.server.url


def test_a_plug_is_linked_with_its_miners_and_meter(keeper, household):
    made = [miner(household, "One"), miner(household, "Two")]

    answer = keeper.post(reverse("plug-add"), {**PLUG, "miners": [one.pk for one in made]})

    assert answer.status_code == 302
    assert set(PowerSwitch.objects.get().miners.all()) == set(made)
    assert PowerMeter.objects.get().switch == PowerSwitch.objects.get()


def test_the_page_says_how_each_miner_would_be_turned_off(keeper, household):
    one = miner(household, "One", enrolled=True)
    household.plug(miners=[one, miner(household, "Kettle")])

    page = text(keeper.get(reverse("home-assistant")))

    assert "stays on for Kettle" in page
    assert "stays on for Kettle" in text(keeper.get(reverse("miner", args=[one.pk])))


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("entity", "sensor.miner_bitaxe_power", "can be switched"),
        ("entity", "switch.a\x00b", "Null characters"),
        ("meter", "switch.miner_bitaxe", "power sensor"),
        ("daily_cap", "0", "greater than or equal to 1"),
        ("respect_hours", "999", "less than or equal to 168"),
    ],
)
def test_a_wrong_plug_is_refused_at_its_field(keeper, household, field, value, words):
    answer = keeper.post(reverse("plug-add"), {**PLUG, field: value})

    assert answer.status_code == 422
    assert words in text(answer)
    assert not PowerSwitch.objects.exists()


def test_an_entity_is_linked_once(keeper, household):
    household.plug()

    answer = keeper.post(reverse("plug-add"), PLUG)

    assert "linked already" in text(answer)


def test_what_is_read_meanwhile_survives_an_edit(keeper, household):
    switch = household.plug()
    assert switch.state == "on"

    keeper.post(reverse("plug-edit", args=[switch.pk]), {**PLUG, "name": "Desk", "locked": "on"})

    stored = PowerSwitch.objects.get()
    assert (stored.name, stored.locked, stored.state) == ("Desk", True, "on")


def test_a_plug_switched_by_hand_is_a_command_with_a_name(keeper, household):
    switch = household.plug()

    keeper.post(reverse("plug-switch", args=[switch.pk]), {"value": "off"})

    assert PlugCommand.objects.get().actor == "keeper"


def test_a_suggestion_leads_to_a_filled_form(keeper, household):
    one = miner(household, "Bitaxe")
    page = text(keeper.get(reverse("home-assistant")))
    assert "switch.miner_bitaxe" in page

    form = text(keeper.get(reverse("plug-add"), {"miner": one.pk, "entity": "switch.miner_bitaxe"}))

    assert 'value="switch.miner_bitaxe"' in form
    assert 'value="sensor.miner_bitaxe_power"' in form


def test_a_plug_that_is_unlinked_leaves_its_miners_and_no_problem(keeper, household):
    one = miner(household)
    switch = household.plug(miners=[one])
    Incident.objects.create(
        kind="plug_watts",
        subject=f"plug:{switch.pk}",
        label="x",
        title="x",
        severity="danger",
        opened_at=household.now,
    )

    keeper.post(reverse("plug-remove", args=[switch.pk]))

    assert Miner.objects.get().plug is None
    assert not Incident.objects.open().exists()


def test_a_viewer_may_look_and_not_switch(client, household):
    switch = household.plug()
    client.force_login(User.objects.create_user("guest"), backend="django.contrib.auth.backends.ModelBackend")

    page = client.get(reverse("home-assistant"))
    assert page.status_code == 200
    assert not any(part in text(page) for part in (f"/plugs/{switch.pk}/", "/plugs/add/", "/meters/", "/try/"))
    assert client.post(reverse("plug-switch", args=[switch.pk]), {"value": "off"}).status_code == 403
    assert not PlugCommand.objects.exists()


def test_the_page_asks_the_same_number_of_questions_for_few_and_for_many(keeper, household):
    def ask():
        with CaptureQueriesContext(database) as caught:
            assert keeper.get(reverse("home-assistant")).status_code == 200
        return len(caught)

    household.plug(miners=[miner(household)])
    ask()
    few = ask()
    for number in range(12):
        household.plug(f"switch.plug_{number}", miners=[miner(household, f"More {number}")])

    assert ask() == few
