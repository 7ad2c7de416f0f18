"""A miner that announces itself is found outside the networks named, and the listening disturbs nobody."""

import os
import socket
import time
from contextlib import contextmanager

import pytest
from zeroconf import IPVersion, ServiceInfo, Zeroconf

from hmm.clock import now as read_clock
from hmm.jobs.models import Job
from miners import announcements as heard_by_mdns
from miners.announcements import announcements
from miners.discovery import scan
from miners.drivers.bitaxe.driver import Bitaxe
from miners.drivers.bitaxe.simulator import BitaxeSimulator
from miners.models import Miner
from miners.services.finding import start_scan
from miners.services.fleet import add_miner
from miners.tasks import scan_network

# What one announces, all of this computer hear: only alone do these tests tell of themselves.
# HMM_TEST_MDNS=1 python -m pytest -n 0 tests/miners/test_announcements.py
pytestmark = pytest.mark.skipif(os.environ.get("HMM_TEST_MDNS") != "1", reason="HMM_TEST_MDNS does not ask for it")

LISTEN_S = 0.5
INSTANCE = "bitaxe-{}._http._tcp.local."


@pytest.fixture(scope="module")
def responder():
    """A real mDNS responder on this computer alone; skipped where there is no multicast."""
    try:
        line = Zeroconf(interfaces=["127.0.0.1"], ip_version=IPVersion.V4Only)
    except OSError as error:
        pytest.skip(f"no multicast here: {error}")
    with announcing(line, "127.0.0.9", 80, "probe"), announcements(LISTEN_S) as heard:
        if ("127.0.0.9", 80) not in list(heard.places()):
            pytest.skip("multicast does not come back on this computer")
    yield line
    line.close()


@contextmanager
def announcing(line, host, port, name):
    """Announce as AxeOS 2.15 does: the web service with the subtype `_axeos`, and what board it is."""
    told = ServiceInfo(
        Bitaxe.mdns_service,
        INSTANCE.format(name),
        addresses=[socket.inet_aton(host)],
        port=port,
        properties={"board": "601", "family": "Gamma", "asic": "BM1370", "asic_count": "1", "fw_version": "v2.15.0"},
        server=f"bitaxe-{name}.local.",
    )
    line.registry.async_add(told)  # from here on it answers questions; nothing is sent by itself
    try:
        yield
    finally:
        line.registry.async_remove(told)


@pytest.fixture
def elsewhere():
    """A miner outside the network that is looked through."""
    with BitaxeSimulator(firmware="v2.15.0", host="127.0.9.1", hostname="attic") as device:
        yield device


def look(network="127.0.0.240/32", **asked):
    job = start_scan([network], ports="9", actor="keeper", now=read_clock(), **asked)
    scan_network(job.pk)
    return Job.objects.get(pk=job.pk)


@pytest.mark.django_db
def test_an_announced_miner_outside_the_network_goes_the_way_of_every_other(responder, elsewhere, settings):
    settings.HMM_MDNS_LISTEN_S = LISTEN_S
    with announcing(responder, "127.0.9.1", elsewhere.port, "attic"):
        first = look(add=False)
        offered = [line["detail"]["outcome"] for line in first.lines]
        look(add=True)

    assert "found" in offered  # a suite beside this one may announce its own
    assert Miner.objects.filter(host="127.0.9.1").count() == 1


@pytest.mark.django_db
def test_a_known_miner_that_announces_itself_is_not_asked(responder, elsewhere, settings):
    settings.HMM_MDNS_LISTEN_S = LISTEN_S
    add_miner(address=str(elsewhere.address), actor="keeper", now=read_clock())
    with announcing(responder, "127.0.9.1", elsewhere.port, "attic"):
        lines = look().lines

    assert [line["target"] for line in lines] == []


@pytest.mark.django_db
def test_a_silent_one_that_announces_itself_is_not_asked_while_somebody_speaks_to_it(responder, elsewhere, settings):
    settings.HMM_MDNS_LISTEN_S = LISTEN_S
    miner = add_miner(address=str(elsewhere.address), actor="keeper", now=read_clock())
    Miner.objects.update(unreachable_since=read_clock())
    with announcing(responder, "127.0.9.1", elsewhere.port, "attic"):
        with Miner.objects.lease(miner.pk, now=read_clock()):
            meanwhile = look()
        afterwards = look()

    # Told by the search's own lines: a suite beside this one hears the announcement and may ask, too.
    assert [line["target"] for line in meanwhile.lines] == []
    assert [line["target"] for line in afterwards.lines] == [str(elsewhere.address)]


@pytest.mark.django_db
def test_one_that_moved_is_followed_to_where_it_announces_itself(responder, settings):
    settings.HMM_MDNS_LISTEN_S = LISTEN_S
    with BitaxeSimulator(firmware="v2.15.0", host="127.0.9.2", seed=7) as before:
        miner = add_miner(address=str(before.address), actor="keeper", now=read_clock())
    Miner.objects.update(unreachable_since=read_clock())
    with (
        BitaxeSimulator(firmware="v2.15.0", host="127.0.9.3", seed=7) as now_there,
        announcing(responder, "127.0.9.3", now_there.port, "moved"),
    ):
        look()

    assert Miner.objects.get().host == "127.0.9.3"
    assert Miner.objects.get().pk == miner.pk


def test_what_points_outside_private_networks_is_not_asked(responder):
    with announcing(responder, "203.0.113.9", 80, "outside"), announcements(LISTEN_S) as heard:
        assert ("203.0.113.9", 80) not in list(heard.places())


def test_answers_do_not_wait_for_the_listening(responder, elsewhere):
    began = time.monotonic()
    findings = scan(["127.0.9.1"], ports=[elsewhere.port], listen_s=1.5)
    assert next(findings).reading is not None
    took = time.monotonic() - began
    findings.close()

    assert took < 1.0


def test_without_multicast_a_search_goes_on(elsewhere, monkeypatch):
    def none(**_asked):
        raise OSError("no such network")

    monkeypatch.setattr(heard_by_mdns, "Zeroconf", none)  # a computer without multicast, not a part of ours

    assert [finding.host for finding in scan(["127.0.9.1"], ports=[elsewhere.port], listen_s=0.1)] == ["127.0.9.1"]
