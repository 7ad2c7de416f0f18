"""The activity page as a browser asks for it."""

import csv
import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from hmm.audit.contexts import PAGE, row_of
from hmm.audit.models import AuditEntry
from hmm.audit.services import record
from hmm.audit.verbs import VERBS
from hmm.clock import now
from miners.models import Miner
from pools.models import Pool
from tests.captures import ROOT

pytestmark = pytest.mark.django_db

ACTIVITY = "/activity/"
APPS = ("hmm", "miners", "energy", "pools", "strategy", "notifications")
SOURCES = [path for app in APPS for path in (ROOT / app).rglob("*.py") if "record(" in path.read_text("utf-8")]


@pytest.fixture
def keeper(client):
    client.force_login(User.objects.create_superuser("keeper"))
    return client


def reasons(answer):
    return [row.reason for day in answer.context["days"] for row in day.rows]


def test_the_number_of_queries_does_not_grow_with_the_stream(keeper):
    def queries():
        with CaptureQueriesContext(connection) as caught:
            keeper.get(ACTIVITY)
        return len(caught)

    keeper.get(ACTIVITY)
    for number in range(2):
        record(actor="keeper", action="band.edit", reason=str(number))
    few = queries()
    for number in range(20):
        record(actor="strategy", action="miner.mode", reason=str(number))

    assert queries() == few


def test_older_leads_through_the_whole_stream_without_javascript(keeper):
    start = now()
    for number in range(PAGE * 2 + 5):
        record(actor="keeper", action="band.edit", reason=str(number), at=start - timedelta(minutes=number // 3))

    seen, query = [], ""
    while True:
        answer = keeper.get(f"{ACTIVITY}?{query}")
        seen += reasons(answer)
        query = answer.context["older"]
        if not query:
            break

    assert len(seen) == PAGE * 2 + 5
    assert len(set(seen)) == len(seen)


def test_a_row_written_for_an_earlier_moment_stands_where_it_belongs(keeper):
    record(actor="strategy", action="strategy.transition", reason="today")
    record(actor="strategy", action="strategy.transition", reason="earlier", at=now() - timedelta(days=2))
    record(actor="strategy", action="strategy.transition", reason="latest")

    answer = keeper.get(ACTIVITY)

    assert reasons(answer) == ["latest", "today", "earlier"]
    assert len(answer.context["days"]) == 2


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"q": "attic turbo"}, ["attic to turbo"]),
        ({"actor": "strategy"}, ["band 3"]),
        ({"action": "miner.mode"}, ["attic to turbo"]),
        ({"outcome": "failed"}, ["attic to turbo"]),
        ({"from": "2026-06-02"}, ["band 3"]),
        ({"to": "2026-06-01"}, ["attic to turbo"]),
        ({"from": "2026-06-01", "to": "2026-06-02"}, ["band 3", "attic to turbo"]),
        ({"from": "nonsense", "to": "9999-12-31", "before": "²"}, ["band 3", "attic to turbo"]),
        ({"before": "999999"}, ["band 3", "attic to turbo"]),
        ({"q": "nothing"}, []),
    ],
)
def test_the_stream_is_filtered(keeper, query, expected):
    record(
        actor="keeper",
        action="miner.mode",
        reason="attic to turbo",
        outcome="failed",
        at=datetime(2026, 6, 1, 22, 30, tzinfo=UTC),
    )
    record(
        actor="strategy", action="strategy.transition", reason="band 3", at=datetime(2026, 6, 1, 23, 30, tzinfo=UTC)
    )

    assert reasons(keeper.get(ACTIVITY, query)) == expected


def test_a_fragment_is_the_list_alone(keeper):
    answer = keeper.get(ACTIVITY, headers={"HX-Request": "true"}).content.decode()

    assert answer.strip().startswith("<section")
    assert "activity-added from:body" in answer


def test_a_page_of_older_rows_stays_still(keeper):
    assert "activity-added" not in keeper.get(ACTIVITY, {"before": "5"}).content.decode()


def test_a_change_is_shown_as_old_and_new(keeper):
    record(actor="keeper", action="miner.mode", before={"mode": "eco", "same": 1}, after={"mode": "turbo", "same": 1})

    (row,) = keeper.get(ACTIVITY).context["days"][0].rows

    assert (row.old, row.new) == ("mode eco", "mode turbo")


def test_an_act_that_never_ended_is_visible(keeper):
    record(actor="strategy", action="miner.restart", outcome="started", at=now() - timedelta(hours=1))

    assert "Unfinished" in keeper.get(ACTIVITY).content.decode()


def test_hostile_text_stays_text(keeper):
    record(actor="<script>alert(1)</script>", action="x.<b>", reason="<img src=x onerror=alert(1)>")

    page = keeper.get(ACTIVITY, {"q": '"><script>alert(2)</script>'}).content.decode()
    page += keeper.get(ACTIVITY).content.decode()

    assert "<script>alert" not in page
    assert "<img src=x" not in page


