"""Wallets, passwords, tokens and Wi-Fi data that go in come out nowhere: no log, answer, export or audit row."""

import json
import logging
from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.serializers import serialize
from django.db import connection
from django.urls import reverse

from hmm.api import api
from hmm.audit.models import AuditEntry
from hmm.clock import now as read_clock
from miners.drivers.avalon_nano.simulator import AvalonSimulator
from miners.drivers.bitaxe.simulator import BitaxeSimulator
from miners.drivers.nerdqaxe.simulator import NerdQaxeSimulator
from miners.drivers.nmminer.driver import NMMiner
from miners.drivers.nmminer.simulator import NMMinerSimulator
from miners.models import Command, Miner
from miners.services.configuring import configure
from miners.services.fleet import add_miner
from miners.services.hearing import Told, take_in
from pools.models import Pool
from tests.house.test_query_counts import pages
from tests.miners.test_configuring import whole
from tests.miners.walking import Walk

pytestmark = pytest.mark.django_db
POOL_PASSWORD, LOGIN, TOKEN, CODE_SECRET = (
    "mk-pool-pass-1",
    "mk-login-2",
    "mk-token-3",
    "MKCODEMKCODEMKCODEMKCODEMKCODE22",
)
WIFI, SSID = "mk-wifi-pass-4", "mk-ssid-5"
SECRETS = (POOL_PASSWORD, LOGIN, TOKEN, CODE_SECRET, WIFI, SSID)
WALLET = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"


@pytest.fixture
def walk():
    return Walk(read_clock().replace(microsecond=0))


@pytest.fixture
def house(walk, settings, client):
    """One device of each family, told everything that is secret."""
    client.force_login(User.objects.create_superuser("keeper"), backend="django.contrib.auth.backends.ModelBackend")
    pool = Pool.objects.create(
        name="Ours", coin="BTC", host="pool.test", port=3333, wallet=WALLET, password=POOL_PASSWORD, token=TOKEN
    )
    with (
        BitaxeSimulator(clock=walk.clock, reboot_s=5) as bitaxe,
        NerdQaxeSimulator(clock=walk.clock, reboot_s=5, seed=2) as nerd,
        AvalonSimulator("nano3s", clock=walk.clock) as nano,
        NMMinerSimulator(firmware="v1.5.01", clock=walk.clock) as shelf,
    ):
        settings.HMM_CONFIGURATION_PORTS = {"nmminer": shelf.configuration_port}
        for device in (bitaxe, nerd, nano):
            add_miner(address=str(device.address), actor="keeper", now=walk.now)
        told = shelf.tell()
        take_in(Told(kind="nmminer", source="127.0.0.1", datagram=told, heard=NMMiner.heard(told)), now=walk.now)
        heard = add_miner(address="127.0.0.1:1", name="Shelf", family="nmminer", actor="keeper", now=walk.now)
        configure(heard, whole(WiFiSSID=SSID, WiFiPWD=WIFI), confirmed=True, actor="keeper", now=walk.now)
        Miner.objects.filter(kind="avalon_nano").update(login_user="root")
        for miner in Miner.objects.exclude(pk=heard.pk):
            miner.login_password, miner.otp_secret = LOGIN, CODE_SECRET
            miner.save(update_fields=["login_password", "otp_secret"])
            client.post(reverse("miner-command", args=[miner.pk]), {"kind": "pool", "value": str(pool.pk)})
        walk.now += timedelta(seconds=1)
        walk.seconds(40)
        yield [bitaxe, nerd, nano, shelf]


def revealed(text):
    return [secret for secret in SECRETS if secret in text]


def answers(client):
    """Return what every page, every list of the API, every miner and every export says."""
    addresses = [*pages(), "/activity/export.csv", "/energy/ledger.csv", "/api/openapi.json"]
    for miner in Miner.objects.all():
        addresses += [reverse(name, args=[miner.pk]) for name in ("miner", "miner-edit", "miner-configuration")]
        addresses += [path.replace("{miner_id}", str(miner.pk)) for path in api.get_openapi_schema()["paths"]]
    addresses += [reverse("pool-edit", args=[pool.pk]) for pool in Pool.objects.all()]
    for address in addresses:
        if "{" not in address:
            answer = client.get(address)
            yield address, b"".join(answer.streaming_content if answer.streaming else [answer.content]).decode()


def test_what_is_secret_is_told_nowhere(house, client, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    devices_know = any(
        POOL_PASSWORD in json.dumps(device.describe() | vars(device).get("settings", {})) for device in house[:2]
    )
    printed = StringIO()
    call_command("probe", str(house[0].address), "--json", stdout=printed)

    said = dict(answers(client))
    told = {address: found for address, text in said.items() if (found := revealed(text))}

    assert devices_know, "it did reach a device"
    assert Command.objects.filter(kind="pool").count() == 3
    form = reverse("miner-configuration", args=[Miner.objects.get(kind="nmminer").pk])
    assert told == {form: [SSID]}, "its own form shows the name of the network it was typed in with, and no password"
    where = [
        address
        for address, text in said.items()
        if WALLET in text and address.startswith(("/api", "/act", "/energy"))
    ]
    assert where == ["/api/pools"], "where pools are kept, and nowhere else"
    assert revealed(printed.getvalue()) == []
    assert revealed(caplog.text + "".join(capfd.readouterr())) == []
    assert revealed(serialize("json", AuditEntry.objects.all())) == []
    assert WALLET not in serialize("json", AuditEntry.objects.all()), "an audit row names a pool, not a wallet"
    assert revealed(at_rest()) == [], "sealed in the database too"


def at_rest():
    """Return every row of every table as the database keeps it."""
    rows = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            rows += [repr(row) for row in cursor.fetchall()]
    return "\n".join(rows)
