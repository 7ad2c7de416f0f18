"""Automation rules over REST: everything the page can, and each wrong field by its name."""

import pytest

from hmm.audit.models import AuditEntry
from pools.models import Pool
from pools.services import InUseError, delete_pool
from strategy.models import AutomationRule, RuleCrossing
from strategy.rule_pages import standings
from tests.api.conftest import control, reader  # noqa: F401  # fixtures

pytestmark = pytest.mark.django_db
OFF_ABOVE = {"name": "Evening", "trigger": "price_above", "low_p_per_kwh": "3", "action": "off"}


@pytest.fixture
def call(control):  # noqa: F811
    return control


def made(call, **changes):
    answer = call("post", "/api/rules", {**OFF_ABOVE, **changes})
    assert answer.status_code == 201, answer.json()
    return answer.json()


def test_a_rule_is_added_read_changed_and_removed(call):
    rule = made(call, days=["mon"], scope="family", family="bitaxe")
    assert (rule["low_p_per_kwh"], rule["state"], rule["days"]) == ("3.000000", "unknown", [])
    assert rule["sentence"] == "When the price is above 3 p/kWh: turn off, every Bitaxe."
    assert call("get", "/api/rules").json() == [rule]

    where = f"/api/rules/{rule['id']}"
    changed = call("patch", where, {"trigger": "time", "starts": "22:00", "ends": "06:00", "days": ["Sat", "sun"]})
    assert changed.status_code == 200
    assert (changed.json()["low_p_per_kwh"], changed.json()["days"]) == (None, ["sat", "sun"])
    assert call("get", where).json()["starts"] == "22:00"

    assert call("delete", where).status_code == 204
    assert call("get", where).status_code == 404
    assert list(AuditEntry.objects.filter(action__startswith="rule.").values_list("action", flat=True)) == [
        "rule.remove",
        "rule.edit",
        "rule.add",
    ]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " "}, "name"),
        ({"trigger": "moon"}, "trigger"),
        ({"action": "explode"}, "action"),
        ({"scope": "street"}, "scope"),
        ({"low_p_per_kwh": None}, "low_p_per_kwh"),
        ({"low_p_per_kwh": "1001"}, "low_p_per_kwh"),
        ({"low_p_per_kwh": "0.0000001"}, "low_p_per_kwh"),
        ({"low_p_per_kwh": "cheap"}, "low_p_per_kwh"),
        ({"trigger": "price_below"}, "high_p_per_kwh"),
        ({"trigger": "price_between", "high_p_per_kwh": 3}, "high_p_per_kwh"),
        ({"trigger": "time", "ends": "19:00"}, "starts"),
        ({"trigger": "time", "starts": "25:00", "ends": "19:00"}, "starts"),
        ({"trigger": "time", "starts": "16:00", "ends": "19:00", "days": ["someday"]}, "days"),
        ({"trigger": "offline"}, "minutes"),
        ({"trigger": "offline", "minutes": 0}, "minutes"),
        ({"trigger": "pool_down", "minutes": 1441}, "minutes"),
        ({"trigger": "pool_down", "minutes": 5, "watched_pool_id": 999}, "watched_pool_id"),
        ({"action": "mode"}, "mode"),
        ({"action": "mode", "mode": "warp"}, "mode"),
        ({"action": "mode", "mode": "low", "scope": "family", "family": "bitaxe"}, "mode"),
        ({"action": "pool"}, "pool_id"),
        ({"action": "pool", "pool_id": 2**80}, "pool_id"),
        ({"scope": "family"}, "family"),
        ({"scope": "family", "family": "toaster"}, "family"),
        ({"scope": "miners"}, "miner_ids"),
        ({"scope": "miners", "miner_ids": [999]}, "miner_ids"),
        ({"priority": 0}, "priority"),
        ({"priority": 100}, "priority"),
        ({"cooldown_minutes": -1}, "cooldown_minutes"),
        ({"cooldown_minutes": 10**30}, "cooldown_minutes"),
    ],
)
def test_what_cannot_be_is_named_at_its_field(call, changes, field):
    answer = call("post", "/api/rules", {**OFF_ABOVE, **changes})

    assert answer.status_code == 422
    assert field in answer.json()["fields"], answer.json()
    assert not AutomationRule.objects.exists()


def test_two_rules_have_two_names(call):
    made(call)

    assert "name" in call("post", "/api/rules", OFF_ABOVE).json()["fields"]


def test_a_pool_that_is_watched_is_not_the_one_to_go_to(call):
    pool = Pool.objects.create(name="A", coin="BTC", host="a.test", port=1, wallet="w")
    wrong = {"trigger": "pool_down", "minutes": 5, "watched_pool_id": pool.pk, "action": "pool", "pool_id": pool.pk}

    assert "pool_id" in call("post", "/api/rules", {**OFF_ABOVE, **wrong}).json()["fields"]


