import logging

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from hmm.accounts.access import role_of
from hmm.audit.models import AuditEntry

pytestmark = pytest.mark.django_db

PASSWORD = "a long pass phrase"


@pytest.fixture
def keeper(client):
    client.force_login(User.objects.create_superuser("keeper", password=PASSWORD))
    return client


def sign_in(client, password, name="keeper", **extra):
    return client.post("/login/", {"username": name, "password": password}, **extra)


def test_signing_in_leads_where_one_was_going(client):
    User.objects.create_user("keeper", password=PASSWORD)

    answer = client.post("/login/", {"username": "keeper", "password": PASSWORD, "next": "/miners/"})

    assert answer.status_code == 302
    assert answer["Location"] == "/miners/"


def test_signing_in_never_leads_to_another_site(client):
    User.objects.create_user("keeper", password=PASSWORD)

    answer = client.post("/login/", {"username": "keeper", "password": PASSWORD, "next": "https://evil.example/"})

    assert answer["Location"] == "/"


def test_a_wrong_password_is_told_and_the_name_stays(client):
    User.objects.create_user("keeper", password=PASSWORD)

    answer = sign_in(client, "wrong")

    assert answer.status_code == 422
    assert 'value="keeper"' in answer.content.decode()
    assert "wrong" not in answer.content.decode()


def test_ten_wrong_tries_lock_a_name_at_an_address_and_say_for_how_long(client):
    User.objects.create_user("keeper", password=PASSWORD)
    User.objects.create_user("other", password=PASSWORD)

    tries = [sign_in(client, "wrong").status_code for _ in range(10)]
    locked = sign_in(client, PASSWORD)

    assert tries[:9] == [422] * 9
    assert locked.status_code == 429
    assert "15 minutes" in locked.content.decode()
    assert sign_in(Client(), PASSWORD, REMOTE_ADDR="192.168.1.9").status_code == 302
    assert sign_in(Client(), PASSWORD, name="other").status_code == 302


def test_passwords_never_reach_the_logs(client, caplog):
    caplog.set_level(logging.DEBUG)
    User.objects.create_user("keeper", password=PASSWORD)

    sign_in(client, "wrong pass phrase 4711")
    sign_in(client, PASSWORD)

    assert "4711" not in caplog.text
    assert PASSWORD not in caplog.text


def test_a_first_visitor_is_told_of_the_set_up_link(client):
    assert "setup_link" in client.get("/login/").content.decode()


def test_signing_out_takes_a_post(keeper):
    assert keeper.get("/logout/")["Location"] == "/"
    assert keeper.get("/").status_code == 200, "looking at the address signs nobody out"
    assert keeper.post("/logout/").status_code == 302
    assert keeper.get("/").status_code == 302


def test_a_password_is_changed_and_the_log_tells_who_but_not_what(keeper):
    new = "quite another phrase"
    typed = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}

    assert keeper.post("/password/", {**typed, "old_password": "no"}).status_code == 422
    assert keeper.post("/password/", typed).status_code == 302

    assert User.objects.get().check_password(new)
    entry = AuditEntry.objects.get(action="account.password")
    assert entry.actor == "keeper"
    assert new not in str(entry.__dict__)
    assert keeper.get("/").status_code == 200


@pytest.mark.parametrize(("role", "enters"), [("viewer", False), ("operator", False), ("admin", True)])
def test_a_person_is_added_with_a_role(keeper, role, enters):
    typed = {"username": "robin", "password1": PASSWORD, "password2": PASSWORD, "role": role}

    assert keeper.post(reverse("person-add"), typed).status_code == 302

    robin = User.objects.get(username="robin")
    assert role_of(robin) == role
    assert robin.is_staff == enters
    assert AuditEntry.objects.get(action="account.add").after == {"role": role}


def test_a_password_that_is_too_simple_is_refused_at_the_field(keeper):
    typed = {"username": "robin", "password1": "short", "password2": "short", "role": "viewer"}

    answer = keeper.post(reverse("person-add"), typed)

    assert answer.status_code == 422
    assert "at least 10 characters" in answer.content.decode()
    assert not User.objects.filter(username="robin").exists()


def test_an_error_is_tied_to_its_field(keeper):
    answer = keeper.post(reverse("person-add"), {"username": "", "role": "viewer"}).content.decode()

    name = answer.split('name="username"')[1].split(">")[0]
    tied = name.split('aria-describedby="')[1].split('"')[0].split()
    assert 'aria-invalid="true"' in name
    assert any(f'id="{label}"' in answer and "error" in label for label in tied)


def test_people_and_tokens_are_for_the_role_admin(client):
    client.force_login(User.objects.create_user("guest"))

    assert client.get(reverse("settings")).status_code == 200
    assert client.get(reverse("person-add")).status_code == 403
    assert client.post(reverse("token-add"), {"name": "x", "scope": "admin"}).status_code == 403


def test_a_changed_role_in_the_administration_is_audited_and_the_password_is_not_shown(keeper):
    guest = User.objects.create_user("guest", password=PASSWORD)
    typed = {
        "username": "guest",
        "is_active": "on",
        "groups": ["1"],
        "date_joined_0": "2026-01-01",
        "date_joined_1": "00:00",
    }

    answer = keeper.post(f"/admin/auth/user/{guest.pk}/change/", typed)

    assert answer.status_code == 302
    entries = AuditEntry.objects.filter(action="user.edit", actor="keeper")
    assert any("groups" in (entry.after or {}) for entry in entries)
    assert not any("md5" in str(entry.before) + str(entry.after) for entry in entries)
