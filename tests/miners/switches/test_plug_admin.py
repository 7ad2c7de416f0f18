"""Plugs and their Home Assistant in the admin: the same checks and the same services as on the pages."""

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from hmm.audit.models import AuditEntry
from miners.models import HomeAssistantServer, Miner, PowerSwitch, TelemetryReading

pytestmark = pytest.mark.django_db
METER = "sensor.miner_bitaxe_power"


@pytest.fixture
def admin(client, db):
    client.force_login(User.objects.create_superuser("ann"), backend="django.contrib.auth.backends.ModelBackend")
    return client


def plug_form(miner, **changes):
    numbers = {"respect_hours": 4, "min_on_minutes": 5, "min_off_minutes": 7, "daily_cap": 24}
    named = {"entity": "switch.miner_bitaxe", "name": "Study plug", "policy": "house", "meter": METER}
    return {**named, **numbers, "miners": [miner.pk], **changes}


@pytest.fixture
def miner(household):
    return Miner.objects.create(name="Study", kind="bitaxe", host="192.168.7.9", port=80, poll_due_at=household.now)


def test_a_plug_is_added_changed_and_forgotten_by_name(admin, household, miner):
    admin.post(reverse("admin:miners_powerswitch_add"), plug_form(miner))
    plug = PowerSwitch.objects.get()
    household.check()
    page = admin.get(reverse("admin:miners_powerswitch_change", args=[plug.pk]))
    assert page.context["adminform"].form.initial["meter"] == METER
    admin.post(reverse("admin:miners_powerswitch_change", args=[plug.pk]), plug_form(miner, locked="on"))

    plug.refresh_from_db()
    assert (plug.locked, plug.state, plug.meter.entity) == (True, "on", METER)
    assert [one.name for one in plug.miners.all()] == ["Study"]
    admin.post(reverse("admin:miners_powerswitch_delete", args=[plug.pk]), {"post": "yes"})
    assert not PowerSwitch.objects.exists()
    rows = AuditEntry.objects.filter(action__startswith="plug.").order_by("pk")
    assert list(rows.values_list("action", "actor")) == [
        (f"plug.{word}", "ann") for word in ("add", "edit", "remove")
    ]


def test_a_wrong_plug_is_refused_at_its_field(admin, household, miner):
    answer = admin.post(reverse("admin:miners_powerswitch_add"), plug_form(miner, entity="sensor.desk", daily_cap=0))

    assert {"entity", "daily_cap"} <= set(answer.context["adminform"].form.errors)
    assert not PowerSwitch.objects.exists()


def test_the_connection_is_changed_and_its_token_is_neither_shown_nor_sent_elsewhere(admin, household):
    change = reverse("admin:miners_homeassistantserver_change", args=[1])
    page = admin.get(change)
    assert household.server.token not in page.content.decode()

    refused = admin.post(change, {"url": "http://192.168.9.9:8123", "enabled": "on"})
    assert "new_token" in refused.context["adminform"].form.errors
    admin.post(change, {"url": household.server.url, "new_token": "a-token-of-enough-length"})

    stored = HomeAssistantServer.objects.get()
    assert (stored.token, stored.enabled) == ("a-token-of-enough-length", False)
    row = AuditEntry.objects.filter(action="home_assistant.edit").latest("pk")
    assert row.actor == "ann"
    assert "a-token-of" not in f"{row.before}{row.after}"


def test_a_miner_is_forgotten_with_its_readings(admin, household, miner):
    TelemetryReading.objects.create(miner=miner, taken_at=household.now, state="h", power_w=15.0)

    admin.post(reverse("admin:miners_miner_delete", args=[miner.pk]), {"post": "yes"})

    assert not Miner.objects.exists()
