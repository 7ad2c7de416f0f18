"""The key file was replaced: each secret costs the thing it belongs to, and nothing else."""

import json
import re

import pytest
from django.contrib.auth.models import User
from django.test import override_settings
from django.urls import reverse

from hmm.secrets import Sealed, opened
from miners.models import Command, HomeAssistantServer, Miner, MinerTarget, NewestReading, PowerSwitch
from miners.services.allowing import lost_secret
from miners.services.fleet import edit_miner, remove_miner
from miners.services.home_assistant import check_connection
from miners.services.locks import forget_code_secret
from notifications.models import Channel, Incident
from pools.models import Pool
from pools.services import save_pool
from pools.services.checking import check_pool

pytestmark = pytest.mark.django_db
PAGES = ("home", "miners", "strategy", "pools", "luck", "coins", "activity", "notifications", "home-assistant")
API = ("/api/pools", "/api/miners", "/api/home-assistant", "/api/notifications/channels")


def sealed_with_another_key(query, **secrets):
    with override_settings(HMM_ENCRYPTION_KEY="the key of before"):
        query.update(**secrets)


@pytest.fixture
def locked_out(house):
    """The house with every secret sealed by a key that is gone, but the pools of two coins."""
    sealed_with_another_key(Pool.objects.filter(coin="DGB"), password="d=64", token="worth-a-lot")
    sealed_with_another_key(Miner.objects.all(), otp_secret="MKCODEMKCODE", login_password="root")
    HomeAssistantServer.objects.create(pk=1, url="http://127.0.0.1:1")
    sealed_with_another_key(HomeAssistantServer.objects.all(), token="a token of home assistant")
    PowerSwitch.objects.create(entity="switch.desk", name="Desk")
    Channel.objects.create(name="Family", kind="telegram")
    sealed_with_another_key(Channel.objects.all(), sealed=json.dumps({"token": "1:a", "chat": "1"}))
    return house


def test_a_tick_leaves_the_pool_alone_that_needs_a_lost_password_and_does_all_else(locked_out):
    locked_out.prices(15, 15)
    pool_of_before = locked_out.device.live_pool["stratumURL"]

    locked_out.tick()
    locked_out.settle(240)

    assert set(Command.objects.values_list("kind", "status")) == {("mode", "applied")}
    assert locked_out.device.live_pool["stratumURL"] == pool_of_before
    assert "DGB: its password cannot be read any more: enter it again" in MinerTarget.objects.get().waiting

    save_pool(Pool.objects.get(coin="DGB"), actor="keeper", new_password="d=64")
    locked_out.pass_minutes(1)
    locked_out.settle(240)

    assert locked_out.device.live_pool["stratumURL"] == "dgb.test"
    assert locked_out.device.settings["stratumPassword"] == "d=64"


def test_a_command_whose_password_is_lost_meanwhile_is_refused_and_nothing_is_sent(locked_out):
    locked_out.prices(5, 5)  # BCH, whose pool is well
    locked_out.tick()
    sealed_with_another_key(Command.objects.filter(kind="pool"), secret="x")
    sent = len(locked_out.writes())

    locked_out.settle(240)

    command = Command.objects.filter(kind="pool").first()
    assert command.status == "refused"
    assert "cannot be read any more" in command.message
    assert not [line for line in locked_out.writes()[sent:] if "stratum" in line]


def test_every_page_says_it_at_its_thing(locked_out, client):
    client.force_login(User.objects.create_superuser("keeper"), backend="django.contrib.auth.backends.ModelBackend")
    pool, miner = Pool.objects.get(coin="DGB"), Miner.objects.get()
    check_pool(pool.pk, now=locked_out.now)
    check_connection(now=locked_out.now)
    of_one = {name: reverse(name, args=[pool.pk]) for name in ("pool", "pool-edit", "pool-earnings")}
    of_one |= {name: reverse(name, args=[miner.pk]) for name in ("miner", "miner-edit")}
    of_one["channel"] = reverse("channel-edit", args=[Channel.objects.get().pk])

    said = {address: client.get(address) for address in (*map(reverse, PAGES), *API, *of_one.values())}

    assert {address: answer.status_code for address, answer in said.items() if answer.status_code != 200} == {}
    speak = (reverse("pools"), *(of_one[name] for name in ("pool", "pool-edit", "miner", "miner-edit")))
    for address in (*speak, reverse("home-assistant")):
        assert re.search(r"cannot be read\s+any more", said[address].content.decode()), address
    assert set(Incident.objects.values_list("kind", flat=True)) >= {"pool.unreadable", "home_assistant_token"}
    told = client.get("/api/pools").json()
    assert [row["unreadable_secrets"] for row in told if row["coin"] == "DGB"] == [["password", "token"]]


