import json
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from hmm.clock import now
from hmm.ops.health import health
from hmm.ops.heartbeats import beat

pytestmark = pytest.mark.django_db


def state(part, at):
    return next(found.state for found in health(at).parts if found.name == part)


@pytest.mark.parametrize(("age", "expected"), [(0, "ok"), (30, "ok"), (31, "late"), (-5, "ok")])
def test_a_part_is_late_after_three_missed_heartbeats(age, expected):
    at = now()
    beat("worker", now=at - timedelta(seconds=age))

    assert state("worker", at) == expected


def test_a_part_that_never_beat_is_missing():
    assert state("beat", now()) == "missing"


def test_listeners_are_not_missed_when_there_is_nothing_to_listen_to(monkeypatch):
    monkeypatch.setattr("hmm.ops.listeners.LISTENERS", {})

    assert state("listeners", now()) == "not needed"


def test_strangers_learn_only_that_the_pages_work():
    answer = Client().get("/healthz")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_people_who_are_signed_in_see_each_part():
    client = Client()
    client.force_login(
        get_user_model().objects.create_user("viewer"), backend="django.contrib.auth.backends.ModelBackend"
    )

    names = [part["name"] for part in client.get("/healthz").json()["parts"]]

    assert names == ["web", "database", "redis", "worker", "beat", "listeners", "backups"]


def test_503_without_a_database():
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ops_heartbeat RENAME TO ops_gone")

    answer = Client().get("/healthz")

    assert answer.status_code == 503


def test_the_doctor_prints_one_document_and_fails_when_something_is_wrong(capsys):
    with pytest.raises(SystemExit) as leaving:
        call_command("doctor", "--json")

    answer = json.loads(capsys.readouterr().out)
    assert leaving.value.code == 1
    assert not answer["ok"]
    assert {"data folder", "database", "worker", "beat"} <= {finding["name"] for finding in answer["findings"]}


def test_the_doctor_names_what_is_not_well(capsys):
    beat("beat", now=now())

    with pytest.raises(CommandError, match="worker"):
        call_command("doctor")

    assert "ok    beat" in capsys.readouterr().out


def test_alive_fails_for_a_part_without_a_heartbeat():
    with pytest.raises(CommandError, match="beat: missing"):
        call_command("alive", "beat")


@pytest.mark.parametrize("part", ["beat", "worker", "listeners"])
def test_alive_is_content_with_a_young_heartbeat(capsys, part):
    beat(part, now=now())

    call_command("alive", part)

    assert f"{part}: ok" in capsys.readouterr().out


def test_alive_fails_for_an_old_heartbeat():
    beat("listeners", now=now() - timedelta(minutes=1))

    with pytest.raises(CommandError, match="listeners: late"):
        call_command("alive", "listeners")
