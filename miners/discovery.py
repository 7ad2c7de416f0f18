"""Look for miners in a network: who answers, and what it is."""

import ipaddress
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed

from hmm.net import AddressRefusedError, is_allowed, open_connection
from miners.drivers.base import DriverError, NotAMinerError, Reading
from miners.drivers.registry import default_ports, recognise

ADDRESSES_MAX = 1024
KNOCK_S = 1.2
THREADS = 48


def hosts_of(text: str) -> list[str]:
    """Return the addresses of a network such as 192.168.1.0/24. Raise AddressRefusedError with the remedy."""
    try:
        network = ipaddress.ip_network(text.strip(), strict=False)
    except ValueError as error:
        raise AddressRefusedError(f"{text.strip()!r:.60} is no network. Write it like 192.168.1.0/24.") from error
    if network.num_addresses > ADDRESSES_MAX:
        raise AddressRefusedError(
            f"{network} has {network.num_addresses} addresses; at most {ADDRESSES_MAX} at once."
        )
    first, last = network[0], network[-1]
    if not (is_allowed(first) and is_allowed(last)):
        raise AddressRefusedError(f"{network} is not a private network. Write it like 192.168.1.0/24.")
    return [str(host) for host in network.hosts()]


def scan(hosts: list[str], *, skip: frozenset[str] = frozenset()) -> Iterator[tuple[str, Reading | str | None]]:
    """Yield each address with a reading, a sentence about what else answers there, or None for silence.

    Addresses in `skip` are known and not disturbed.
    """
    wanted = [host for host in hosts if host not in skip]
    with ThreadPoolExecutor(max_workers=THREADS) as pool:
        futures = {pool.submit(look_at, host): host for host in wanted}
        for future in as_completed(futures):
            yield futures[future], future.result()


def look_at(host: str) -> Reading | str | None:
    """Knock at the ports of every family and ask whoever opens; the first that is a miner is the answer."""
    told: str | None = None
    for port in default_ports():
        try:
            open_connection(host, port, total_s=KNOCK_S, connect_s=KNOCK_S).close()
        except OSError:
            continue
        try:
            return recognise(host, port)
        except NotAMinerError as error:
            told = str(error)
        except DriverError:
            told = told or "Something answers there, and it is no miner that is known."
    return told
