"""Look for miners in networks: who answers, and what it is. Writes nothing and changes nothing on any device."""

import ipaddress
import socket
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from html import unescape
from http.client import HTTPException
from itertools import islice
from re import DOTALL, IGNORECASE
from re import compile as pattern

from hmm.hosts import AddressRefusedError, is_allowed
from hmm.net import counted, exchange, knock, within
from miners.announcements import announcements
from miners.drivers.base import DriverError, NotAMinerError, PayloadError, Reading, RefusedError, UnreachableError
from miners.drivers.registry import default_ports, recognise

ADDRESSES_MAX = 4096  # a /20; more only when a person says so
ADDRESSES_MOST = 65536
PORTS_MOST = 8
KNOCK_S = 1.2
LOOK_S = 12.0  # all that is said to one address; it ends before a lease does
THREADS = 48
HTTP_PORT = 80
TITLE = pattern(rb"<title[^>]*>([^<]{1,120})", IGNORECASE | DOTALL)
FALLBACK_NETWORK = "192.168.1.0/24"
Place = tuple[str, tuple[int, ...]]  # an address and the ports to knock at


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one address answered: a miner's reading, or words about what else is there. Silence has neither."""

    host: str
    port: int | None = None
    reading: Reading | None = None
    words: str = ""
    requests: tuple[float, ...] = ()  # seconds after its first, for the device's budget

    @property
    def is_silent(self) -> bool:
        return self.reading is None and not self.words


def network_of(text: str, *, large: bool = False) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    """Return the network written as 192.168.1.0/24. Raise AddressRefusedError with the remedy.

    `large`: a person confirmed that more than a /20 is to be looked through.
    """
    try:
        network = ipaddress.ip_network(text.strip(), strict=False)
    except ValueError as error:
        raise AddressRefusedError(f"{text.strip()!r:.60} is no network. Write it like 192.168.1.0/24.") from error
    most = ADDRESSES_MOST if large else ADDRESSES_MAX
    if network.num_addresses > most:
        remedy = "" if large else " Choose a smaller one, or confirm that it is meant to be so large."
        raise AddressRefusedError(f"{network} has {network.num_addresses} addresses; at most {most} at once.{remedy}")
    if not (is_allowed(network[0]) and is_allowed(network[-1])):
        raise AddressRefusedError(f"{network} is not a private network. Write it like 192.168.1.0/24.")
    return network


def hosts_of(text: str, *, large: bool = False) -> list[str]:
    """Return the addresses of a network such as 192.168.1.0/24. Raise AddressRefusedError with the remedy."""
    return [str(host) for host in network_of(text, large=large).hosts()]


def ports_of(text: str) -> tuple[int, ...]:
    """Return the ports typed, or those where the families are at home. Raise AddressRefusedError for what is none."""
    typed = text.replace(",", " ").split()
    if len(typed) > PORTS_MOST or not all(part.isdecimal() and 1 <= int(part[:6]) <= 65535 for part in typed):
        raise AddressRefusedError(f"{text.strip()!r:.40}: write up to {PORTS_MOST} ports from 1 to 65535, or none.")
    return tuple(dict.fromkeys(map(int, typed))) or default_ports()


def own_network() -> str:
    """Return the /24 this computer is in; nothing is sent to find it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.168.255.255", 9))
            address = ipaddress.ip_address(probe.getsockname()[0])
        except OSError:
            return FALLBACK_NETWORK
    if not is_allowed(address) or address.is_loopback:
        return FALLBACK_NETWORK
    return str(ipaddress.ip_network(f"{address}/24", strict=False))


def scan(
    hosts: Iterable[str],
    *,
    ports: Sequence[int] = (),
    skip: frozenset[str] = frozenset(),
    goes_on: Callable[[], bool] = lambda: True,
    may_ask: Callable[[str], bool] = lambda _host: True,
    listen_s: float = 0.0,
) -> Iterator[Finding]:
    """Yield what each address answers, in the order of the answers.

    Addresses in `skip` are known and not disturbed. At most `THREADS` addresses are asked at a time and nothing
    is queued beyond them, so a large network takes no more memory than a small one. `goes_on` stops it early.
    Meanwhile, from the start and for `listen_s`, it hears who announces itself; those come last, if they `may_ask`.
    """
    asked = tuple(ports) or default_ports()
    seen: set[str] = set(skip)
    with (
        announcements(listen_s) as heard,
        ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="scan") as pool,
    ):
        yield from answers(pool, in_networks(hosts, asked, seen), goes_on)
        if goes_on():
            others = ((host, (port,)) for host, port in heard.places() if host not in seen or port not in asked)
            allowed = (place for place in others if place[0] not in skip and may_ask(place[0]))
            yield from answers(pool, allowed, goes_on)


def in_networks(hosts: Iterable[str], ports: tuple[int, ...], seen: set[str]) -> Iterator[Place]:
    """Give each address that was not seen yet, and note it."""
    for host in hosts:
        if host not in seen:
            seen.add(host)
            yield host, ports


def answers(pool: ThreadPoolExecutor, places: Iterator[Place], goes_on: Callable[[], bool]) -> Iterator[Finding]:
    """Yield what is said at each place, as soon as it is said."""
    running: set[Future[Finding]] = {pool.submit(look_at, *place) for place in islice(places, THREADS)}
    while running:
        done, running = wait(running, return_when=FIRST_COMPLETED)
        for future in done:
            yield future.result()
        if goes_on():
            running |= {pool.submit(look_at, *place) for place in islice(places, len(done))}


def look_at(host: str, ports: Sequence[int] = ()) -> Finding:
    """Knock at every port at once and ask whoever opens; the first that is a miner is the answer."""
    told = Finding(host=host)
    with within(LOOK_S), counted() as asked:
        try:
            doors = knock(host, tuple(ports) or default_ports(), seconds=KNOCK_S)
        except OSError:
            return told
        for port in doors:
            try:
                reading = recognise(host, port)
            except DriverError as error:
                told = told if told.words else Finding(host=host, port=port, words=in_words(error, host, port))
            else:
                return Finding(
                    host=host, port=port, reading=reading, requests=tuple(seconds for _host, seconds in asked)
                )
    return told


def in_words(error: DriverError, host: str, port: int) -> str:
    """Say what answers at an address that is no miner of ours, so that a person knows the thing."""
    if isinstance(error, UnreachableError):
        return f"Port {port} opens, and then nothing is said. A miner that hangs does that; restart it and try again."
    if isinstance(error, RefusedError):
        return f"{error} If it is a miner, its firmware keeps this computer out, as it does with VPNs."
    if isinstance(error, PayloadError):
        return f"It talks like a miner and cannot be understood: {error}"
    if not isinstance(error, NotAMinerError):
        return str(error)
    title = title_at(host, port) if port == HTTP_PORT else ""
    return f"A web page, “{title}”: a router, printer, camera or the like. No miner." if title else str(error)


def title_at(host: str, port: int) -> str:
    """Return the title of the page at an address, short and on one line; empty without one."""
    try:
        answer = exchange(host, port, "GET", "/", total_s=3.0, connect_s=KNOCK_S)
    except (AddressRefusedError, OSError, HTTPException):
        return ""
    found = TITLE.search(answer.body[:20_000])
    words = unescape(found.group(1).decode("utf-8", "replace")) if found else ""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in words).split())[:60]
