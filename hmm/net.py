"""The one guarded opener: every connection to an address a user gave goes through here.

Only private networks are spoken to (`hosts.py`). The address is resolved once and the connection goes to that very
answer, so a name cannot point elsewhere a moment later. One deadline covers the whole exchange, so a
device that trickles bytes is cut off too.
"""

import errno
import http.client
import json as json_format
import selectors
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from hmm.hosts import check_address

ANSWER_LIMIT = 256_000  # bytes
TOTAL_S, CONNECT_S = 8.0, 4.0


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What came back, read to the end."""

    status: int
    content_type: str
    body: bytes


_counting: ContextVar[tuple[float, list[tuple[str, float]]] | None] = ContextVar("counting", default=None)


@contextmanager
def counted() -> Iterator[list[tuple[str, float]]]:
    """Give a list that fills with each connection opened inside: its host, and seconds since the block began."""
    opened: list[tuple[str, float]] = []
    token = _counting.set((time.monotonic(), opened))
    try:
        yield opened
    finally:
        _counting.reset(token)


def note_opened(host: str) -> None:
    counting = _counting.get()
    if counting is not None:
        began, opened = counting
        opened.append((host, time.monotonic() - began))


def opened_so_far() -> int:
    """Return how many connections were opened inside the innermost `counted` block, 0 outside of one."""
    counting = _counting.get()
    return len(counting[1]) if counting is not None else 0


_ends_at: ContextVar[float | None] = ContextVar("ends_at", default=None)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Let all exchanges inside end within so many seconds together; each gets what is left."""
    ends = time.monotonic() + seconds
    outer = _ends_at.get()
    token = _ends_at.set(ends if outer is None else min(ends, outer))
    try:
        yield
    finally:
        _ends_at.reset(token)


def deadline_of(total_s: float) -> float:
    """Return when an exchange that starts now has to be over, on the monotonic clock."""
    own, shared = time.monotonic() + total_s, _ends_at.get()
    return own if shared is None else min(own, shared)


class DeadlineSocket(socket.socket):
    """A socket whose every wait ends at one deadline on the monotonic clock."""

    deadline: float

    def _wait_no_longer(self) -> None:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the deadline has passed")
        self.settimeout(left)

    def recv_into(self, *arguments: Any, **named: Any) -> int:
        self._wait_no_longer()
        return super().recv_into(*arguments, **named)

    def sendall(self, *arguments: Any, **named: Any) -> None:
        self._wait_no_longer()
        super().sendall(*arguments, **named)


def open_connection(
    host: str, port: int, *, total_s: float = TOTAL_S, connect_s: float = CONNECT_S
) -> DeadlineSocket:
    """Connect to a checked address. The deadline of the whole exchange starts here.

    Raise TimeoutError, before a byte is sent, when resolving the name or `within` left no time.
    """
    deadline = deadline_of(total_s)
    address = check_address(host)
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("the deadline has passed")
    note_opened(host)
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    connection = DeadlineSocket(family, socket.SOCK_STREAM)
    connection.deadline = deadline
    try:
        connection.settimeout(min(connect_s, left))
        connection.connect((str(address), port))
    except BaseException:
        connection.close()
        raise
    return connection


def knock(host: str, ports: Sequence[int], *, seconds: float) -> list[int]:
    """Return which ports of a host open within so many seconds; all are tried at the same time, nothing is sent.

    Raise AddressRefusedError, or OSError for a name without an address.
    """
    address = check_address(host)
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    ends, opened = time.monotonic() + seconds, []
    with ExitStack() as doors, selectors.DefaultSelector() as waiting:
        for port in ports:
            door = doors.enter_context(socket.socket(family, socket.SOCK_STREAM))
            door.setblocking(False)
            state = door.connect_ex((str(address), port))
            if state in {0, errno.EINPROGRESS}:
                waiting.register(door, selectors.EVENT_WRITE, port)
        while waiting.get_map() and (left := ends - time.monotonic()) > 0:
            for key, _events in waiting.select(left):
                waiting.unregister(key.fileobj)
                if key.fileobj.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0:  # type: ignore[union-attr]  # ours
                    opened.append(key.data)
    return [port for port in ports if port in opened]


def tls_context(*, verify: bool = True) -> ssl.SSLContext:
    """Return how to speak TLS; without `verify` a certificate of one's own making is taken too."""
    context = ssl.create_default_context()
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


@contextmanager
def secured(connection: DeadlineSocket, host: str, tls: ssl.SSLContext) -> Iterator[socket.socket]:
    """Give a connection in TLS. What trickles is hung up on at the deadline: TLS waits anew with each byte."""
    left = max(0.1, connection.deadline - time.monotonic())
    connection.settimeout(left)

    def hang_up() -> None:
        with suppress(OSError):
            line.shutdown(socket.SHUT_RDWR)

    line = tls.wrap_socket(connection, server_hostname=host)
    timer = threading.Timer(max(0.1, connection.deadline - time.monotonic()), hang_up)
    timer.daemon = True
    timer.start()
    try:
        yield line
    finally:
        timer.cancel()
        line.close()


def exchange(
    host: str,
    port: int,
    method: str,
    path: str,
    *,
    json: Any = None,
    headers: Mapping[str, str] | None = None,
    tls: ssl.SSLContext | None = None,
    total_s: float = TOTAL_S,
    connect_s: float = CONNECT_S,
    limit: int = ANSWER_LIMIT,
) -> HttpAnswer:
    """Send one HTTP request and read its answer to the end; no redirect is followed. `limit` is in bytes.

    Raise AddressRefusedError, OSError (TimeoutError and ssl.SSLError included) or http.client.HTTPException.
    """
    body = json_format.dumps(json).encode() if json is not None else None
    sent = {"Connection": "close", "Accept": "application/json", "User-Agent": "home-miner-manager"}
    if body is not None:
        sent["Content-Type"] = "application/json"
    sent |= headers or {}
    with open_connection(host, port, total_s=total_s, connect_s=connect_s) as connection:
        if tls is None:
            return converse(connection, host, port, method, path, body=body, headers=sent, limit=limit)
        with secured(connection, host, tls) as line:
            return converse(line, host, port, method, path, body=body, headers=sent, limit=limit)


def converse(
    line: socket.socket,
    host: str,
    port: int,
    method: str,
    path: str,
    *,
    body: bytes | None,
    headers: Mapping[str, str],
    limit: int,
) -> HttpAnswer:
    """Speak HTTP over an open line, one request and its answer."""
    client = http.client.HTTPConnection(host, port)
    client.sock = line
    client.auto_open = 0
    client.request(method, path, body=body, headers=headers)
    with client.getresponse() as answer:
        content = answer.read(limit + 1)
        if len(content) > limit:
            raise http.client.HTTPException(f"the answer is longer than {limit} bytes")
        length = answer.getheader("Content-Length")
        if length is not None and length.isdigit() and len(content) < int(length):
            raise http.client.IncompleteRead(content, int(length) - len(content))
        return HttpAnswer(answer.status, answer.getheader("Content-Type") or "", content)


def send_datagram(host: str, port: int, content: bytes) -> None:
    """Send one datagram to a checked address. Nothing tells whether it arrived.

    Raise AddressRefusedError or OSError.
    """
    address = check_address(host)
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as sender:
        sender.sendto(content, (str(address), port))