def test_what_is_saved_beside_a_lost_secret_keeps_it_for_the_day_the_old_key_is_back(locked_out):
    pool = Pool.objects.get(coin="DGB")
    pool.name = "Renamed"
    save_pool(pool, actor="keeper")
    check_pool(pool.pk, now=locked_out.now)
    save_pool(Pool.objects.get(pk=pool.pk), actor="keeper", new_token="another")

    stored = Pool.objects.get(name="Renamed")
    assert (opened(stored, "password"), stored.token) == (None, "another")
    with override_settings(HMM_ENCRYPTION_KEY="the key of before"):
        assert Pool.objects.get(pk=pool.pk).password == "d=64"
    save_pool(stored, actor="keeper", new_password="x")
    check_pool(pool.pk, now=locked_out.now)
    assert not Incident.objects.open().filter(kind="pool.unreadable").exists()


@pytest.mark.parametrize(
    ("family", "kind", "locked", "code", "words"),
    [
        ("nerdqaxe", "mode", True, "", "Desk: the secret of its one-time codes cannot be read any more"),
        ("nerdqaxe", "mode", True, "123456", ""),
        ("nerdqaxe", "mode", False, "", ""),
        ("nerdqaxe", "power", True, "", ""),
        ("avalon_nano", "pool", False, "", "Desk: the password of its own pages cannot be read any more"),
        ("avalon_nano", "power", False, "", ""),
        ("bitaxe", "pool", False, "", ""),
    ],
)
def test_only_a_command_that_needs_a_lost_secret_is_refused(family, kind, locked, code, words):
    lost = Sealed("f1:of another key")
    miner = Miner(name="Desk", kind=family, host="192.168.7.3", port=80, otp_secret=lost, login_password=lost)

    assert miner.driver() is not None, "readings need none of them"
    assert lost_secret(miner, kind, NewestReading(locked=locked), code=code).startswith(words)
    assert bool(lost_secret(miner, kind, NewestReading(locked=locked), code=code)) is bool(words)


def unreadable():
    return list(Incident.objects.open().filter(kind="miner_unreadable").values_list("label", "title"))


def test_a_miner_s_lost_secrets_are_one_incident_that_ends_with_the_last_of_them(locked_out):
    locked_out.pass_minutes(2)
    miner = Miner.objects.get()

    words = (
        "the secret of its one-time codes and the password of its own pages cannot be read any more:"
        " enter it again, or put the old encryption key back"
    )
    assert unreadable() == [(miner.name, words)]
    assert Incident.objects.filter(kind="miner_unreadable").count() == 1, "said once"

    edit_miner(miner, {"login_password": "entered again"}, actor="keeper", now=locked_out.now)
    assert unreadable() == [(miner.name, words.replace(" and the password of its own pages", ""))]

    forget_code_secret(Miner.objects.get(), actor="keeper")
    assert unreadable() == []


def test_the_old_key_ends_it_too(locked_out):
    locked_out.pass_minutes(1)

    with override_settings(HMM_ENCRYPTION_KEY="the key of before"):
        locked_out.pass_minutes(1)

    assert unreadable() == []


def test_a_silent_miner_s_lost_secret_is_told_too(locked_out):
    locked_out.device.stop()

    locked_out.pass_minutes(1)

    assert len(unreadable()) == 1


@pytest.mark.parametrize("removed", [True, False])
def test_nothing_stays_open_about_a_miner_nobody_polls(locked_out, removed):
    locked_out.device.stop()
    locked_out.pass_minutes(5)
    miner = Miner.objects.get()
    assert set(Incident.objects.open().filter(subject=f"miner:{miner.pk}").values_list("kind", flat=True)) == {
        "miner_unreachable", "miner_unreadable",
    }  # fmt: skip

    if removed:
        remove_miner(miner, actor="keeper")
    else:
        edit_miner(miner, {"enabled": False}, actor="keeper", now=locked_out.now)
        locked_out.tick()

    assert not Incident.objects.open().filter(subject=f"miner:{miner.pk}").exists()
