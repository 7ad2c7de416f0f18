"""What is open without an account: the login, the set-up link, the health check, what installs. Nothing else."""

import re

import pytest
from django.contrib.auth.models import Group, User
from django.urls import URLPattern, URLResolver, get_resolver

pytestmark = pytest.mark.django_db

OPEN = {"/login/", "/healthz", "/setup/x/", "/manifest.webmanifest", "/sw.js", "/offline/"}
ARGUMENTS = {"int": "1", "str": "x", "slug": "x", "path": "x", "uuid": "00000000-0000-0000-0000-000000000000"}


def addresses(resolver, prefix="/"):
    """Yield an example address of every pattern the product answers to."""
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from addresses(entry, prefix + example(entry.pattern))
        elif isinstance(entry, URLPattern):
            yield prefix + example(entry.pattern)


def example(pattern):
    text = re.sub(r"<(?:(\w+):)?\w+>", lambda found: ARGUMENTS[found[1] or "str"], str(pattern))
    text = re.sub(r"\(\?P<\w+>[^)]*\)\+?|\(\?P<\w+>.*?\)", "x", text)
    return text.lstrip("^").removesuffix("$").removesuffix("\\Z")


def is_refused(answer):
    """Tell whether a stranger was sent away and shown nothing."""
    if answer.status_code == 302:
        return "/login/" in answer["Location"] or "/admin/login/" in answer["Location"]
    return answer.status_code in {401, 403, 404, 405}


@pytest.mark.parametrize("method", ["get", "post"])
def test_every_address_of_the_product_asks_a_stranger_to_sign_in(client, method):
    found = sorted(set(addresses(get_resolver())))

    opened = {address for address in found if not is_refused(getattr(client, method)(address))}

    assert len(found) > 60
    assert opened <= OPEN


def test_a_fragment_that_asks_after_the_session_ended_sends_the_page_to_the_login(client):
    answer = client.get(
        "/home/hero/", headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/miners/?q=a"}
    )

    assert answer["HX-Redirect"] == "/login/?next=/miners/"


def test_a_person_without_the_role_is_refused_the_administration_without_a_loop(client):
    client.force_login(User.objects.create_user("guest"))

    assert client.get("/admin/", follow=True).status_code == 403


def test_who_has_the_role_admin_may_use_the_administration(client):
    keeper = User.objects.create_user("keeper", is_staff=True)
    keeper.groups.add(Group.objects.get(name="admin"))
    client.force_login(keeper)

    assert client.get("/admin/").status_code == 200
    assert client.get("/admin/audit/auditentry/").status_code == 200
    assert client.get("/admin/auth/user/").status_code == 200


@pytest.mark.parametrize("role", ["viewer", "operator"])
def test_only_the_role_admin_carries_permissions(role):
    person = User.objects.create_user("somebody", is_staff=True)
    person.groups.add(Group.objects.get(name=role))

    assert not person.has_perm("pools.change_pool")


def test_the_api_refuses_a_stranger_in_its_own_form(client):
    answer = client.get("/api/miners")

    assert answer.status_code == 401
    assert set(answer.json()) == {"detail", "fields"}
