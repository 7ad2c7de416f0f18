"""Look through networks as a job: what is found is listed or added, what moved is followed."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from hmm.audit.services import record
from hmm.clock import now as read_clock
from hmm.hosts import AddressRefusedError
from hmm.jobs.models import Job
from hmm.jobs.services import add_line, advance, end_job, start_job
from hmm.net import knock
from miners.discovery import Finding, hosts_of, look_at, network_of, ports_of
from miners.drivers.base import DriverError, Reading
from miners.models import Miner, ScanNetwork
from miners.services.budgeting import spend
from miners.services.fleet import add_found, find_known, move
from miners.services.meeting import are_one
from miners.services.readings import record_reading
from miners.services.searching import alone_at, known_hosts, place_of, search

SCHEDULE = "discovery"  # the actor of scans nobody asked for
FLUSH_EVERY = 16  # silent addresses, noted together
STILL_THERE_S = 1.5
NOTHING = "No new miner was found. What to look at is below."
FOUND, ADDED, MOVED, KNOWN, OTHER = "found", "added", "moved", "known", "other"


# --- networks ------------------------------------------------------------------------------------


def save_network(network: ScanNetwork, *, actor: str, now: datetime) -> ScanNetwork:
    """Store a network and look through it at the next occasion. Raise AddressRefusedError for what is none."""
    network.cidr = str(network_of(network.cidr, large=network.large))
    ports_of(network.ports)
    network.due_at = now
    with transaction.atomic():
        network.save()
        after = {"every_h": network.every_h, "auto_add": network.auto_add, "enabled": network.enabled}
        record(actor=actor, action="network.save", target=network, after=after)
    return network


def switch_network(network: ScanNetwork, *, actor: str, now: datetime) -> ScanNetwork:
    """Turn a network's rhythm on or off; off also where it may not be looked through any more."""
    if not network.enabled:
        network.enabled = True
        return save_network(network, actor=actor, now=now)
    network.enabled = False
    with transaction.atomic():
        network.save(update_fields=["enabled"])
        record(actor=actor, action="network.save", target=network, before={"enabled": True}, after={"enabled": False})
    return network


def remove_network(network: ScanNetwork, *, actor: str) -> None:
    with transaction.atomic():
        record(actor=actor, action="network.remove", target=network)
        network.delete()


def start_due_scans(*, now: datetime) -> list[Job]:
    """Start a job for each network whose time has come; the claim moves its due time."""
    started = []
    for network in ScanNetwork.objects.due(now):
        later = now + timedelta(hours=network.every_h)
        if ScanNetwork.objects.due(now).filter(pk=network.pk).update(due_at=later, scanned_at=now):
            started.append(scan_kept(network, actor=SCHEDULE, now=now))
    return started


def scan_kept(network: ScanNetwork, *, actor: str, now: datetime) -> Job:
    """Start looking through a kept network, in the way it is kept."""
    return start_scan(
        [network.cidr], ports=network.ports, large=network.large, add=network.auto_add, actor=actor, now=now
    )


def start_scan(
    networks: Sequence[str], *, actor: str, now: datetime, ports: str = "", large: bool = False, add: bool = False
) -> Job:
    """Start looking through networks. Raise AddressRefusedError for one that cannot be."""
    total = sum(len(hosts_of(text, large=large)) for text in networks)
    ports_of(ports)
    return start_job(
        kind="scan",
        title=f"Looking through {', '.join(networks)}",
        actor=actor,
        arguments={"networks": list(networks), "ports": ports, "large": large, "add": add},
        total=total,
        now=now,
    )


# --- looking -------------------------------------------------------------------------------------


def run_scan(job: Job) -> None:
    """Look through a job's networks. Known devices are not disturbed; a line for each address that answers."""
    asked = job.arguments
    networks = asked.get("networks") or [asked["network"]]
    hosts = (host for text in networks for host in hosts_of(text, large=bool(asked.get("large"))))
    counts: dict[str, int] = {}
    silent = 0
    running = True

    def goes_on() -> bool:
        return running

    for finding in search(hosts, ports=ports_of(asked.get("ports", "")), skip=known_hosts(), goes_on=goes_on):
        if finding.is_silent:
            silent += 1
            if silent == FLUSH_EVERY:
                running, silent = advance(job, silent), 0
            continue
        outcome = take_in(job, finding, add=bool(asked.get("add", True)))
        counts[outcome] = counts.get(outcome, 0) + 1
        running = advance(job, 0)
    end_job(job, now=read_clock(), message=summary(counts))


def take_in(job: Job, finding: Finding, *, add: bool) -> str:
    """Write the line of one address that answered, and add or follow what answers there."""
    if finding.reading is None:
        add_line(
            job,
            finding.host,
            good=False,
            text=finding.words,
            target=place_of(finding.host, finding.port),
            detail={"outcome": OTHER},
        )
        return OTHER
    try:
        outcome, label, text = welcome(finding, finding.reading, add=add, actor=job.actor, now=read_clock())
    except (AddressRefusedError, DriverError, ValueError) as error:
        outcome, label, text = OTHER, finding.host, str(error)
    detail: dict[str, Any] = {"outcome": outcome, **facts(finding.reading)}
    if outcome == FOUND:
        detail["asked_at"] = moments_of(finding, read_clock())
    add_line(job, label, good=outcome != OTHER, text=text, target=place_of(finding.host, finding.port), detail=detail)
    return outcome


