from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import override_settings
from django.urls import reverse

from hmm.accounts.models import ApiToken
from hmm.accounts.services import authenticate_token, create_token, revoke_token
from hmm.audit.models import AuditEntry
from hmm.clock import now

pytestmark = pytest.mark.django_db


def test_only_the_digest_of_a_token_is_kept():
    row, text = create_token(name="shed", scope="read", actor="keeper", now=now())

    assert text not in str(ApiToken.objects.filter(pk=row.pk).values().get())
    assert text not in str(AuditEntry.objects.values().get())
    assert authenticate_token(text, now=now()) == ("shed", "read")


def test_a_revoked_token_is_refused():
    row, text = create_token(name="shed", scope="read", actor="keeper", now=now())

    revoke_token(row, actor="keeper")

    assert authenticate_token(text, now=now()) is None
    assert set(AuditEntry.objects.values_list("action", flat=True)) == {"api_token.add", "api_token.delete"}


def test_the_last_use_is_noted_at_most_once_a_minute():
    row, text = create_token(name="shed", scope="read", actor="keeper", now=now())
    moment = now()

    for later in (timedelta(), timedelta(seconds=30), timedelta(seconds=90)):
        authenticate_token(text, now=moment + later)

    assert ApiToken.objects.get(pk=row.pk).last_used_at == moment + timedelta(seconds=90)


def test_the_token_of_the_environment_counts_as_admin():
    with override_settings(HMM_API_KEY="a key of one's own"):
        assert authenticate_token("a key of one's own", now=now()) == ("environment", "admin")
        assert authenticate_token("ä", now=now()) is None


def test_an_empty_key_opens_nothing():
    assert authenticate_token("", now=now()) is None


def test_a_new_token_is_shown_once_and_not_kept_by_the_browser(client):
    client.force_login(User.objects.create_superuser("keeper"))

    made = client.post(reverse("token-add"), {"name": "shed", "scope": "read"})
    text = made.context["new_token"]

    assert made["Cache-Control"] == "no-store"
    assert text in made.content.decode()
    assert text not in client.get(reverse("settings")).content.decode()
    assert (
        "digest" not in client.get(f"/admin/accounts/apitoken/{ApiToken.objects.get().pk}/change/").content.decode()
    )


def test_two_tokens_of_one_name_are_refused_at_the_field(client):
    client.force_login(User.objects.create_superuser("keeper"))
    create_token(name="shed", scope="read", actor="keeper", now=now())

    answer = client.post(reverse("token-add"), {"name": "shed", "scope": "read"})

    assert answer.status_code == 422
    assert ApiToken.objects.count() == 1


def test_a_token_that_may_only_read_changes_nothing(client):
    _row, text = create_token(name="shed", scope="read", actor="keeper", now=now())
    headers = {"Authorization": f"Bearer {text}"}

    assert client.get("/api/miners", headers=headers).status_code == 200
    assert client.post("/api/settings/price-band-strategy/enable", headers=headers).status_code == 403
