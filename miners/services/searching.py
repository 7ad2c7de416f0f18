"""Look at addresses without disturbing a known device: one that answers is left alone, a silent one is asked
under its lease, so that no poll and no command speaks to it at the same moment."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from datetime import datetime
from typing import Any

from django.conf import settings

from hmm.clock import now as read_clock
from hmm.hosts import AddressRefusedError, as_ip, check_address
from hmm.jobs.models import Job, JobLine
from hmm.net import within
from miners.discovery import Finding, scan
from miners.models import Miner
from miners.models.miner import STEP_S

SEARCHES = ("scan", "verify")
LATELY = 3  # searches; what they asked counts for a minute


def known_hosts() -> frozenset[str]:
    """Return the addresses of miners that answer there; one that is silent may have moved, and is looked for."""
    hosts = Miner.objects.polled().filter(unreachable_since__isnull=True).values_list("host", flat=True)
    return frozenset(address for host in hosts for address in (host, resolved(host)))


def resolved(host: str) -> str:
    """Return the address behind a host name, itself for an address or a name that has none."""
    if as_ip(host) is None:
        with suppress(OSError, AddressRefusedError):
            return str(check_address(host))
    return host


def search(
    hosts: Iterable[str], *, ports: Sequence[int], skip: frozenset[str], goes_on: Callable[[], bool] = lambda: True
) -> Iterator[Finding]:
    """Yield what each address answers; those in `skip` and those somebody speaks to at this moment are left out."""
    silent: dict[str, list[int]] = defaultdict(list)
    for pk, host in Miner.objects.exclude(host__in=skip).values_list("pk", "host"):
        silent[host].append(pk)
    held: dict[str, dict[int, str]] = {}

    def may_ask(host: str) -> bool:
        """Take the leases of the silent miners stored at an address; none is needed where there is none."""
        if host not in silent:
            return True
        taken = take(silent[host]) if host not in held else {}
        if taken:
            held[host] = taken
        return bool(taken)

    asked: dict[str, Any] = {"ports": ports, "skip": skip, "goes_on": goes_on, "may_ask": may_ask}
    try:
        for finding in scan(filter(may_ask, hosts), **asked, listen_s=settings.HMM_MDNS_LISTEN_S):
            yield finding
            give_back(held.pop(finding.host, {}))
    finally:
        for taken in held.values():
            give_back(taken)


@contextmanager
def alone_at(host: str, port: int | None, *, now: datetime) -> Iterator[bool]:
    """Hold whatever miners are stored at an address while it is asked; False when somebody speaks to one."""
    there = Miner.objects.filter(host=host)
    stored = list((there.filter(port=port) if port else there).values_list("pk", flat=True))
    taken = take(stored, now=now)
    try:
        with within(STEP_S) if taken else nullcontext():  # what is held is asked no longer than it is held
            yield len(taken) == len(stored)
    finally:
        give_back(taken)


def take(pks: Sequence[int], *, now: datetime | None = None) -> dict[int, str]:
    """Return the leases of all of these miners, or none."""
    taken: dict[int, str] = {}
    for pk in pks:
        taken[pk] = Miner.objects.take(pk, now=now or read_clock(), for_search=True)
        if not taken[pk]:
            give_back(taken)
            return {}
    return taken


def give_back(taken: dict[int, str]) -> None:
    for pk, holder in taken.items():
        Miner.objects.give_back(pk, holder)


def place_of(host: str, port: int | None) -> str:
    """Return an address with its port, as a line of a search names it."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def asked_lately(target: str) -> list[float]:
    """Return when a search asked what answers at an address: before it is a miner nobody else notes it."""
    newest = list(Job.objects.filter(kind__in=SEARCHES).order_by("-pk").values_list("pk", flat=True)[:LATELY])
    lines = JobLine.objects.filter(job__in=newest, target=target).values_list("detail", flat=True)
    return [moment for detail in lines if detail for moment in detail.get("asked_at", [])]
