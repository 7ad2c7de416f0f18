"""Plugs, their Home Assistant and wall meters over REST."""

import pytest

from hmm.audit.models import AuditEntry
from hmm.jobs.models import Job
from miners.models import HomeAssistantServer, Miner, MinerTarget, PlugCommand, PowerMeter, PowerSwitch
from tests.api.conftest import Caller

pytestmark = pytest.mark.django_db
ENTITY, METER = "switch.miner_bitaxe", "sensor.miner_bitaxe_power"


@pytest.fixture
def control(db):
    return Caller("control")


@pytest.fixture
def miner(household):
    return Miner.objects.create(
        name="Study", kind="bitaxe", host="192.168.7.9", port=80, enrolled=True, poll_due_at=household.now
    )


def refused(answer, field):
    assert answer.status_code == 422, answer.content
    assert set(answer.json()) == {"detail", "fields"}
    assert field in answer.json()["fields"]


def test_the_connection_is_told_and_its_token_never(control, household):
    answer = control("get", "/api/home-assistant")

    told = answer.json()
    assert (told["has_token"], told["version"], told["trouble"]) == (True, "2024.3.3", "")
    assert (told["switch_count"], told["meter_count"]) == (3, 2)
    assert household.server.token not in answer.content.decode()


def test_a_new_token_goes_in_and_neither_answer_nor_activity_shows_it(control, household):
    token = "another-long-lived-token-of-this-house"

    answer = control("patch", "/api/home-assistant", {"token": token, "verify_tls": False})

    assert answer.status_code == 200
    assert answer.json()["verify_tls"] is False
    assert HomeAssistantServer.objects.get().token == token
    row = AuditEntry.objects.filter(action="home_assistant.edit").latest("pk")
    assert row.actor == "api:control script"
    assert token not in f"{answer.content.decode()}{row.before}{row.after}"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"url": "http://192.168.1.5:8123/lovelace"}, "url"),
        ({"url": "ftp://192.168.1.5"}, "url"),
        ({"token": "short"}, "token"),
        ({"url": "http://192.168.9.9:8123"}, "token"),  # the stored token is not sent to another address
    ],
)
def test_a_wrong_connection_is_refused_at_its_field(control, household, changes, field):
    before = HomeAssistantServer.objects.get().url

    refused(control("patch", "/api/home-assistant", changes), field)

    assert HomeAssistantServer.objects.get().url == before


def test_asking_home_assistant_is_a_job(control, household):
    answer = control("post", "/api/home-assistant/test")

    assert answer.status_code == 202
    assert Job.objects.get(pk=answer.json()["job_id"]).kind == "home_assistant"


def test_a_plug_is_linked_changed_and_forgotten(control, household, miner):
    made = control("post", "/api/plugs", {"entity": ENTITY, "miner_ids": [miner.pk], "meter": METER})
    household.check()
    plug = control("get", f"/api/plugs/{made.json()['id']}").json()

    assert made.status_code == 201
    assert (plug["on"], plug["power_w"], plug["meter"]) == (True, 15.2, METER)
    assert [(one["name"], one["way_off"]) for one in plug["miners"]] == [("Study", "plug")]

    changed = control("patch", f"/api/plugs/{plug['id']}", {"locked": True, "policy": "enforce"}).json()
    assert (changed["locked"], changed["policy"], changed["entity"], changed["meter"]) == (
        True,
        "enforce",
        ENTITY,
        METER,
    )
    assert changed["miners"][0]["way_off"] != "plug"
    assert control("delete", f"/api/plugs/{plug['id']}").status_code == 204
    assert control("get", "/api/plugs").json() == []
    actions = AuditEntry.objects.filter(action__startswith="plug.").order_by("pk").values_list("action", "actor")
    assert list(actions) == [(f"plug.{word}", "api:control script") for word in ("add", "edit", "remove")]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"entity": "sensor.desk"}, "entity"),
        ({"entity": "nonsense"}, "entity"),
        ({"meter": "switch.desk"}, "meter"),
        ({"miner_ids": [999]}, "miner_ids"),
        ({"policy": "sometimes"}, "policy"),
        ({"respect_hours": 0}, "respect_hours"),
        ({"daily_cap": 0}, "daily_cap"),
        ({"min_off_minutes": 9999}, "min_off_minutes"),
        ({"min_on_minutes": -1}, "min_on_minutes"),
    ],
)
def test_a_wrong_plug_is_refused_at_its_field_when_it_is_made_and_when_it_is_changed(
    control, household, changes, field
):
    plug = household.plug()

    refused(control("post", "/api/plugs", {"entity": "switch.miner_nano", **changes}), field)
    refused(control("patch", f"/api/plugs/{plug.pk}", changes), field)

    assert PowerSwitch.objects.count() == 1
    assert PowerSwitch.objects.get().entity == ENTITY


