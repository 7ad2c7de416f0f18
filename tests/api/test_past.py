"""The past over REST: prices, ledger, readings, commands and acts, in pages of bounded length."""

from datetime import timedelta

import pytest

from energy.models import LedgerEntry, SettlementPeriod
from hmm.clock import now as read_clock
from miners.models import Command, FiveMinuteMean, TelemetryReading
from strategy.models import StrategyState
from tests.strategy.conftest import house  # noqa: F401  # a fixture

STRATEGY = "/api/settings/price-band-strategy"


def items(answer):
    assert answer.status_code == 200, answer.content
    return answer.json()["items"]


def test_prices_that_are_kept_come_oldest_first(filled, reader):
    found = items(reader("get", "/api/energy/prices"))

    assert [row["price_p_per_kwh"] for row in found] == ["9.000000", "9.000000", "25.000000", "3.000000"]
    assert found == sorted(found, key=lambda row: row["starts_at"])


def test_a_stretch_of_prices_is_half_open(filled, reader):
    second = SettlementPeriod.objects.order_by("starts_at")[1]

    found = items(
        reader("get", "/api/energy/prices", since=second.starts_at.isoformat(), until=second.ends_at.isoformat())
    )

    assert [row["starts_at"] for row in found] == [second.starts_at.isoformat().replace("+00:00", "Z")]


def test_the_ledger_is_told_to_the_last_digit(filled, reader):
    rows = list(LedgerEntry.objects.order_by("starts_at"))

    found = items(reader("get", "/api/energy/ledger", miner_id=filled.miner.pk))

    assert [row["energy_kwh"] for row in found] == [f"{row.energy_kwh:f}" for row in rows]
    assert rows


def test_pages_of_the_ledger_add_up(filled, reader):
    whole = items(reader("get", "/api/energy/prices"))

    parts = [items(reader("get", "/api/energy/prices", limit=3, offset=offset)) for offset in (0, 3)]

    assert [row for part in parts for row in part] == whole


def test_readings_and_means_are_those_of_the_table(filled, reader):
    path = f"/api/miners/{filled.miner.pk}"

    assert len(items(reader("get", f"{path}/readings"))) == TelemetryReading.objects.count() > 0
    means = items(reader("get", f"{path}/means"))
    assert len(means) == FiveMinuteMean.objects.count() > 0
    assert means[0]["hashrate_ths"] == FiveMinuteMean.objects.order_by("starts_at")[0].mean("hashrate_ths")
    assert items(reader("get", f"{path}/means", over="hour"))


def test_commands_tell_the_pool_and_never_the_wallet(filled, reader):
    found = items(reader("get", f"/api/miners/{filled.miner.pk}/commands"))

    assert len(found) == Command.objects.count() > 0
    pools = [row["value"] for row in found if row["kind"] == "pool"]
    assert [sorted(value) for value in pools] == [["host", "label", "pool_id", "port"]]
    assert "wallet" not in str(found)


def test_a_command_is_given_and_proven_by_readings(filled, control):
    answer = control("post", f"/api/miners/{filled.miner.pk}/commands", {"kind": "fan", "value": "70"})

    assert answer.status_code == 202
    assert answer.json()["command"]["status"] == "wanted"
    assert answer.json()["command"]["actor"] == "api:control script"


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "explode"},
        {"kind": "fan", "value": "1000"},
        {"kind": "tuning", "value": "9000 9000"},
        {"kind": "pool", "value": "99999999999999999999"},
        {"kind": "mode", "value": "warp"},
        {"kind": "power", "value": "\x00"},
    ],
)
def test_an_impossible_command_is_refused_in_words(filled, control, body):
    before = Command.objects.count()

    answer = control("post", f"/api/miners/{filled.miner.pk}/commands", body)

    assert answer.status_code == 422, answer.content
    assert answer.json()["detail"]
    assert Command.objects.count() == before


def test_who_may_only_read_commands_nothing(filled, reader):
    path = f"/api/miners/{filled.miner.pk}"

    assert reader("post", f"{path}/commands", {"kind": "restart"}).status_code == 403
    assert reader("delete", path).status_code == 403
    assert reader("put", f"{STRATEGY}/override", {"kind": "off"}).status_code == 403


def test_a_decision_of_the_activity_can_be_downloaded(filled, reader):
    acts = items(reader("get", "/api/activity", action="strategy.transition"))

    assert acts[0]["has_situation"]
    situation = reader("get", f"/api/activity/{acts[0]['id']}/situation").json()

    assert {"now", "bands", "prices"} <= set(situation)


