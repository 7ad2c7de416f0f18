"""The pages and the API of notifications, as a browser without JavaScript and a program ask for them."""

import pytest
from django.contrib.auth.models import User
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import escape

from hmm.audit.models import AuditEntry
from hmm.jobs.models import Job, JobStatus
from notifications.events import event_choices
from notifications.markup import printable
from notifications.models import Channel, EventChoice, House, Incident, Severity
from notifications.services import open_incident
from notifications.services.collecting import collect
from notifications.services.routing import route
from notifications.tasks import test_channel as run_test
from notifications.transports.registry import TRANSPORTS
from notifications.transports.telegram.simulator import CHAT, TOKEN
from tests.notifications.conftest import HOSTILE, NOW, telegram_channel

pytestmark = pytest.mark.django_db


@pytest.fixture
def keeper(client):
    client.force_login(User.objects.create_superuser("keeper"), backend="django.contrib.auth.backends.ModelBackend")
    return client


def typed(**changes):
    values = {"name": "Family", "enabled": "on", "minimum_severity": "warning", "events": ["high_rejects"]}
    return {**values, "config_token": TOKEN, "config_chat": CHAT, "config_people": "", **changes}


def test_a_channel_is_set_up_and_the_answer_of_the_service_is_shown(keeper, telegram):
    answer = keeper.post(reverse("channel-add", args=["telegram"]), typed())
    assert answer.status_code == 302, answer.content.decode()

    run_test(Job.objects.get().pk)

    job = Job.objects.get()
    assert job.status == JobStatus.DONE
    assert "Telegram took it" in job.lines[0]["text"]
    assert telegram.messages
    page = keeper.get(reverse("notifications")).content.decode()
    assert "Family" in page
    assert TOKEN not in page


def test_a_refusal_is_shown_by_the_test(keeper, telegram):
    telegram.fault = "blocked"
    keeper.post(reverse("channel-add", args=["telegram"]), typed())

    run_test(Job.objects.get().pk)

    assert "blocked by the user" in Job.objects.get().lines[0]["text"]


def test_what_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost(keeper):
    answer = keeper.post(reverse("channel-add", args=["telegram"]), typed(config_token="nonsense", config_chat="?"))

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "That is no token" in page
    assert 'value="Family"' in page
    assert not Channel.objects.exists()


def test_an_empty_secret_keeps_the_stored_one_and_no_page_or_row_shows_it(keeper):
    channel = telegram_channel()

    page = keeper.get(reverse("channel-edit", args=[channel.pk])).content.decode()
    keeper.post(reverse("channel-edit", args=[channel.pk]), typed(config_token="", name="House"))

    channel.refresh_from_db()
    assert TOKEN not in page
    assert channel.name == "House"
    assert channel.config["token"] == TOKEN
    assert not any(TOKEN in str(row.after) + str(row.before) for row in AuditEntry.objects.all())


@pytest.mark.parametrize("kind", ["telegram", "discord", "webhook", "ntfy", "email"])
def test_every_kind_has_its_guide(keeper, kind):
    page = keeper.get(reverse("channel-add", args=[kind])).content.decode()

    assert escape(TRANSPORTS[kind].steps[0]) in page


def test_words_are_previewed_kept_and_put_back(keeper):
    address = reverse("event-words", args=["miner_offline"])
    words = {"enabled": "on", "template": "<script> **{label}**"}

    preview = keeper.post(address, {**words, "act": "preview"}).content.decode()
    assert "&lt;script&gt; <b>Shed Ultra</b>" in preview
    assert not EventChoice.objects.exists()

    keeper.post(address, {**words, "act": "save"})
    assert EventChoice.objects.get().template == words["template"]

    keeper.post(address, {**words, "act": "reset"})
    assert EventChoice.objects.get().template == ""


def test_which_channel_gets_what_is_chosen_on_one_page(keeper):
    first, second = telegram_channel(), telegram_channel(name="<b>Second", events=["override"])
    every = [key for key, _label in event_choices()]
    address = reverse("event-routes")

    page = keeper.get(address).content.decode()
    keeper.post(
        address,
        {
            "shown": [first.pk, second.pk],
            f"channel-{first.pk}": ["block_found", "pool_down", "nonsense"],
            f"channel-{second.pk}": every,
        },
    )

    first.refresh_from_db()
    second.refresh_from_db()
    assert page.count("checked") == len(every) + 1
    assert "&lt;b&gt;Second" in page
    assert sorted(first.events) == ["block_found", "pool_down"]
    assert second.events == []
    assert AuditEntry.objects.filter(action="channel.edit").count() == 2