def test_an_entity_is_one_plug(control, household):
    household.plug()

    refused(control("post", "/api/plugs", {"entity": ENTITY}), "entity")


def test_a_plug_is_switched_as_by_a_hand_and_its_command_tells_what_became_of_it(control, household):
    plug = household.plug(locked=True)

    answer = control("post", f"/api/plugs/{plug.pk}/switch", {"on": False})
    household.walk(10)

    assert answer.status_code == 202
    assert answer.json()["command"]["status"] == "wanted"
    rows = control("get", f"/api/plugs/{plug.pk}/commands").json()
    assert (rows["count"], rows["items"][0]["status"], rows["items"][0]["on"]) == (1, "applied", False)
    told = control("get", f"/api/plugs/{plug.pk}").json()
    assert (told["on"], told["held_by"]) == (False, "api:control script")
    again = control("post", f"/api/plugs/{plug.pk}/switch", {"on": False}).json()
    assert again["command"] is None


@pytest.mark.parametrize(
    ("policy", "wanted_on", "on", "words"),
    [
        ("house", False, True, "the override runs it"),
        ("enforce", False, True, "the override runs it"),
        ("respect", False, True, ""),
        ("house", True, False, ""),
        ("enforce", True, False, "lock the plug"),
    ],
)
def test_a_hand_is_told_beforehand_when_it_will_be_put_back(control, household, miner, policy, wanted_on, on, words):
    plug = household.plug(miners=[miner], policy=policy)
    MinerTarget.objects.create(miner=miner, on=wanted_on, decided_at=household.now, changed_at=household.now)

    told = control("post", f"/api/plugs/{plug.pk}/switch", {"on": on}).json()["detail"]

    assert ("put back" in told) == bool(words)
    assert words in told


def test_what_cannot_be_switched_says_why(control, household):
    plug = household.plug()
    HomeAssistantServer.objects.update(enabled=False)

    answer = control("post", f"/api/plugs/{plug.pk}/switch", {"on": False})

    assert answer.status_code == 422
    assert "not connected" in answer.json()["detail"]
    assert PlugCommand.objects.count() == 0


def test_a_miner_gets_a_wall_meter_and_loses_it(control, household, miner):
    got = control("put", f"/api/miners/{miner.pk}/meter", {"entity": METER})
    household.check()

    assert got.json()["miner_id"] == miner.pk
    assert control("get", "/api/home-assistant/meters").json()[0]["power_w"] == 15.2
    refused(control("put", f"/api/miners/{miner.pk}/meter", {"entity": "switch.desk"}), "entity")
    assert control("put", f"/api/miners/{miner.pk}/meter", {"entity": ""}).json() is None
    assert PowerMeter.objects.count() == 0


def test_what_home_assistant_knows_and_what_fits_by_name_is_listed(control, household, miner):
    Miner.objects.update(name="Bitaxe")
    plug = household.plug("switch.miner_nano")

    found = {one["entity"]: one["plug_id"] for one in control("get", "/api/home-assistant/entities").json()}
    fits = control("get", "/api/home-assistant/suggestions").json()

    assert found["switch.miner_nano"] == plug.pk
    assert found[METER] is None
    assert [(one["miner_id"], one["entity"], one["exists"]) for one in fits] == [(miner.pk, ENTITY, True)]


def test_a_reader_reads_and_writes_nothing(household, miner):
    plug, reader = household.plug(), Caller("read")
    for path in ("home-assistant", "home-assistant/entities", "plugs", f"plugs/{plug.pk}", "home-assistant/meters"):
        assert reader("get", f"/api/{path}").status_code == 200

    for method, path, body in (
        ("patch", "home-assistant", {"enabled": False}),
        ("post", "home-assistant/test", None),
        ("post", "plugs", {"entity": "switch.miner_nano"}),
        ("patch", f"plugs/{plug.pk}", {"locked": True}),
        ("delete", f"plugs/{plug.pk}", None),
        ("post", f"plugs/{plug.pk}/switch", {"on": False}),
        ("put", f"miners/{miner.pk}/meter", {"entity": METER}),
        ("patch", "health-limits/bitaxe", {"chip_warn_c": 60}),
    ):
        assert reader(method, f"/api/{path}", body).status_code == 403, path
