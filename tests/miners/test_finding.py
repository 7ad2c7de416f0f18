"""Finding miners: quick over dead addresses, quiet to known devices, and telling about what is not ours."""

import json
import socket
import threading
import time
from contextlib import ExitStack
from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.urls import reverse

from hmm.clock import now as read_clock
from hmm.hosts import AddressRefusedError
from hmm.jobs.models import Job
from hmm.jobs.services import cancel_job, claim_job
from miners.discovery import THREADS, hosts_of, look_at, scan
from miners.drivers.bitaxe.simulator import BitaxeSimulator
from miners.models import Miner, ScanNetwork
from miners.services.finding import run_scan, save_network, start_due_scans, start_scan
from miners.services.fleet import add_miner
from miners.tasks import add_by_address, scan_network, verify_addresses

NETWORK = "127.0.0.0/24"
pytestmark = pytest.mark.django_db


@pytest.fixture
def keeper(client):
    client.force_login(User.objects.create_superuser("keeper"), backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def home():
    """Three miners of a network, all at one port, which is not that of anything else here."""
    with ExitStack() as devices:
        first = devices.enter_context(BitaxeSimulator(host="127.0.0.11", seed=1, hostname="study"))
        yield [
            first,
            *(
                devices.enter_context(BitaxeSimulator(host=f"127.0.0.{place}", port=first.port, seed=place))
                for place in (12, 13)
            ),
        ]


@pytest.fixture
def dead_port():
    """A port at which every address of this computer is as silent as a device that is not there."""
    listener = socket.socket()
    listener.bind(("0.0.0.0", 0))
    listener.listen(0)
    callers = [socket.socket() for _place in range(4)]
    for caller in callers:
        caller.setblocking(False)
        caller.connect_ex(("127.0.0.1", listener.getsockname()[1]))
    yield listener.getsockname()[1]
    for caller in (*callers, listener):
        caller.close()


def look(network=NETWORK, **asked):
    job = start_scan([network], actor="keeper", now=read_clock(), **asked)
    scan_network(job.pk)
    return Job.objects.get(pk=job.pk)


def test_a_network_of_dead_addresses_takes_at_most_15_s_and_a_bounded_number_of_threads(dead_port):
    most, began = 0, time.monotonic()
    for finding in scan(hosts_of(NETWORK), ports=[dead_port, 9]):
        most = max(most, sum(thread.name.startswith("scan") for thread in threading.enumerate()))
        assert finding.is_silent

    assert time.monotonic() - began < 15
    assert most <= THREADS


def test_a_scan_lists_what_it_finds_and_adds_nothing_unasked(home):
    job = look(ports=str(home[0].port))

    assert (job.status, job.message, job.progress) == ("done", "3 found.", 254)
    assert sorted(line["target"] for line in job.lines) == [
        f"127.0.0.{place}:{home[0].port}" for place in (11, 12, 13)
    ]
    assert not Miner.objects.exists()


def test_a_scan_that_is_to_add_adds(home):
    job = look(ports=str(home[0].port), add=True)

    assert job.message == "3 added."
    assert Miner.objects.count() == 3
    assert not Miner.objects.filter(enrolled=True).exists()


def test_known_devices_are_not_disturbed(home):
    add_miner(address=str(home[0].address), actor="keeper", now=read_clock())
    asked = len(home[0].requests)

    job = look(ports=str(home[0].port))

    assert len(home[0].requests) == asked
    assert job.message == "2 found."


def test_a_miner_that_moved_is_followed_and_not_doubled(home):
    miner = add_miner(address=str(home[0].address), actor="keeper", now=read_clock())
    home[0].set_fault("vanish")

    with BitaxeSimulator(host="127.0.0.77", port=home[0].port, mac=home[0].mac):
        job = look(ports=str(home[0].port))

    assert Miner.objects.get().pk == miner.pk
    assert Miner.objects.get().host == "127.0.0.77"
    assert job.message == "2 found, 1 moved."


def test_two_that_swapped_their_addresses_are_both_followed_and_go_on_being_polled(home):
    first, second = (add_miner(address=str(device.address), actor="keeper", now=read_clock()) for device in home[:2])
    Miner.objects.update(unreachable_since=read_clock())
    home[0].mac, home[1].mac = home[1].mac, home[0].mac

    job = look(ports=str(home[0].port))

    assert job.message == "1 found, 2 moved."
    assert Miner.objects.get(pk=first.pk).host == "127.0.0.12"
    assert Miner.objects.get(pk=second.pk).host == "127.0.0.11"
    assert Miner.objects.filter(pk__in=[first.pk, second.pk], enabled=True).count() == 2


def test_a_second_device_with_the_same_mac_moves_nobody(home):
    add_miner(address=str(home[0].address), actor="keeper", now=read_clock())

    with BitaxeSimulator(host="127.0.0.77", port=home[0].port, mac=home[0].mac):
        job = look(ports=str(home[0].port))

    assert Miner.objects.get().host == "127.0.0.11"
    assert any("still answers elsewhere" in line["text"] for line in job.lines)


@pytest.mark.parametrize(
    ("fault", "words"),
    [("html", "no"), ("refuse", "keeps this computer out"), ("empty", "understood"), ("truncate", "")],
)
def test_what_is_not_ours_is_told_in_words(home, fault, words):
    home[0].set_fault(fault)

    finding = look_at(home[0].host, [home[0].port])

    assert finding.reading is None
    assert finding.words
    assert words in finding.words


def test_one_broken_device_does_not_end_a_scan(home):
    home[0].set_fault("redirect")
    home[1].set_fault("empty")

    job = look(ports=str(home[0].port))

    assert job.message == "1 found. 2 other devices answered."


def test_a_cancelled_scan_stops_soon(dead_port):
    job = claim_job(start_scan(["127.0.0.0/22"], ports=str(dead_port), actor="keeper", now=read_clock()).pk)
    cancel_job(job, actor="keeper", now=read_clock())
    began = time.monotonic()

    run_scan(job)

    assert Job.objects.get().status == "cancelled"
    assert time.monotonic() - began < 8


@pytest.mark.parametrize(
    ("text", "large", "words"),
    [
        ("10.0.0.0/19", False, "confirm"),
        ("10.0.0.0/15", True, "at most 65536"),
        ("8.8.8.0/24", False, "not a private network"),
        ("fd00::/64", False, "at most"),
    ],
)
def test_a_network_that_is_too_large_or_not_at_home_is_refused(text, large, words):
    with pytest.raises(AddressRefusedError, match=words):
        hosts_of(text, large=large)


def test_a_large_network_is_looked_through_when_it_is_confirmed():
    assert len(hosts_of("10.0.0.0/19", large=True)) == 8190


def test_a_kept_network_is_looked_through_when_its_time_has_come_and_once():
    now = read_clock()
    network = save_network(ScanNetwork(cidr="127.0.0.7/30", every_h=6), actor="keeper", now=now)

    assert network.cidr == "127.0.0.4/30"
    assert len(start_due_scans(now=now)) == 1
    assert start_due_scans(now=now) == []
    assert start_due_scans(now=now + timedelta(hours=5)) == []
    assert len(start_due_scans(now=now + timedelta(hours=6))) == 1
    assert start_due_scans(now=now - timedelta(days=60)) != [], "the clock was set back"


def test_the_page_finds_lists_and_adds(keeper, home):
    typed = {"act": "scan", "network": "127.0.0.8/29", "ports": str(home[0].port)}
    answer = keeper.post(reverse("miners-find"), typed)
    job = Job.objects.get()
    scan_network(job.pk)

    page = keeper.get(answer["Location"])
    assert len(page.context["offers"]) == 3
    one = page.context["offers"][0]["target"]
    keeper.post(reverse("miners-find-add", args=[job.pk]), {"address": one})
    add_by_address(Job.objects.get(kind="add").pk)
    assert Miner.objects.count() == 1

    assert len(keeper.get(answer["Location"]).context["offers"]) == 2
    keeper.post(reverse("miners-find-add", args=[job.pk]), {"all": "1"})
    add_by_address(Job.objects.filter(kind="add").first().pk)
    assert Miner.objects.count() == 3
    assert (
        "nothing left"
        in keeper.post(reverse("miners-find-add", args=[job.pk]), {"all": "1"}, follow=True).content.decode()
    )


def test_the_page_says_what_is_wrong_and_keeps_what_was_typed(keeper):
    answer = keeper.post(reverse("miners-find"), {"act": "scan", "network": "10.0.0.0/12", "ports": "99999"})

    assert answer.status_code == 422
    assert "confirm that it is meant" in answer.content.decode()
    assert "from 1 to 65535" in answer.content.decode()
    assert 'value="10.0.0.0/12"' in answer.content.decode()
    assert not Job.objects.exists()


def test_networks_are_kept_stopped_and_forgotten(keeper):
    typed = {"act": "network", "cidr": "192.168.9.0/24", "every_h": "12", "auto_add": "on", "enabled": "on"}
    assert keeper.post(reverse("miners-find"), typed).status_code == 302
    network = ScanNetwork.objects.get()
    address = reverse("scan-network", args=[network.pk])
    assert (network.every_h, network.auto_add) == (12, True)
    assert keeper.post(reverse("miners-find"), typed).status_code == 422, "the same one again"

    keeper.post(address, {"act": "switch"})
    assert not ScanNetwork.objects.get().enabled
    ScanNetwork.objects.update(cidr="8.8.8.0/24")  # as one that was allowed once
    assert "not a private network" in keeper.post(address, {"act": "switch"}, follow=True).content.decode()
    ScanNetwork.objects.update(enabled=True)
    keeper.post(address, {"act": "switch"})
    assert not ScanNetwork.objects.get().enabled, "off is never refused"
    keeper.post(address, {"act": "remove"})
    assert not ScanNetwork.objects.exists()


def test_one_address_is_asked_what_it_is(keeper, home):
    for address, words in ((str(home[0].address), "firmware"), ("127.0.0.99:9", "Nothing answers")):
        keeper.post(reverse("miners-find"), {"act": "check", "address": address})
        job = Job.objects.filter(kind="verify").first()
        verify_addresses(job.pk)
        assert words in Job.objects.get(pk=job.pk).lines[0]["text"]
    assert not Miner.objects.exists()


def test_the_command_prints_one_document_and_adds_when_told(home):
    out = StringIO()
    call_command("discover", "127.0.0.8/29", "--port", str(home[0].port), "--json", "--add", stdout=out)
    told = json.loads(out.getvalue())

    assert [row["outcome"] for row in told["found"]] == ["added"] * 3
    assert {row["family"] for row in told["found"]} == {"bitaxe"}
    assert Miner.objects.count() == 3
    with pytest.raises(CommandError, match="confirm"):
        call_command("discover", "10.0.0.0/8")
