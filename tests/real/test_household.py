"""The product's own steps against a real Home Assistant: linked, switched, proven, lost and found again."""

import signal
import time

import pytest

from hmm.clock import now as read_clock
from miners.models import HomeAssistantServer, PlugCommand, PowerSwitch
from miners.services.home_assistant import check_connection, save_connection
from miners.services.plug_commands import due_plug_commands, request_plug, take_plug_step
from miners.services.plug_links import save_plug
from notifications.models import Incident
from tests.real.house import environment

pytestmark = [
    pytest.mark.process,
    pytest.mark.django_db,
    pytest.mark.timeout(300),
    pytest.mark.skipif(environment() is None, reason="make test-home-assistant brings a real Home Assistant"),
]
STEPS_WITHIN_S = 60


def connect(server):
    save_connection(
        url=server.url, new_token=server.token, verify_tls=True, enabled=True, actor="keeper", now=read_clock()
    )
    return check_connection(now=read_clock())


def link(entity, meter=""):
    switch = save_plug(
        PowerSwitch(entity=entity, name=entity, min_on_minutes=0, min_off_minutes=0),
        miner_ids=[],
        meter_entity=meter,
        actor="keeper",
        now=read_clock(),
    )
    check_connection(now=read_clock())
    return PowerSwitch.objects.select_related("meter").get(pk=switch.pk)


def switched(switch, *, on):
    """Order a switching and take its steps as worker and beat do, until it has ended."""
    fresh = PowerSwitch.objects.get(pk=switch.pk)
    request_plug(fresh, on=on, actor="strategy", reason="test", now=read_clock())
    ends = time.monotonic() + STEPS_WITHIN_S
    while PlugCommand.objects.open().exists() and time.monotonic() < ends:
        for pk in due_plug_commands(now=read_clock()):
            take_plug_step(pk, now=read_clock())
        time.sleep(0.1)
    return PlugCommand.objects.filter(switch=switch).first().status


def error_code():
    check_connection(now=read_clock())
    return HomeAssistantServer.objects.get().error_code


def down():
    return Incident.objects.open().filter(kind__startswith="home_assistant").values_list("kind", flat=True).first()


def test_a_plug_is_linked_switched_and_measured(server):
    assert connect(server).version
    plug = link("switch.miner_bitaxe", "sensor.miner_bitaxe_power")

    ways = [switched(plug, on=True), switched(plug, on=False), switched(plug, on=True)]
    check_connection(now=read_clock())

    assert ways[-2:] == ["applied", "applied"]
    plug = PowerSwitch.objects.select_related("meter").get(pk=plug.pk)
    assert plug.is_on(read_clock()) is True
    assert plug.meter.watts_at(read_clock()) == pytest.approx(15.2)


def test_a_plug_that_only_says_yes_is_not_verified(server):
    connect(server)
    plug = link("switch.miner_stuck")

    assert switched(plug, on=not plug.is_on(read_clock())) == "not verified"
    assert Incident.objects.open().filter(kind="plug_not_confirmed").exists()


def test_a_server_that_hangs_stops_and_starts_is_told_and_found_again(server):
    connect(server)
    plug = link("switch.miner_bitaxe")
    server.process.send_signal(signal.SIGSTOP)
    assert error_code() == "unreachable"
    server.process.send_signal(signal.SIGCONT)
    assert error_code() == ""
    assert down() is None

    server.stop()
    assert (error_code(), down()) == ("unreachable", "home_assistant_down")
    server.start()

    assert (error_code(), down()) == ("", None)
    was_on = PowerSwitch.objects.get(pk=plug.pk).is_on(read_clock())
    assert was_on is not None
    assert switched(plug, on=not was_on) == "applied"


def test_a_revoked_token_is_told_apart_and_a_new_one_mends_it(server):
    connect(server)
    server.change_token()
    assert (error_code(), down()) == ("token", "home_assistant_token")

    connect(server)

    assert (error_code(), down()) == ("", None)
