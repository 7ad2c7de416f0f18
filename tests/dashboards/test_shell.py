"""What every page has around its content: the bell, the banner, what installs."""

import json
import re

import pytest
from django.urls import reverse

from hmm.clock import now as read_clock
from notifications.models import Severity
from notifications.services import close_incident, open_incident
from strategy.services.switches import set_enabled, set_override

HTMX = {"HX-Request": "true"}

pytestmark = pytest.mark.django_db


def problem(name, severity=Severity.WARNING):
    open_incident(
        kind="miner.unreachable",
        subject=f"miner:{name}",
        label=name,
        severity=severity,
        title="unreachable",
        detail="No answer.",
        now=read_clock(),
    )


def shell(client):
    return client.get(reverse("activity")).context["shell"]


def test_a_problem_is_unread_until_its_person_looked(keeper, viewer):
    problem("Attic")

    assert (shell(keeper).problem_count, shell(keeper).unread_count) == (1, 1)
    keeper.post(reverse("bell-read"), headers={"HX-Request": "true"})
    assert (shell(keeper).problem_count, shell(keeper).unread_count) == (1, 0)
    assert shell(viewer).unread_count == 1
    problem("Shed")
    assert (shell(keeper).problem_count, shell(keeper).unread_count) == (2, 1)


def test_the_panel_lists_the_open_ones_worst_first(keeper):
    problem("Attic")
    problem("Shed", Severity.CRITICAL)
    problem("Porch")
    close_incident(kind="miner.unreachable", subject="miner:Porch", now=read_clock())

    assert [one.label for one in shell(keeper).problems] == ["Shed", "Attic"]


def test_every_count_of_problems_comes_with_the_panel(keeper):
    problem("Attic")
    answer = keeper.get(reverse("bell"), headers=HTMX).content.decode()

    for name in ("bell-count", "nav-problems", "bar-problems"):
        assert re.search(rf'id="{name}" hx-swap-oob="true"', answer)


def test_without_scripts_the_bell_is_read_by_a_button(keeper):
    problem("Attic")

    answer = keeper.post(reverse("bell-read"), {"back": "/miners/"})
    away = keeper.post(reverse("bell-read"), {"back": "https://elsewhere.example/"})

    assert answer["Location"] == "/miners/"
    assert away["Location"] == "/"


def test_the_banner_is_a_fragment_with_the_way_back_for_who_may(keeper, viewer):
    set_enabled(True, actor="keeper")
    set_override("off", actor="keeper", now=read_clock())

    mine = keeper.get(reverse("shell-banner"), headers=HTMX).content.decode()
    theirs = viewer.get(reverse("shell-banner"), headers=HTMX).content.decode()

    assert "Forced off" in mine
    assert "Forced off" in theirs
    assert "Back to auto" in mine
    assert "Back to auto" not in theirs
    assert 'id="shell-foot" hx-swap-oob="true"' in mine


def test_the_product_can_be_installed(client):
    words = json.loads(client.get(reverse("manifest")).content)

    assert words["start_url"] == "/"
    assert words["display"] == "standalone"
    assert {icon["sizes"] for icon in words["icons"]} == {"192x192", "512x512"}
    assert "maskable" in {icon["purpose"] for icon in words["icons"]}


def test_the_worker_comes_from_the_root_and_keeps_one_page(client):
    answer = client.get("/sw.js")

    assert answer["Content-Type"].startswith("text/javascript")
    assert '"/offline/"' in answer.content.decode()
    assert "{%" not in answer.content.decode()


def test_the_page_without_a_connection_says_nothing_of_the_house(client, miner):
    answer = client.get(reverse("offline")).content.decode()

    assert "No connection to your house" in answer
    assert "Attic" not in answer