def test_a_pool_a_rule_names_is_not_removed_under_it(call):
    pool = Pool.objects.create(name="A", coin="BTC", host="a.test", port=1, wallet="w")
    made(call, action="pool", pool_id=pool.pk)

    with pytest.raises(InUseError, match="the rule Evening"):
        delete_pool(pool, actor="keeper")


def test_reading_needs_a_token_and_writing_the_scope_control(call, reader, client):  # noqa: F811
    rule = made(call)
    where = f"/api/rules/{rule['id']}"

    assert client.get("/api/rules").status_code == 401
    assert reader("get", "/api/rules").status_code == 200
    assert reader("get", f"{where}/dry-run").status_code == 200
    for method, path in (("post", "/api/rules"), ("patch", where), ("delete", where)):
        assert reader(method, path, OFF_ABOVE).status_code == 403


def test_an_edit_without_a_change_leaves_no_row(call):
    rule = made(call)
    call("patch", f"/api/rules/{rule['id']}", {"name": "Evening"})
    call("patch", f"/api/rules/{rule['id']}", {"low_p_per_kwh": "3.0"})

    assert not AuditEntry.objects.filter(action="rule.edit").exists()


# --- with a house --------------------------------------------------------------------------------


def running(house, *prices):
    house.prices(*prices)
    house.tick()
    house.settle(240)


def test_how_a_rule_stands_and_what_it_did(call, house):
    rule = made(call, low_p_per_kwh=5)
    running(house, 8, 8, 8)
    shown = call("get", f"/api/rules/{rule['id']}").json()

    assert shown["state"] == "holds"
    assert shown["since"] is not None
    history = call("get", f"/api/rules/{rule['id']}/history").json()
    assert {item["action"] for item in history["items"]} == {"rule.fire", "rule.add"}


def test_a_rehearsal_says_what_would_be_done_and_sends_nothing(call, house):
    rule = made(call, low_p_per_kwh=50)
    running(house, 8, 8, 8)
    before = house.writes()
    told = call("get", f"/api/rules/{rule['id']}/dry-run").json()

    effect = {"miner_id": house.miner.pk, "name": "Study", "does": "off", "overruled": ""}
    assert told == {"holds": False, "effects": [effect]}
    assert house.writes() == before
    assert not RuleCrossing.objects.exists()


def test_an_edit_that_leaves_it_the_same_rule_does_not_fire_it_again(call, house):
    rule = made(call, low_p_per_kwh="5")
    running(house, 8, 8, 8)
    assert RuleCrossing.objects.get().active

    call("patch", f"/api/rules/{rule['id']}", {"priority": 3, "low_p_per_kwh": "5"})
    house.tick()

    assert AuditEntry.objects.filter(action="rule.fire").count() == 1
    assert AuditEntry.objects.get(action="rule.edit").after["priority"] == 3


def test_a_rule_edited_while_it_holds_acts_anew(call, house):
    rule = made(call, action="mode", mode="eco", cooldown_minutes=60)
    running(house, 8, 8, 8)
    assert house.fresh().newest.mode == "eco"

    call("patch", f"/api/rules/{rule['id']}", {"action": "off"})
    house.pass_minutes(1)
    assert house.fresh().newest.paused is True

    call("patch", f"/api/rules/{rule['id']}", {"priority": 3})
    house.pass_minutes(1)
    assert AuditEntry.objects.filter(action="rule.fire").count() == 2, "its place alone makes it no other rule"

    call("patch", f"/api/rules/{rule['id']}", {"low_p_per_kwh": 20})
    house.pass_minutes(1)
    assert house.fresh().newest.paused is False


def test_a_rule_switched_off_lets_go_and_on_again_fires_anew(call, house):
    rule = made(call)
    running(house, 8, 8, 8)
    call("patch", f"/api/rules/{rule['id']}", {"enabled": False})
    house.pass_minutes(1)
    assert house.fresh().newest.paused is False
    assert call("get", "/api/rules").json()[0]["state"] == "off"

    call("patch", f"/api/rules/{rule['id']}", {"enabled": True})
    house.pass_minutes(1)
    assert house.fresh().newest.paused is True


def test_conflicts_are_shown_at_both_rules(call, house):
    made(call, name="First", priority=1, action="mode", mode="eco")
    made(call, name="Second", priority=2)
    running(house, 8, 8, 8, 8)
    shown = call("get", "/api/rules").json()

    assert [item["state"] for item in shown] == ["holds", "overruled"]
    assert shown[1]["words"] == "Rule “First” comes first: at most eco."
    assert shown[0]["conflicts"] == ["Contradicts “Second” and decides first where both hold."]
    assert shown[1]["conflicts"] == ["Contradicted by “First”, which decides first where both hold."]


def test_a_cooldown_is_shown_with_its_end(call, house):
    made(call, cooldown_minutes=120)
    running(house, 8, 2, 8, 8)
    house.jump(30)
    house.jump(30)
    (standing,) = standings(house.now)

    assert standing.state == "cooling"
    assert standing.words.startswith("Its trigger holds; it fires again from")
    assert standing.cooling_until is not None
