"""Hear devices that announce themselves by mDNS. One question goes to everybody, and to no device itself.

Only newer AxeOS does it; whatever else there is has to be looked for. A network without multicast, such as a
container's bridge, is no error: nothing is heard there.
"""

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from zeroconf import Error as MdnsError
from zeroconf import IPVersion, ServiceBrowser, ServiceInfo, ServiceStateChange, Zeroconf

from hmm.hosts import as_ip, is_allowed
from miners.drivers.registry import announced_services

logger = logging.getLogger(__name__)

NAMES_MAX = 256  # anybody in the network can announce anything
ASKED_AGAIN_S = 1.0  # for the address of a name that came without one


class Announcements:
    """What was heard so far: names, to be asked for their addresses at the end."""

    def __init__(self, seconds: float) -> None:
        self.ends = time.monotonic() + seconds
        self.names: dict[str, str] = {}
        self.line: Zeroconf | None = None

    def note(
        self, zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange
    ) -> None:  # the names are those of the library's call
        del zeroconf
        if state_change is not ServiceStateChange.Removed and len(self.names) < NAMES_MAX:
            self.names[name] = service_type

    def places(self) -> Iterator[tuple[str, int]]:
        """Wait for the end of the listening and give each private address and port that was announced."""
        if self.line is None:
            return
        time.sleep(max(0.0, self.ends - time.monotonic()))
        given: set[tuple[str, int]] = set()
        ends = time.monotonic() + ASKED_AGAIN_S
        for name, service in list(self.names.items()):
            found = place_of(self.line, name, service, wait_s=ends - time.monotonic())
            if found is not None and found not in given:
                given.add(found)
                yield found


def place_of(line: Zeroconf, name: str, service: str, *, wait_s: float) -> tuple[str, int] | None:
    """Return the first private address of a name and its port, None for one that has none."""
    try:
        told = ServiceInfo(service, name)
        if not told.load_from_cache(line) and (wait_s <= 0 or not told.request(line, wait_s * 1000)):
            return None
        addresses = [as_ip(text) for text in told.parsed_addresses(IPVersion.V4Only)]
    except (MdnsError, OSError, ValueError) as error:
        logger.info("%r announces itself and cannot be understood: %s", name[:80], error)
        return None
    allowed = [str(address) for address in addresses if address is not None and is_allowed(address)]
    return (allowed[0], told.port) if allowed and told.port else None


@contextmanager
def announcements(seconds: float, *, services: Sequence[str] = ()) -> Iterator[Announcements]:
    """Listen from now on for so many seconds; with 0 not at all."""
    heard = Announcements(seconds)
    asked: Any = list(services or announced_services())
    if seconds <= 0 or not asked:
        yield heard
        return
    try:
        heard.line = Zeroconf(ip_version=IPVersion.V4Only)
        browser = ServiceBrowser(heard.line, asked, handlers=[heard.note])
    except (MdnsError, OSError) as error:
        logger.info("Announcements (mDNS) cannot be heard on this computer: %s", error)
        yield heard
        return
    try:
        yield heard
    finally:
        browser.cancel()
        heard.line.close()
