"""Every page and every list of the API asks as many questions for fifty of everything as for two."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, get_resolver, reverse

from energy.models import LedgerEntry
from hmm.api import api
from hmm.audit.services import record
from hmm.clock import now as read_clock
from hmm.jobs.services import add_line, start_job
from miners.models import (
    Command,
    FiveMinuteMean,
    Miner,
    MinerTarget,
    NewestReading,
    PoolSlot,
    PowerSwitch,
    ScanNetwork,
    TuningProfile,
)
from miners.models.history import period_start
from pools.models import Pool

pytestmark = pytest.mark.django_db
HALF_HOUR = timedelta(minutes=30)
SPEAKS_OF_NOTHING_LISTED = {"logout", "manifest", "service-worker", "offline", "healthz", "setup"}


def furnish(numbers):
    """Make one more of everything for each number, each with all that hangs on it."""
    now = read_clock()
    hour = now.replace(minute=0, second=0, microsecond=0)
    job = start_job(kind="scan", title="Looking", actor="keeper", arguments={"networks": []}, total=50, now=now)
    for number in numbers:
        plug = PowerSwitch.objects.create(entity=f"switch.plug_{number}", name=f"Plug {number}")
        miner = Miner.objects.create(
            name=f"Miner {number:02}",
            kind="bitaxe",
            host=f"192.168.7.{number + 1}",
            port=80,
            trust="full",
            poll_due_at=now,
            last_seen_at=now,
            enrolled=True,
            plug=plug,
        )
        NewestReading.objects.create(
            miner=miner, taken_at=now, state_since=now, state="hashing", hashrate_ths=1.0, power_w=18
        )
        MinerTarget.objects.create(miner=miner, on=True, why="band 3", decided_at=now, changed_at=now)
        FiveMinuteMean.objects.create(
            miner=miner,
            starts_at=period_start(now - timedelta(hours=1), timedelta(minutes=5)),
            samples=10,
            hashrate_ths_sum=10.0,
            hashrate_ths_count=10,
        )
        PoolSlot.objects.create(miner=miner, position=0, host="pool.test", port=3333, synced_at=now)
        entry = record(actor="keeper", action="miner.mode", target=miner, after={"mode": "eco"})
        Command.objects.create(
            miner=miner,
            kind="mode",
            status="sent",
            due_at=now,
            created_at=now,
            actor="keeper",
            audit_entry_id=entry.pk,
        )
        LedgerEntry.objects.create(
            miner=miner,
            miner_label=miner.name,
            starts_at=hour - HALF_HOUR,
            ends_at=hour,
            price_p_per_kwh=Decimal(10),
            known_s=1800,
            hashing_s=1800,
            band_position=3,
            coin="DGB",
        )
        Pool.objects.create(name=f"Pool {number}", coin="DGB", host=f"pool{number}.test", port=3333, wallet="w")
        ScanNetwork.objects.create(cidr=f"192.168.{number}.0/24", due_at=now + timedelta(days=1))
        TuningProfile.objects.create(name=f"Profile {number}", kind="bitaxe", mode="eco")
        add_line(
            job, miner.name, good=True, text="Found", target=f"192.168.7.{number}:80", detail={"outcome": "found"}
        )


def pages():
    """Return every address without parameters, of the pages and, as GET, of the API."""
    found = [f"/api{path}" if not path.startswith("/api") else path for path in api_lists()]
    for pattern in walk(get_resolver().url_patterns):
        if pattern.name and pattern.name not in SPEAKS_OF_NOTHING_LISTED and not pattern.pattern.converters:
            found.append(reverse(pattern.name))
    return sorted(dict.fromkeys(found))


def walk(patterns):
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            yield pattern
        elif getattr(pattern, "namespace", None) is None:  # the admin and the API have one
            yield from walk(pattern.url_patterns)


def api_lists():
    return [path for path, calls in api.get_openapi_schema()["paths"].items() if "get" in calls and "{" not in path]


def counts(client, addresses):
    made = {}
    for address in addresses:
        client.get(address)  # what is kept from the first time is kept now
        with CaptureQueriesContext(connection) as caught:
            answer = client.get(address)
        if answer.status_code == 200:
            b"".join(answer.streaming_content) if answer.streaming else None
            made[address] = len(caught)
    return made


def test_no_page_and_no_list_asks_more_for_fifty_than_for_two(client):
    client.force_login(User.objects.create_superuser("keeper"), backend="django.contrib.auth.backends.ModelBackend")
    furnish(range(2))
    few = counts(client, pages())
    furnish(range(2, 50))
    many = counts(client, few)

    assert len(few) >= 30, sorted(few)
    assert {"/miners/", "/api/miners", "/pools/", "/activity/", "/strategy/", "/energy/"} <= set(few)
    assert {address: (few[address], many[address]) for address in few if many[address] > few[address]} == {}
