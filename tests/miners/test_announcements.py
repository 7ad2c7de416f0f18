"""A miner that announces itself is found outside the networks named, and the listening disturbs nobody."""

import socket
import time
from contextlib import contextmanager
from uuid import uuid4

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

# What one announces, all of this computer hear: names are one's own, a test looks at what its own search says of
# its own device, and the file runs in the pass where nothing else does.
pytestmark = pytest.mark.process

LISTEN_S = 0.5
TRIES = 4  # a busy computer may answer after the listening
INSTANCE = "bitaxe-{}._http._tcp.local."


@pytest.fixture(scope="module")
def responder():
    """A real mDNS responder on this computer alone; skipped where there is no multicast."""
    try:
        line = Zeroconf(interfaces=["127.0.0.1"], ip_version=IPVersion.V4Only)
    except OSError as error:
        pytest.skip(f"no multicast here: {error}")
    with announcing(line, "127.0.0.9", 80):
        if not any(heard_at("127.0.0.9", 80) for _try in range(TRIES)):
            pytest.skip("multicast does not come back on this computer")
    yield line
    line.close()


def heard_at(host, port):
    with announcements(LISTEN_S) as heard:
        return (host, port) in list(heard.places())


@contextmanager
def announcing(line, host, port):
    """Announce as AxeOS 2.15 does: the web service with the subtype `_axeos`, and what board it is."""
    name = uuid4().hex[:12]
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


def own_seed():
    """Return a seed, and with it a MAC, that no device of another suite has."""
    return uuid4().int % 2**24


@pytest.fixture
def elsewhere():
    """A miner outside the network that is looked through."""
    with BitaxeSimulator(firmware="v2.15.0", host="127.0.9.1", seed=own_seed()) as device:
        yield device


def look(address, network="127.0.0.240/32", **asked):
    """Search where nothing is, and return what the search's lines say of an address."""
    job = start_scan([network], ports="9", actor="keeper", now=read_clock(), **asked)
    scan_network(job.pk)
    lines = Job.objects.get(pk=job.pk).lines
    return [line["detail"]["outcome"] for line in lines if line["target"] == str(address)]


def look_until_heard(address, **asked):
    return next((said for _try in range(TRIES) if (said := look(address, **asked))), [])


@pytest.mark.django_db
def test_an_announced_miner_outside_the_network_goes_the_way_of_every_other(responder, elsewhere, settings):
    settings.HMM_MDNS_LISTEN_S = LISTEN_S
    with announcing(responder, "127.0.9.1", elsewhere.port):
        offered = look_until_heard(elsewhere.address, add=False)
        look_until_heard(elsewhere.address, add=True)

    assert offered == ["found"]
    assert Miner.objects.filter(host="127.0.9.1", port=elsewhere.port).count() == 1


@pytest.mark.django_db
def test_a_known_miner_that_announces_itself_is_not_asked(responder, elsewhere, settings):
    settings.HMM_MDNS_LISTEN_S = LISTEN_S
    add_miner(address=str(elsewhere.address), actor="keeper", now=read_clock())
    with announcing(responder, "127.0.9.1", elsewhere.port):
        assert heard_at("127.0.9.1", elsewhere.port)
        assert look(elsewhere.address) == []


@pytest.mark.django_db
def test_a_silent_one_that_announces_itself_is_not_asked_while_somebody_speaks_to_it(responder, elsewhere, settings):
    settings.HMM_MDNS_LISTEN_S = LISTEN_S
    miner = add_miner(address=str(elsewhere.address), actor="keeper", now=read_clock())
    Miner.objects.update(unreachable_since=read_clock())
    with announcing(responder, "127.0.9.1", elsewhere.port):
        with Miner.objects.lease(miner.pk, now=read_clock()):
            meanwhile = look(elsewhere.address)
        afterwards = look_until_heard(elsewhere.address)

    assert meanwhile == []
    assert afterwards != []


@pytest.mark.django_db
def test_one_that_moved_is_followed_to_where_it_announces_itself(responder, settings):
    settings.HMM_MDNS_LISTEN_S = LISTEN_S
    seed = own_seed()
    with BitaxeSimulator(firmware="v2.15.0", host="127.0.9.2", seed=seed) as before:
        miner = add_miner(address=str(before.address), actor="keeper", now=read_clock())
    Miner.objects.update(unreachable_since=read_clock())
    with (
        BitaxeSimulator(firmware="v2.15.0", host="127.0.9.3", seed=seed) as now_there,
        announcing(responder, "127.0.9.3", now_there.port),
    ):
        look_until_heard(now_there.address)

    assert Miner.objects.get(pk=miner.pk).host == "127.0.9.3"


def test_what_points_outside_private_networks_is_not_asked(responder):
    with announcing(responder, "203.0.113.9", 80):
        assert not heard_at("203.0.113.9", 80)


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