def test_the_export_holds_the_chosen_rows_and_no_formulas(keeper):
    record(actor="keeper", action="band.edit", reason="=HYPERLINK(1)", after={"limit": "5"})
    record(actor="strategy", action="strategy.transition", reason="band 3")

    answer = keeper.get(reverse("activity-export"), {"actor": "keeper"})
    rows = list(csv.DictReader(b"".join(answer.streaming_content).decode().splitlines()))

    assert [(row["actor"], row["reason"]) for row in rows] == [("keeper", "'=HYPERLINK(1)")]
    assert json.loads(rows[0]["after"]) == {"limit": "5"}


def test_a_decision_can_be_taken_along(keeper):
    situation = {"now": "2026-06-01T00:00:00Z", "bands": [], "prices": []}
    entry = record(actor="strategy", action="strategy.transition", detail={"situation": situation})
    other = record(actor="keeper", action="band.edit", detail=["a list"])

    answer = keeper.get(reverse("activity-situation", args=[entry.pk]))

    assert json.loads(answer.content) == situation
    assert "attachment" in answer["Content-Disposition"]
    assert keeper.get(reverse("activity-situation", args=[other.pk])).status_code == 404


def test_numbers_that_json_lacks_and_secret_numbers_are_stored_as_words():
    record(actor="keeper", action="x", after={"hashrate_ths": float("nan"), "otp": 123456})

    assert AuditEntry.objects.get().after == {"hashrate_ths": "nan", "otp": "stored"}


def test_the_log_cannot_be_changed_in_the_administration(keeper):
    entry = record(actor="keeper", action="band.edit")

    assert keeper.get("/admin/audit/auditentry/?actor=keeper&q=band").status_code == 200
    assert keeper.post(f"/admin/audit/auditentry/{entry.pk}/delete/", {"post": "yes"}).status_code == 403
    assert keeper.post(f"/admin/audit/auditentry/{entry.pk}/change/", {"actor": "x"}).status_code == 403
    assert keeper.get("/admin/audit/auditentry/add/").status_code == 403


def test_a_stored_secret_is_not_shown_in_the_administration(keeper):
    pool = Pool.objects.create(
        name="Solo", coin="BTC", host="pool.example.net", port=3333, wallet="w", password="hunter2-4711"
    )

    assert "hunter2-4711" not in keeper.get(f"/admin/pools/pool/{pool.pk}/change/").content.decode()
    assert "hunter2-4711" not in keeper.get("/admin/pools/pool/").content.decode()


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("", {"mode", "band", "pool", "refused"}),
        ("problems", {"refused"}),
        ("strategy", {"band"}),
        ("commands", {"mode", "refused"}),
        ("people", {"band", "pool"}),
        ("settings", {"pool"}),
        ("nonsense", {"mode", "band", "pool", "refused"}),
    ],
)
def test_the_stream_is_sorted_by_what_one_looks_for(keeper, sort, expected):
    record(actor="strategy", action="miner.mode", reason="mode")
    record(actor="keeper", action="band.edit", reason="band")
    record(actor="keeper", action="pool.add", reason="pool")
    record(actor="strategy", action="miner.pool", reason="refused", outcome="refused")

    assert set(reasons(keeper.get(ACTIVITY, {"sort": sort}))) == expected


def test_a_row_leads_to_its_miner_unless_that_is_gone(keeper):
    miner = Miner.objects.create(
        name="Attic", kind="bitaxe", host="192.168.7.3", port=80, trust="full", poll_due_at=now()
    )
    record(actor="keeper", action="miner.edit", target=miner)
    record(actor="keeper", action="miner.remove", target=miner)

    rows = keeper.get(ACTIVITY).context["days"][0].rows

    assert [bool(row.url) for row in rows] == [False, True]


def test_a_filter_that_leaves_nothing_can_be_cleared(keeper):
    record(actor="keeper", action="band.edit")

    assert "Clear the filter" in keeper.get(ACTIVITY, {"q": "zebra"}).content.decode()


@pytest.mark.parametrize(
    ("before", "after", "verb", "change"),
    [
        ({"band": 4, "target": "DGB"}, {"band": 3, "target": "BTC_POOLED"}, "Band 4 → 3", ("DGB", "BTC pooled")),
        ({"band": 5, "target": "DGB"}, {"band": 4, "target": "DGB"}, "Band 5 → 4", None),
        ({"band": None, "target": None}, {"band": 3, "target": "BCH"}, "Band 3", ("", "BCH")),
        ({"band": 3, "target": "BCH"}, {"band": None, "target": "OFF"}, "Band 3 → none", ("BCH", "OFF")),
    ],
)
def test_a_band_change_is_told_as_people_say_it(before, after, verb, change):
    row = row_of(record(actor="strategy", action="strategy.transition", before=before, after=after))

    assert row.verb == verb
    assert [(item.old, item.new) for item in row.changes] == ([change] if change else [])


@pytest.mark.parametrize("path", sorted(SOURCES), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_act_has_its_words(path):
    acts = re.findall(r'action="([a-z_]+\.[a-z_]+)"', path.read_text(encoding="utf-8"))

    assert [act for act in acts if act not in VERBS] == []