def welcome(finding: Finding, reading: Reading, *, add: bool, actor: str, now: datetime) -> tuple[str, str, str]:
    """Return what became of a miner that answered: (outcome, its name, words)."""
    host, port = finding.host, finding.port or 0
    words = in_words(reading, host)
    known = find_known(reading, host, port)
    moments = moments_of(finding, now)
    if known is not None:
        outcome = follow(known, reading, host, port, actor=actor, now=now)
        if outcome in {MOVED, KNOWN}:
            spend(known, moments, now=now)
        if outcome == MOVED:
            record_reading(known, reading, now=now)
        told = {MOVED: f"It moved here. {words}", KNOWN: f"It is known already. {words}"}
        return outcome, known.name, told.get(outcome, f"Has the MAC of {known.name}, which still answers elsewhere.")
    if not add:
        return FOUND, reading.hostname or reading.model or host, words
    miner = add_found(reading, host, port, actor=actor, now=now)
    spend(miner, moments, now=now)
    return ADDED, miner.name, words


def moments_of(finding: Finding, now: datetime) -> list[float]:
    """Return when a device was asked, in seconds since the epoch; the newest was a moment ago."""
    return [now.timestamp() - max(finding.requests, default=0) + second for second in finding.requests]


def follow(known: Miner, reading: Reading, host: str, port: int, *, actor: str, now: datetime) -> str:
    """Move a miner to the address at which its MAC answers, unless it still answers at the old one too."""
    if (known.host, known.port) == (host, port):
        return KNOWN
    if still_answers(known, reading, now=now):
        return OTHER
    move(known, host, port, actor=actor, now=now)
    return MOVED


def still_answers(known: Miner, reading: Reading, *, now: datetime) -> bool:
    """Ask the old address under the miner's lease. A taken lease means that somebody talks to it there.

    Where it is a search that looks there, as this one may, nothing is asked: its polls told whether it answers,
    and of one that is not polled an open port tells.
    """
    with Miner.objects.lease(known.pk, now=now) as miner:
        if miner is None:
            known.refresh_from_db(fields=["host", "port", "busy_by", "unreachable_since"])
            was_there = known.unreachable_since is None
            return not known.is_looked_for or (was_there and opens(known.host, known.port))
        try:
            if not opens(miner.host, miner.port):
                return False
            return are_one(miner.driver().read(), reading)
        except (DriverError, OSError, AddressRefusedError):
            return False


def opens(host: str, port: int) -> bool:
    with suppress(OSError, AddressRefusedError):
        return bool(knock(host, [port], seconds=STILL_THERE_S))
    return False


def check_addresses(job: Job) -> None:
    """Say of each address of a job what answers there, and change nothing."""
    for address in job.arguments["addresses"]:
        check_one(job, address, ports_of(job.arguments.get("ports", "")))
    end_job(job, now=read_clock())


def check_one(job: Job, host: str, ports: Sequence[int]) -> None:
    known = Miner.objects.filter(host=host, unreachable_since__isnull=True, enabled=True).first()
    if known is not None:
        add_line(job, known.name, good=True, text=f"It is known already at {host} and answers.", target=host)
        return
    with alone_at(host, ports[0] if len(ports) == 1 else None, now=read_clock()) as alone:
        if not alone:
            text = f"What is stored at {host} is being asked at this moment. Try again in a few seconds."
            add_line(job, host, good=False, text=text, target=host, detail={"outcome": OTHER})
            return
        finding = look_at(host, ports)
    if finding.is_silent:
        listed = ", ".join(map(str, ports))
        text = f"Nothing answers at {host}, port {listed}. Is it powered, and in this network?"
        add_line(job, host, good=False, text=text, target=host, detail={"outcome": OTHER})
    else:
        take_in(job, finding, add=False)


# --- words ---------------------------------------------------------------------------------------


def facts(reading: Reading) -> dict[str, Any]:
    return {"family": reading.family, "model": reading.model, "firmware": reading.firmware, "mac": reading.mac}


def in_words(reading: Reading, host: str) -> str:
    firmware = f", firmware {reading.firmware}" if reading.firmware else ""
    return f"{reading.model or reading.family}{firmware}, at {host}"[:300]


def summary(counts: dict[str, int]) -> str:
    """Return a sentence about what a scan came to."""
    words = [f"{counts[name]} {name}" for name in (FOUND, ADDED, MOVED, KNOWN) if counts.get(name)]
    other = f"{counts[OTHER]} other device{'s' if counts[OTHER] > 1 else ''} answered." if counts.get(OTHER) else ""
    first = f"{', '.join(words).capitalize()}." if words else NOTHING
    return f"{first} {other}".strip()


def offers(lines: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Give the lines of a scan that name a miner to add, without those that were added since."""
    taken = {f"{host}:{port}" for host, port in Miner.objects.values_list("host", "port")}
    for line in lines:
        if line["detail"].get("outcome") == FOUND and line["target"].strip("[").replace("]", "") not in taken:
            yield line
