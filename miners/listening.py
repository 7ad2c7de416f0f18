"""Listen to devices that broadcast. Anybody in the network can send a datagram, so little is believed.

The source address is believed, the payload is not: its size and rate are capped, what cannot be read is
dropped, and an address it claims that is not its source is logged once.
"""

import logging
import socket
import threading
import time
from collections import OrderedDict

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import close_old_connections, connections

from hmm.clock import now as read_clock
from hmm.hosts import as_ip, check_address, is_allowed
from hmm.ops.listeners import Listener, register
from miners.drivers.abilities import Broadcasts
from miners.drivers.base import PayloadError, Reading, UnreachableError
from miners.drivers.registry import FAMILIES
from miners.services.hearing import Told, take_in

logger = logging.getLogger(__name__)

SIZE_MAX = 4096  # bytes; one more is asked for, so that a longer datagram is seen to be one
LOOK_EVERY_S = 0.5
TRY_AGAIN_S = 30.0
EACH_SOURCE_EVERY_S = 1.0
ALL_SOURCES_A_SECOND = 100
SOURCES_MAX = 256


class Gate:
    """Let a datagram of one source through once a second, and so many of all; keep a bounded memory."""

    def __init__(self) -> None:
        self.last: OrderedDict[str, float] = OrderedDict()
        self.second, self.passed = 0.0, 0

    def lets_through(self, source: str, at: float) -> bool:
        if at - self.last.get(source, float("-inf")) < EACH_SOURCE_EVERY_S:
            return False
        if at - self.second >= 1.0:
            self.second, self.passed = at, 0
        if self.passed >= ALL_SOURCES_A_SECOND:
            return False
        self.passed += 1
        self.last[source] = at
        self.last.move_to_end(source)
        while len(self.last) > SOURCES_MAX:
            self.last.popitem(last=False)
        return True


class Once:
    """Say a thing once; forget the oldest beyond a number."""

    def __init__(self) -> None:
        self.said: OrderedDict[tuple[str, ...], None] = OrderedDict()

    def is_new(self, *thing: str) -> bool:
        if thing in self.said:
            return False
        self.said[thing] = None
        while len(self.said) > SOURCES_MAX:
            self.said.popitem(last=False)
        return True


class Ear:
    """Judges the datagrams of one family and hands on what can be read."""

    def __init__(self, kind: str, family: Broadcasts) -> None:
        self.kind, self.family = kind, family
        self.gate, self.once = Gate(), Once()

    def hear(self, datagram: bytes, source: str, *, at: float) -> Told | None:
        """Return what is worth recording, None for what is dropped. `at` is monotonic, in seconds."""
        address = as_ip(source)
        if address is None or not is_allowed(address) or not self.gate.lets_through(source, at):
            return None
        try:
            if len(datagram) > SIZE_MAX:
                raise PayloadError(f"It is longer than {SIZE_MAX} bytes.")
            heard = self.family.heard(datagram)
        except PayloadError as error:
            if self.once.is_new("unreadable", source):
                logger.info("A datagram from %s cannot be read: %s", source, error)
            return None
        claimed = heard.claimed_host
        if claimed and claimed != source and self.once.is_new("spoof", source, claimed):
            logger.warning("A datagram from %s claims to come from %.45s; its source is believed", source, claimed)
        return Told(kind=self.kind, source=source, datagram=datagram, heard=heard)


def open_ears(port: int) -> socket.socket:
    """Bind a UDP port on every interface; others on this computer may listen to it too. Raise OSError."""
    ears = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        ears.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if hasattr(socket, "SO_REUSEPORT"):
            ears.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        ears.bind(("0.0.0.0", port))
    except OSError:
        ears.close()
        raise
    ears.settimeout(LOOK_EVERY_S)
    return ears


def next_datagram(ears: socket.socket) -> tuple[bytes, str] | None:
    try:
        datagram, source = ears.recvfrom(SIZE_MAX + 1)
    except TimeoutError:
        return None
    return datagram, str(source[0])


def listen(kind: str, port: int, stopping: threading.Event) -> None:
    """Listen until the event is set; a port that cannot be had is tried again."""
    ear = Ear(kind, family_of(kind))
    while not stopping.is_set():
        try:
            ears = open_ears(port)
        except OSError as error:
            if ear.once.is_new("port", str(error)):
                logger.warning("UDP port %s cannot be listened to, so devices are not heard: %s", port, error)
            stopping.wait(TRY_AGAIN_S)
            continue
        with ears:
            keep_hearing(ear, ears, stopping)
    connections.close_all()


def keep_hearing(ear: Ear, ears: socket.socket, stopping: threading.Event) -> None:
    while not stopping.is_set():
        got = next_datagram(ears)
        told = ear.hear(*got, at=time.monotonic()) if got is not None else None
        if told is None:
            continue
        close_old_connections()
        try:
            take_in(told, now=read_clock())
        except DatabaseError as error:
            logger.warning("A reading of %s was heard and not stored: %s", told.source, error)


def hear_one(kind: str, host: str, *, seconds: float, port: int | None = None) -> Reading:
    """Return the next reading that a host broadcasts. Raise UnreachableError when there is none in time."""
    source, family = str(check_address(host)), family_of(kind)
    port = port or port_of(kind)
    ends, odd = time.monotonic() + seconds, ""
    try:
        with open_ears(port) as ears:
            while time.monotonic() < ends:
                got = next_datagram(ears)
                if got is None or got[1] != source:
                    continue
                try:
                    return family.heard(got[0]).reading
                except PayloadError as error:
                    odd = str(error)
    except OSError as error:
        raise UnreachableError(f"UDP port {port} cannot be listened to: {error}.") from error
    if odd:
        raise PayloadError(odd)
    raise UnreachableError(
        f"Nothing was heard from {source} on UDP port {port} in {seconds:g} s."
        " Is it powered, and in the same network as HMM?"
    )


def family_of(kind: str) -> Broadcasts:
    """Return a family that is heard. Raise UnreachableError for one that says nothing by itself."""
    driver: object = FAMILIES[kind]  # the class itself hears; there is no address to make one of
    if not isinstance(driver, Broadcasts):
        raise UnreachableError(f"{FAMILIES[kind].label} tells nothing by itself.")
    return driver


def port_of(kind: str) -> int:
    """Return the UDP port a family is heard at; 0 is none."""
    ports: dict[str, int] = settings.HMM_UDP_PORTS
    return ports.get(kind, family_of(kind).broadcast_port)


def heard_kinds() -> list[str]:
    """Return the families that tell by themselves."""
    families: dict[str, object] = {**FAMILIES}
    return [kind for kind, driver in families.items() if isinstance(driver, Broadcasts)]


def register_listeners() -> None:
    """Make a listener of each family that broadcasts; a port of 0 switches it off."""
    for kind in heard_kinds():
        register(listener_of(kind))


def listener_of(kind: str) -> Listener:
    port = port_of(kind)
    return Listener(
        name=f"{FAMILIES[kind].label} on UDP {port}",
        needed=lambda: port_of(kind) > 0,
        listen=lambda stopping: listen(kind, port, stopping),
    )
