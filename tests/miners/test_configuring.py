"""The whole configuration of a device that acknowledges nothing: confirmed, sent to it alone, proven afterwards."""

import logging
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.urls import reverse

from hmm.audit.models import AuditEntry
from hmm.clock import now as read_clock
from miners.drivers.nmminer import wire
from miners.drivers.nmminer.driver import NMMiner
from miners.drivers.nmminer.simulator import NMMinerSimulator
from miners.models import Command, CommandStatus, DeviceTemplate, Miner
from miners.services.allowing import CommandRefusedError
from miners.services.commands import request_command, take_command_step
from miners.services.configuring import configure
from miners.services.fleet import add_miner
from miners.services.hearing import Told, take_in
from tests.miners.walking import Walk
from tests.waiting import until

pytestmark = pytest.mark.django_db
SOURCE = "127.0.0.1"
WIFI_PASSWORD = "a-wifi-secret-4711"
TYPED = {
    "WiFiSSID": "Home",
    "WiFiPWD": WIFI_PASSWORD,
    "PrimaryPool": "new.example.net:3334",
    "PrimaryAddress": "wallet.shelf",
    "SecondaryPool": "stratum+tcp://fallback.example.net:3333",
    "SecondaryAddress": "wallet.shelf",
    "Timezone": 0,
    "UIRefresh": 3,
    "ScreenTimeout": 60,
    "Brightness": 80,
    "SaveUptime": "on",
    "confirmed": "on",
}


@pytest.fixture
def device(settings):
    with NMMinerSimulator(firmware="v1.5.01", reboot_s=0.1) as simulator:
        settings.HMM_CONFIGURATION_PORTS = {"nmminer": simulator.configuration_port}
        yield simulator


def hear(device, now):
    datagram = device.tell()
    take_in(Told(kind="nmminer", source=SOURCE, datagram=datagram, heard=NMMiner.heard(datagram)), now=now)


@pytest.fixture
def shelf(device):
    hear(device, read_clock())
    return add_miner(address=SOURCE, name="Shelf", family="nmminer", actor="keeper", now=read_clock())


@pytest.fixture
def keeper(client):
    client.force_login(User.objects.create_superuser("keeper", password="a long pass phrase"))
    return client


def whole(**changes):
    values = {name: {str: "x", int: 1, bool: True}[kind] for name, kind in wire.CONFIGURATION.items()}
    return {
        **values,
        "PrimaryPool": "stratum+tcp://new.example.net:3334",
        "PrimaryAddress": "wallet.shelf",
        **changes,
    }


def post(keeper, shelf, **changes):
    typed = {name: value for name, value in {**TYPED, **changes}.items() if value is not None}
    return keeper.post(reverse("miner-configuration", args=[shelf.pk]), typed)


def send(device):
    take_command_step(Command.objects.get().pk, now=read_clock())
    until(lambda: device.configurations, within=10, what="the configuration")


def test_it_is_sent_whole_to_the_one_device_and_proven_by_what_it_tells(keeper, shelf, device):
    assert post(keeper, shelf).status_code == 302
    send(device)

    sent = device.configurations[0]
    assert set(sent) == {"IP", *wire.CONFIGURATION}
    assert (sent["IP"], sent["WiFiPWD"]) == (SOURCE, WIFI_PASSWORD)
    assert (sent["PrimaryPool"], sent["SaveUptime"], sent["LedEnable"]) == (
        "stratum+tcp://new.example.net:3334",
        True,
        False,
    )
    assert Command.objects.get().status == CommandStatus.SENT

    until(device.is_up, within=5, what="the end of the reboot")
    hear(device, read_clock() + timedelta(seconds=30))
    assert Command.objects.get().status == CommandStatus.APPLIED


def test_one_that_does_not_take_it_is_not_verified(shelf, device):
    device.lies_about = {"pools"}
    configure(shelf, whole(), confirmed=True, actor="keeper", now=read_clock())
    send(device)

    until(device.is_up, within=5, what="the end of the reboot")
    hear(device, read_clock() + timedelta(seconds=30))
    later = read_clock() + timedelta(seconds=200)
    take_command_step(Command.objects.get().pk, now=later)

    assert Command.objects.get().status == CommandStatus.NOT_VERIFIED


