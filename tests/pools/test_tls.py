from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from hmm.clock import now as read_clock
from miners.asking import pool_value
from miners.drivers.avalon_nano.slots import setpool_parameter
from miners.drivers.base import Address, PoolTarget, RefusedError, UnsafeSettingError
from miners.drivers.bitaxe.driver import Bitaxe
from miners.drivers.bitaxe.simulator import BitaxeSimulator
from miners.drivers.nmminer.wire import pool_setting
from miners.models import Command, CommandKind, Miner
from miners.services.allowing import CommandRefusedError
from miners.services.commands import request_command
from pools.backends.stratum.probe import probe
from pools.backends.stratum.simulator import StratumSimulator
from pools.models import Pool, PoolHealth
from pools.services import save_pool
from pools.services.checking import check_pool

WALLET = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"
TARGET = PoolTarget(host="pool.test", port=443, user="wallet.one", tls=True)


@pytest.fixture(scope="module")
def secure() -> Iterator[StratumSimulator]:
    with StratumSimulator(tls=True) as simulator:
        yield simulator


@pytest.fixture
def trusted(secure: StratumSimulator, tmp_path: Path, monkeypatch: Any) -> StratumSimulator:
    known = tmp_path / "known.pem"
    known.write_bytes(secure.certificate)
    monkeypatch.setenv("SSL_CERT_FILE", str(known))
    return secure


def test_a_pool_with_a_certificate_that_is_known_answers(trusted):
    look = probe("127.0.0.1", trusted.port, tls=True)

    assert look.ok
    assert look.connect_ms is not None
    assert look.reply_ms is not None


def test_a_certificate_nobody_knows_is_refused_unless_that_is_wanted(secure):
    assert probe("127.0.0.1", secure.port, tls=True).outcome == "tls_error"
    assert probe("127.0.0.1", secure.port, tls=True, verify=False).ok


def test_a_plain_port_asked_for_tls_is_no_good_pool():
    with StratumSimulator() as plain:
        assert not probe("127.0.0.1", plain.port, tls=True, verify=False).ok


@pytest.mark.django_db
def test_a_pool_is_looked_at_in_the_way_it_was_stored(secure):
    values = {"coin": "BTC", "host": "127.0.0.1", "port": secure.port, "wallet": WALLET, "tls": True}
    checked = save_pool(Pool(name="Checked", **values), actor="test")
    own = save_pool(Pool(name="Own", verify_tls=False, **values), actor="test")

    for pool in (checked, own):
        check_pool(pool.pk, now=read_clock())

    assert PoolHealth.objects.get(pool=checked).outcome == "tls_error"
    assert PoolHealth.objects.get(pool=own).outcome == "ok"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("host", "tls", "stored"),
    [
        ("stratum+ssl://pool.example.org:443", "False", True),
        ("stratum+tls://pool.example.org:443", "", True),
        ("stratum+tcp://pool.example.org:3333", "True", False),
        ("pool.example.org:443", "True", True),
        ("pool.example.org:3333", "", False),
    ],
)
def test_the_scheme_in_an_address_wins_over_the_choice(operator, host, tls, stored):
    posted = {"name": "New", "coin": "BTC", "reward_model": "solo", "host": host, "tls": tls, "wallet": WALLET}

    answer = operator.post(reverse("pool-add"), {**posted, "priority": "1", "enabled": "on", "backend": "stratum"})

    assert answer.status_code == 302
    pool = Pool.objects.get()
    assert (pool.tls, pool.host) == (stored, "pool.example.org")
    assert pool.address == f"stratum+{'ssl' if stored else 'tcp'}://pool.example.org:{pool.port}"


@pytest.mark.django_db
def test_the_second_stratum_is_refused_with_words(operator):
    posted = {"name": "New", "coin": "BTC", "reward_model": "solo", "host": "stratum2+tcp://pool.example.org:3336"}

    answer = operator.post(reverse("pool-add"), {**posted, "wallet": WALLET, "priority": "1", "enabled": "on"})

    assert answer.status_code == 422
    assert "Stratum V2 is not spoken" in answer.content.decode()


@pytest.mark.django_db
def test_the_api_takes_and_tells_the_connection(control):
    pool = {"name": "New", "coin": "BTC", "host": "pool.example.org", "port": 443, "wallet": WALLET, "tls": True}

    made = control("post", "/api/pools", pool)
    changed = control("patch", f"/api/pools/{made.json()['id']}", {"tls": False, "port": 3333})

    assert (made.status_code, made.json()["tls"], made.json()["verify_tls"]) == (201, True, True)
    assert (changed.status_code, changed.json()["tls"], changed.json()["port"]) == (200, False, 3333)


def make_miner(kind: str, firmware: str) -> Miner:
    values = {"kind": kind, "host": "192.168.7.3", "port": 80, "firmware": firmware}
    return Miner.objects.create(name="Attic", trust="full", poll_due_at=read_clock(), **values)


def ask_for_tls(miner: Miner) -> Command | None:
    pool = Pool.objects.create(name="Safe", coin="BTC", host="pool.test", port=443, wallet=WALLET, tls=True)
    value, secret = pool_value(miner, str(pool.pk))
    now = read_clock()
    return request_command(miner, CommandKind.POOL, value, actor="test", reason="", now=now, secret=secret)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "firmware", "words"),
    [
        ("avalon_nano", "25021401_56abae7", "Avalon Nano speaks no TLS"),
        ("nerdqaxe", "v1.0.37", "speaks no TLS"),
        ("bitaxe", "v2.12.2", "v2.13 and later do"),
        ("bitaxe", "", "firmware is not known"),
    ],
)
def test_a_miner_that_speaks_no_tls_is_refused_such_a_pool(kind, firmware, words):
    with pytest.raises(CommandRefusedError, match=words):
        ask_for_tls(make_miner(kind, firmware))

    assert not Command.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(("kind", "firmware"), [("bitaxe", "v2.13.1"), ("bitaxe", "v2.15.0"), ("nmminer", "v2.0.04")])
def test_a_miner_that_speaks_tls_is_given_the_pool(kind, firmware):
    command = ask_for_tls(make_miner(kind, firmware))

    assert command is not None
    assert command.value["tls"] is True


@pytest.mark.parametrize("firmware", ["v2.13.1", "v2.15.0"])
def test_a_bitaxe_is_told_tls_and_told_to_leave_it(firmware):
    with BitaxeSimulator("gamma601", firmware) as device:
        driver = Bitaxe(Address("127.0.0.1", device.port))

        driver.set_pool(TARGET)
        assert device.settings["stratumTLS"] == 1
        assert device.settings["stratumURL"] == "pool.test"

        driver.set_pool(PoolTarget(host="plain.test", port=3333, user="wallet.one"))
        assert device.settings["stratumTLS"] == 0


def test_an_older_bitaxe_is_sent_nothing():
    with BitaxeSimulator("gamma601", "v2.12.2") as device:
        with pytest.raises(RefusedError, match="no TLS"):
            Bitaxe(Address("127.0.0.1", device.port)).set_pool(TARGET)

        assert device.settings["stratumURL"] == "pool.example.net"


def test_the_other_families_write_the_scheme_or_nothing():
    assert pool_setting(TARGET)["PrimaryPool"] == "stratum+ssl://pool.test:443"
    with pytest.raises(UnsafeSettingError, match="no TLS"):
        setpool_parameter(0, TARGET, user="admin", password="admin")
