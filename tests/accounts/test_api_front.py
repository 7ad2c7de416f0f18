"""Whoever refuses a call of the API, it is told in one form; a script that ran wild is slowed down."""

import pytest
from django.contrib.auth.models import User
from django.test import Client, override_settings

from hmm.accounts import limits
from hmm.accounts.services import create_token
from hmm.clock import now
from miners.models import Miner

pytestmark = pytest.mark.django_db

MEMORY = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "api-front"}}


@pytest.fixture
def headers():
    _row, text = create_token(name="shed", scope="admin", actor="keeper", now=now())
    return {"Authorization": f"Bearer {text}"}


@pytest.fixture
def counted(settings):
    """Count in memory, in a minute that does not end while the test runs."""
    settings.CACHES = MEMORY
    limits.cache.clear()
    yield
    limits.cache.clear()


def is_in_the_form(answer):
    body = answer.json()
    return set(body) == {"detail", "fields"} and isinstance(body["detail"], str) and isinstance(body["fields"], dict)


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("get", "/api/nothing", None, 404),
        ("get", "/api/miners/1", None, 404),
        ("get", "/api/miners/99999999999999999999999", None, 404),
        ("get", "/api/miners/word", None, 422),
        ("delete", "/api/energy/forecast", None, 405),
        ("put", "/api/miners", "{}", 405),
        ("patch", "/api/settings/price-band-strategy/bands/1", "{not json", 400),
        ("patch", "/api/settings/price-band-strategy/bands/1", "[" * 100_000, 400),
        ("patch", "/api/settings/price-band-strategy/bands/1", '{"ceiling_p_per_kwh": NaN}', 422),
        ("patch", "/api/settings/price-band-strategy/bands/1", '{"ceiling_p_per_kwh": 1e999}', 422),
        ("patch", "/api/settings/price-band-strategy/bands/1", '{"champion_only": []}', 422),
        ("patch", "/api/settings/price-band-strategy/bands/1", "7", 422),
    ],
)
def test_every_refusal_has_one_form(client, headers, method, path, body, status):
    sent = {} if body is None else {"data": body, "content_type": "application/json"}

    answer = getattr(client, method)(path, headers=headers, **sent)

    assert answer.status_code == status, answer.content
    assert is_in_the_form(answer)


def test_a_fault_of_ours_is_told_in_the_form_and_kept_in_the_log(client, headers, monkeypatch, caplog):
    def burst(*_arguments):
        raise RuntimeError("a wall")

    monkeypatch.setattr(type(Miner.objects), "for_tiles", burst)

    answer = client.get("/api/miners", headers=headers)

    assert answer.status_code == 500
    assert is_in_the_form(answer)
    assert "a wall" not in answer.content.decode()
    assert "a wall" in caplog.text


def test_a_slash_at_the_end_is_the_same_address(client, headers):
    assert client.get("/api/miners/", headers=headers).json() == client.get("/api/miners", headers=headers).json()


def test_a_session_without_the_csrf_token_is_refused_in_the_form():
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(User.objects.create_superuser("keeper"))

    answer = browser.post("/api/settings/price-band-strategy/enable")

    assert answer.status_code == 403
    assert is_in_the_form(answer)


def test_one_call_too_many_is_told_when_to_come_back(client, headers, counted, monkeypatch):
    monkeypatch.setattr(limits, "WINDOW_S", 10**9)

    with override_settings(HMM_API_CALLS_PER_MINUTE=10):
        codes = [client.get("/api/miners", headers=headers).status_code for _call in range(12)]
        last = client.get("/api/miners", headers=headers)

    assert codes == [200] * 10 + [429] * 2
    assert int(last["Retry-After"]) > 0
    assert is_in_the_form(last)


def test_each_caller_has_a_count_of_its_own(client, headers, counted, monkeypatch):
    monkeypatch.setattr(limits, "WINDOW_S", 10**9)
    _row, other = create_token(name="porch", scope="read", actor="keeper", now=now())

    with override_settings(HMM_API_CALLS_PER_MINUTE=10):
        for _call in range(11):
            client.get("/api/miners", headers=headers)

        assert client.get("/api/miners", headers={"Authorization": f"Bearer {other}"}).status_code == 200


def test_a_stranger_who_goes_on_asking_is_slowed_down(client, counted, monkeypatch):
    monkeypatch.setattr(limits, "WINDOW_S", 10**9)
    monkeypatch.setattr(limits, "STRANGERS_PER_MINUTE", 3)

    codes = [client.get("/api/miners").status_code for _call in range(5)]

    assert codes == [401, 401, 401, 429, 429]


def test_without_redis_nobody_is_shut_out(client, headers, settings):
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1/0"}
    }

    assert client.get("/api/miners", headers=headers).status_code == 200


def test_the_description_can_be_tried_out_from_files_of_our_own(client):
    client.force_login(User.objects.create_superuser("keeper"))

    page = client.get("/docs").content.decode()

    assert "/static/ninja/swagger-ui-bundle.js" in page
    assert "/api/openapi.json" in page
    assert "http://" not in page
    assert "https://" not in page


@pytest.mark.parametrize("path", ["/docs", "/api/openapi.json"])
def test_the_description_is_not_for_strangers(client, path):
    assert client.get(path).status_code in {302, 401}