def test_without_a_confirmation_nothing_is_sent_or_stored(keeper, shelf):
    assert post(keeper, shelf, confirmed=None).status_code == 422
    with pytest.raises(CommandRefusedError, match="confirmed"):
        configure(shelf, whole(), confirmed=False, actor="keeper", now=read_clock())

    assert not Command.objects.exists()
    assert not DeviceTemplate.objects.exists()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WiFiSSID", ""),
        ("WiFiPWD", ""),
        ("PrimaryPool", "pool"),
        ("SecondaryPool", "http://x:0"),
        ("Brightness", "900"),
    ],
)
def test_what_is_missing_or_wrong_is_told_at_its_field(keeper, shelf, name, value):
    answer = post(keeper, shelf, **{name: value})

    assert answer.status_code == 422
    assert name in answer.context["form"].errors
    assert not Command.objects.exists()


def test_a_stored_secret_is_kept_when_the_field_is_left_empty(keeper, shelf, device):
    post(keeper, shelf)
    Command.objects.update(status=CommandStatus.APPLIED)

    assert post(keeper, shelf, WiFiPWD="", Brightness=50).status_code == 302
    take_command_step(Command.objects.order_by("-pk").first().pk, now=read_clock())
    until(lambda: device.configurations, within=10, what="the configuration")

    assert (device.configurations[0]["WiFiPWD"], device.configurations[0]["Brightness"]) == (WIFI_PASSWORD, 50)


def test_secrets_are_sealed_and_appear_nowhere(keeper, shelf, device, caplog):
    caplog.set_level(logging.DEBUG)
    post(keeper, shelf)
    send(device)

    with connection.cursor() as cursor:
        cursor.execute("SELECT sealed FROM miners_devicetemplate")
        assert WIFI_PASSWORD not in str(cursor.fetchall())
    pages = [keeper.get(reverse(name, args=[shelf.pk])).content.decode() for name in ("miner-configuration", "miner")]
    told = str(list(AuditEntry.objects.values())) + str(list(Command.objects.values())) + caplog.text
    assert WIFI_PASSWORD not in told + "".join(pages)
    assert "Home" not in told


@pytest.mark.parametrize("kind", ["pool", "restart", "identify"])
def test_it_takes_no_single_order(shelf, kind):
    value = {"host": "pool.test", "port": 3333, "user": "w"} if kind == "pool" else {}

    with pytest.raises(CommandRefusedError, match="configuration"):
        request_command(Miner.objects.get(), kind, value, actor="keeper", reason="", now=read_clock())


def test_a_device_with_a_web_server_takes_no_datagram(keeper):
    with NMMinerSimulator() as modern:
        miner = add_miner(address=str(modern.address), actor="keeper", now=read_clock())
        with pytest.raises(CommandRefusedError, match="no configuration"):
            configure(miner, whole(), confirmed=True, actor="keeper", now=read_clock())


def test_a_pool_of_version_2_is_applied_after_its_restart():
    walk = Walk(read_clock())
    with NMMinerSimulator(clock=walk.clock) as modern:
        miner = add_miner(address=str(modern.address), actor="keeper", now=walk.now)
        value = {"host": "new.example.net", "port": 3334, "user": "wallet.shelf", "pool_id": 1}
        request_command(miner, "pool", value, actor="keeper", reason="", now=walk.now, secret="hunter2")
        walk.settle()

    assert Command.objects.get().status == CommandStatus.APPLIED
    assert modern.live["PrimaryPool"] == "stratum+tcp://new.example.net:3334"
    assert modern.settings["PrimaryPassword"] == "hunter2"


def test_the_page_of_such_a_miner_leads_to_its_configuration(keeper, shelf):
    page = keeper.get(reverse("miner", args=[shelf.pk])).content.decode()

    assert reverse("miner-configuration", args=[shelf.pk]) in page
    assert 'value="pool"' not in page