def test_a_channel_without_any_event_is_refused_and_kept(keeper):
    channel = telegram_channel(events=["override"])

    answer = keeper.post(reverse("event-routes"), {"shown": [channel.pk]}, follow=True)

    channel.refresh_from_db()
    assert "switch the channel off" in answer.content.decode()
    assert channel.events == ["override"]


def test_a_field_that_does_not_exist_is_refused(keeper):
    answer = keeper.post(reverse("event-words", args=["override"]), {"template": "{wallet}", "act": "save"})

    assert answer.status_code == 422
    assert "There is no field" in answer.content.decode()


def test_limits_and_maintenance_are_kept(keeper):
    keeper.post(reverse("notification-prices"), {"price_below_p_per_kwh": "2.5", "price_above_p_per_kwh": ""})
    keeper.post(reverse("maintenance"), {"minutes": "30"})

    assert str(House.objects.get().price_below_p_per_kwh) == "2.500"
    assert House.objects.get().maintenance_until is not None
    assert "Maintenance until" in keeper.get(reverse("notifications")).content.decode()


def test_a_viewer_changes_nothing(client):
    client.force_login(User.objects.create_user("viewer"), backend="django.contrib.auth.backends.ModelBackend")
    channel = telegram_channel()

    assert client.get(reverse("notifications")).status_code == 200
    for name in ("channel-test", "channel-switch", "channel-remove"):
        assert client.post(reverse(name, args=[channel.pk])).status_code == 403


def test_the_list_asks_as_much_for_twenty_channels_as_for_two(keeper):
    def count():
        with CaptureQueriesContext(
            database,
        ) as queries:
            keeper.get(reverse("notifications"))
        return len(queries)

    keeper.get(reverse("notifications"))
    for number in range(2):
        telegram_channel(name=f"a{number}")
    few = count()
    for number in range(18):
        telegram_channel(name=f"b{number}")

    assert count() == few


def test_the_api_tells_and_acts_and_keeps_secrets(keeper):
    channel = telegram_channel()
    words = {"kind": "miner_rejects", "subject": "miner:1", "label": "Shed", "title": "rejects"}
    open_incident(severity=Severity.WARNING, now=NOW, **words)
    pk = Incident.objects.get().pk

    seen = keeper.post(f"/api/notifications/incidents/{pk}/acknowledge", content_type="application/json").json()
    listed = keeper.get("/api/notifications/channels")

    assert seen["acknowledged_by"] == "keeper"
    assert keeper.get("/api/notifications/incidents?open=true").json()["count"] == 1
    assert listed.json()[0]["id"] == channel.pk
    assert TOKEN not in listed.content.decode()


def test_the_api_names_the_field_that_is_wrong(keeper):
    body = {"name": "x", "kind": "discord", "config": {"url": "http://example.org"}}

    answer = keeper.post("/api/notifications/channels", body, content_type="application/json")

    assert answer.status_code == 422
    assert "url" in answer.json()["fields"]


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_names_are_shown_as_they_are(keeper, telegram, name):
    telegram_channel(name=printable(name)[:80])
    words = {"kind": "miner_rejects", "subject": "miner:1", "label": name, "title": "rejects"}
    open_incident(severity=Severity.WARNING, now=NOW, **words)
    collect(now=NOW)
    route(now=NOW)

    page = keeper.get(reverse("notifications")).content.decode()

    assert page.count(escape(printable(name)[:80])) >= 2  # the problem, the channel and what was queued
    assert name not in page or name == printable(name) == escape(name)


def test_an_open_problem_is_acknowledged_on_the_page(keeper):
    words = {"kind": "miner_rejects", "subject": "miner:1", "label": "<b>Shed</b>", "title": "rejects"}
    open_incident(severity=Severity.WARNING, now=NOW, **words)
    assert "&lt;b&gt;Shed&lt;/b&gt;" in keeper.get(reverse("notifications")).content.decode()

    keeper.post(reverse("incident-act", args=[Incident.objects.get().pk, "acknowledge"]))

    assert "seen by keeper" in keeper.get(reverse("notifications")).content.decode()
