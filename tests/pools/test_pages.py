from datetime import timedelta

import pytest
from django.urls import reverse

from hmm.clock import now as read_clock
from pools.addresses import is_address
from pools.backends.base import PoolReading, UnreachableError
from pools.backends.stratum.probe import Look
from pools.forms import PoolForm
from pools.models import Pool, PoolHealth
from pools.presets import PRESETS
from pools.services import save_pool
from pools.services.checking import record_failure, record_look, record_reading

WALLET = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"
pytestmark = pytest.mark.django_db


def make_pool(name: str = "Solo", **changes: object) -> Pool:
    values = {"name": name, "coin": "BTC", "host": "solo.example.net", "port": 3333, "wallet": WALLET, **changes}
    pool = save_pool(Pool(**values), actor="test", new_password="hunter2", new_token="token-4711")
    at = read_clock()
    record_look(pool, Look(outcome="ok", connect_ms=5, reply_ms=42), now=at)
    reading = PoolReading(hashrate_ths=1.2, workers_online=3, best_share=1.5e9, effort_percent=0.0042)
    for hours in (3, 2, 1):
        record_reading(pool, reading, now=at - timedelta(hours=hours))
    return pool


def test_the_page_shows_health_figures_and_their_age(viewer):
    make_pool()
    html = viewer.get(reverse("pools")).content.decode()
    for words in ("answers", "42 ms, good", "1.2", "3 online", "Work for BTC goes here", "old", "0.0042 %"):
        assert words in html
    assert "hunter2" not in html
    assert "4711" not in html


def test_statistics_that_failed_say_so_and_break_nothing(viewer):
    pool = make_pool(host="<b>evil</b>")
    record_failure(pool, UnreachableError("It is down <script>"), now=read_clock())
    html = viewer.get(reverse("pools")).content.decode()
    assert "Mining does not depend on them" in html
    assert "<script>" not in html.split("<main", 1)[1].split("</main>", 1)[0]
    assert "<b>evil" not in html


def test_the_page_takes_as_many_queries_for_ten_pools_as_for_two(viewer, django_assert_max_num_queries):
    for place in range(2):
        make_pool(f"Pool {place}")
    viewer.get(reverse("pools"))
    with django_assert_max_num_queries(60) as few:
        viewer.get(reverse("pools"))
    for place in range(2, 10):
        make_pool(f"Pool {place}")
    with django_assert_max_num_queries(len(few.captured_queries)):
        viewer.get(reverse("pools"))


def test_a_preset_fills_the_form_in(operator):
    html = operator.get(reverse("pool-add"), {"preset": "solopool-dgb"}).content.decode()
    assert "eu1.solopool.org" in html
    assert operator.get(reverse("pool-add"), {"preset": "nonsense"}).status_code == 200


def test_every_preset_is_a_pool_the_form_takes():
    wallets = {"BTC": WALLET, "BC2": WALLET, "DGB": "DFpN6QqFfUm3gKNaxN6tNcab1FArL9cZLE"}
    wallets["BCH"] = "qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a"
    for preset in PRESETS.values():
        form = PoolForm({**preset.initial(), "wallet": wallets[preset.coin], "priority": 1})
        assert form.is_valid(), (preset.key, form.errors)


@pytest.mark.parametrize(
    ("changes", "field", "word"),
    [
        ({"wallet": WALLET[:-1] + "5"}, "wallet", "wrong"),
        ({"wallet": "DFpN6QqFfUm3gKNaxN6tNcab1FArL9cZLE"}, "wallet", "DGB"),
        ({"stats_url": "javascript:alert(1)"}, "stats_url", "https"),
        ({"stats_url": "http://[bad"}, "stats_url", "https"),
        ({"backend": "nonsense"}, "backend", "valid"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(changes, field, word):
    form = PoolForm({**PRESETS["solopool-btc"].initial(), "wallet": WALLET, "priority": 1, **changes})
    assert not form.is_valid()
    assert word in form.errors[field][0]


def test_addresses_of_any_length_or_alphabet_are_only_refused():
    for text in ("", "1", "bc1", "bitcoincash:", "Ü" * 50, "1" * 5000, ":" * 60, "bc1" + "q" * 80):
        assert not is_address("BTC", text)
        assert not is_address("BCH", text)


def test_a_pool_in_use_stays_and_the_page_says_why(operator, monkeypatch):
    pool = make_pool()
    monkeypatch.setattr("pools.usage.QUESTIONS", [lambda _pool: ["Study Gamma"]])
    answer = operator.post(reverse("pool-delete", args=[pool.pk]), follow=True)
    assert "in use by Study Gamma" in answer.content.decode()
    assert Pool.objects.exists()


def test_pools_over_rest_are_made_read_changed_and_removed(control, reader):
    body = {"name": "Solo", "coin": "BTC", "host": "stratum+tcp://solo.example.net:3333", "wallet": WALLET}
    made = control("post", "/api/pools", {**body, "password": "hunter2"})
    assert made.status_code == 201, made.content
    pool = made.json()
    assert (pool["port"], pool["state"], pool["has_password"]) == (3333, "unknown", True)
    assert "hunter2" not in made.content.decode()
    changed = control("patch", f"/api/pools/{pool['id']}", {"priority": 3})
    assert changed.json()["priority"] == 3
    assert changed.json()["has_password"]
    assert reader("get", "/api/pools").json()[0]["wallet"] == WALLET
    wrong = control("post", "/api/pools", {**body, "name": "Other", "port": 0, "host": "a b"})
    assert wrong.status_code == 422
    assert {"host", "port"} & set(wrong.json()["fields"])
    assert reader("delete", f"/api/pools/{pool['id']}").status_code == 403
    assert control("delete", f"/api/pools/{pool['id']}").status_code == 204
    assert not PoolHealth.objects.exists()
