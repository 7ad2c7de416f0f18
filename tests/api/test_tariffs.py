"""Tariffs by script: chosen, renamed, chosen again; what past costs rest on stays."""

from datetime import timedelta

import pytest

from energy.models import SettlementPeriod, Tariff
from hmm.audit.models import AuditEntry
from hmm.clock import now

pytestmark = pytest.mark.django_db
PATH = "/api/energy/tariffs"
FLAT = {"kind": "flat", "config": {"price_p_per_kwh": "24.5"}}


def test_a_tariff_is_chosen_renamed_and_chosen_again(control):
    first = control("post", PATH, FLAT).json()
    second = control("post", PATH, {**FLAT, "name": "Dear", "config": {"price_p_per_kwh": "40"}}).json()

    assert [row["name"] for row in control("get", PATH).json()["items"]] == ["Dear", "One price at any time"]
    assert control("patch", f"{PATH}/{first['id']}", {"name": "Fixed"}).json()["name"] == "Fixed"
    assert control("post", f"{PATH}/{first['id']}/activate").json()["active"] is True
    assert control("get", f"{PATH}/{second['id']}").json()["active"] is False
    assert AuditEntry.objects.filter(action__startswith="tariff.", actor="api:control script").count() == 4


def test_a_wrong_setting_is_named(control):
    answer = control("post", PATH, {"kind": "flat", "config": {"price_p_per_kwh": "cheap"}})

    assert answer.status_code == 422
    assert "is no price" in answer.json()["fields"]["price_p_per_kwh"]
    assert control("post", PATH, {"kind": "nonsense"}).json()["fields"].keys() == {"kind"}
    assert not Tariff.objects.exists()


def test_only_a_tariff_that_was_never_used_is_removed(control):
    first = control("post", PATH, FLAT).json()["id"]
    used = control("post", PATH, {**FLAT, "config": {"price_p_per_kwh": "1"}}).json()["id"]
    SettlementPeriod.objects.create(
        tariff_id=used, starts_at=now(), ends_at=now() + timedelta(hours=1), price_p_per_kwh=1, fetched_at=now()
    )

    assert "Choose another" in control("delete", f"{PATH}/{used}").json()["detail"]
    assert control("delete", f"{PATH}/{first}").status_code == 204
    control("post", PATH, {**FLAT, "config": {"price_p_per_kwh": "2"}})
    assert "past costs" in control("delete", f"{PATH}/{used}").json()["detail"]
    assert control("delete", f"{PATH}/{first}").status_code == 404


def test_a_reader_sees_kinds_and_chooses_nothing(reader):
    kinds = {row["kind"]: row for row in reader("get", f"{PATH}/kinds").json()["kinds"]}

    assert {"octopus_agile", "time_of_use", "flat", "csv"} <= set(kinds)
    assert [row["name"] for row in kinds["time_of_use"]["settings"]][:2] == ["price_p_per_kwh", "hours"]
    assert reader("post", PATH, FLAT).status_code == 403