def test_an_act_without_a_decision_has_none_to_download(filled, reader):
    other = items(reader("get", "/api/activity", action="miner.add"))[0]

    assert reader("get", f"/api/activity/{other['id']}/situation").status_code == 404
    assert not other["has_situation"]


@pytest.mark.parametrize("query", [{"since": "yesterday"}, {"since": "2026-01-01T00:00:00"}, {"limit": "0"}])
def test_a_question_that_cannot_be_meant_is_refused_at_the_field(reader, query):
    answer = reader("get", "/api/energy/prices", **query)

    assert answer.status_code == 422
    assert set(answer.json()["fields"]) == set(query)


def test_an_override_whose_end_has_passed_is_none(filled, reader):
    """Prices rule again, and the API said that the fleet was forced on."""
    past = read_clock() - timedelta(minutes=1)
    StrategyState.objects.update_or_create(
        pk=1, defaults={"override_kind": "on", "override_band": 2, "override_until": past, "override_by": "keeper"}
    )

    told = reader("get", f"{STRATEGY}/override").json()

    assert told == {"kind": "auto", "band": None, "until": None, "by": "", "since": None}
    assert reader("get", STRATEGY).json()["override"] == {"kind": "auto", "band": None, "until": None}


def test_the_override_is_set_and_taken_back(filled, control):
    until = (filled.now + timedelta(hours=1)).isoformat()

    forced = control("put", f"{STRATEGY}/override", {"kind": "off", "until": until}).json()
    back = control("put", f"{STRATEGY}/override", {"kind": "auto"}).json()

    assert (forced["kind"], forced["by"]) == ("off", "api:control script")
    assert back["kind"] == "auto"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"kind": "sideways"}, "kind"),
        ({"kind": "on", "band": 99}, "band"),
        ({"kind": "off", "until": "2001-01-01T00:00:00Z"}, "until"),
    ],
)
def test_an_impossible_override_is_refused_at_the_field(filled, control, body, field):
    answer = control("put", f"{STRATEGY}/override", body)

    assert answer.status_code == 422
    assert field in "".join(answer.json()["fields"])


def test_bands_are_added_and_removed(filled, control):
    before = control("get", f"{STRATEGY}/bands").json()

    more = control("post", f"{STRATEGY}/bands")
    fewer = control("delete", f"{STRATEGY}/bands/{more.json()[0]['id']}")
    again = control("delete", f"{STRATEGY}/bands/{more.json()[0]['id']}")
    old = control("patch", f"{STRATEGY}/bands/{more.json()[3]['id']}", {"target_coin": "BTC"})

    assert more.status_code == 201
    for answer in (again, old):
        assert (answer.status_code, list(answer.json()["fields"])) == (422, ["band_id"])
    assert len(more.json()) == len(before) + 1
    assert len(fewer.json()) == len(before)


def test_a_field_no_band_has_is_refused_and_a_whole_band_is_taken_back(filled, control):
    band = control("get", f"{STRATEGY}/bands").json()[2]
    address = f"{STRATEGY}/bands/{band['id']}"
    wrong = control("patch", address, {"bitaxe_mod": "eco", "target_coin": "BCH"})
    whole = control("patch", address, {**band, "target_coin": "BCH"})

    assert (wrong.status_code, list(wrong.json()["fields"])) == (422, ["bitaxe_mod"])
    assert (whole.status_code, whole.json()["target_coin"]) == (200, "BCH")


def test_a_miner_is_added_in_the_background_and_forgotten(filled, control):
    added = control("post", "/api/miners", {"address": "192.168.1.77"})
    refused = control("post", "/api/miners", {"address": "8.8.8.8"})

    assert added.status_code == 202
    assert refused.status_code == 422
    assert control("delete", f"/api/miners/{filled.miner.pk}").status_code == 204
    assert control("get", f"/api/miners/{filled.miner.pk}").status_code == 404
    assert LedgerEntry.objects.exists(), "its costs stay"


def test_totals_come_as_json_and_as_the_same_csv(reader, filled):
    rows = reader("get", "/api/energy/totals", by="miner").json()
    text = reader("get", "/api/energy/totals.csv", by="miner").content.decode().splitlines()

    assert len(rows) == len(text) - 1 == 1
    assert text[1].split(",")[3] == rows[0]["cost_p"]
    assert reader("get", "/api/energy/totals", by="moon").status_code == 422
