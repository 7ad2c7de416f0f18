"""Services on the internet: one question over HTTP with a deadline for all of it, a limit in bytes, no redirects.

Addresses that a user gave are `guarded`: this computer itself and link-local addresses are refused, checked
on the very connection that is used, so a name cannot point elsewhere a moment later.
"""

import contextlib
import ipaddress
import socket
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests
from django.conf import settings
from requests.adapters import HTTPAdapter
from urllib3.exceptions import NameResolutionError

from hmm.hosts import as_ip
from hmm.net import DeadlineSocket

TIMEOUT_S = (5, 20)  # to connect, and between two bytes
TOTAL_S = 45.0
ANSWER_LIMIT = 8_000_000  # bytes
CHUNK = 65_536
USER_AGENT = "home-miner-manager (self-hosted)"
# What a parser raises on a shape nobody thought of. A body is foreign: it costs its own reading, and is logged.
UNFORESEEN = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


class OutsideError(Exception):
    """The service gave no answer that can be used."""


class NoAnswerError(OutsideError):
    """Nobody answered in time."""


class TooLongError(OutsideError):
    """The answer is longer than the limit."""


class RefusedAddressError(OutsideError):
    """The address is one that HMM does not speak to."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, read to the end."""

    status: int
    headers: Mapping[str, str]
    content: bytes


def is_open(address: IpAddress) -> bool:
    """Tell whether a user-given service may live there: the internet, a private network, or an added one."""
    if any(address.version == network.version and address in network for network in settings.HMM_DEVICE_NETWORKS):
        return True
    inside = address.is_loopback or address.is_link_local or address.is_unspecified
    return not (inside or address.is_multicast or address.is_reserved)


def refuse_unless_open(host: str) -> None:
    """Raise RefusedAddressError for an IP address HMM does not speak to."""
    address = as_ip(host)
    if address is None or not is_open(address):
        raise RefusedAddressError(
            f"{host} is this computer itself or no address of a service. Write the service's own address."
        )


class CutLine(HTTPAdapter):
    """Hangs up when the time is over: the time-outs of a socket begin again with every byte that trickles in."""

    def __init__(self, total_s: float, *, guarded: bool) -> None:
        super().__init__()
        self.lines: list[socket.socket] = []
        self.guarded = guarded
        self.is_cut = False
        self.timer = threading.Timer(total_s, self.cut)
        self.timer.daemon = True

    def get_connection_with_tls_context(self, *arguments: Any, **options: Any) -> Any:
        pool: Any = super().get_connection_with_tls_context(*arguments, **options)
        lines, guarded = self.lines, self.guarded

        class Connection(pool.ConnectionCls):  # type: ignore[misc]  # plain or TLS, known only here
            def _new_conn(self) -> socket.socket:
                line: socket.socket = super()._new_conn()
                if guarded:
                    try:
                        refuse_unless_open(str(line.getpeername()[0]))
                    except BaseException:
                        line.close()
                        raise
                return line

            def connect(self) -> None:
                super().connect()
                lines.append(self.sock)

        pool.ConnectionCls = Connection
        return pool

    def cut(self) -> None:
        self.is_cut = True
        for line in self.lines:
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)


def ask(
    address: str,
    *,
    headers: Mapping[str, str] | None = None,
    total_s: float = TOTAL_S,
    limit: int = ANSWER_LIMIT,
    guarded: bool = False,
) -> Answer:
    """Return the answer to a GET, whatever its status. `limit` is in bytes.

    Raise NoAnswerError, TooLongError, or RefusedAddressError for a guarded address.
    """
    adapter = CutLine(total_s, guarded=guarded)
    with requests.Session() as session:
        session.mount("http://", adapter)
        session.mount("https://", adapter)
        adapter.timer.start()
        try:
            answer = read(session, address, headers or {}, limit)
        except (requests.RequestException, UnicodeError) as error:
            why = f"It took longer than {total_s:g} s" if adapter.is_cut else words_for(error)
            raise NoAnswerError(why) from error
        finally:
            adapter.timer.cancel()
    if adapter.is_cut:
        raise NoAnswerError(f"It took longer than {total_s:g} s")
    return answer


def words_for(error: Exception) -> str:
    """Return why there was no answer, as a person would say it."""
    cause = getattr(error.args[0], "reason", None) if error.args else None
    if isinstance(cause, NameResolutionError):
        return "its name is not known here"
    if isinstance(error, requests.exceptions.SSLError):
        return "its certificate is not trusted"
    if isinstance(error, requests.exceptions.Timeout):
        return "nothing came in time"
    if isinstance(error, requests.exceptions.ConnectionError):
        return "no connection could be made, or it broke off"
    if isinstance(error, requests.exceptions.ChunkedEncodingError | requests.exceptions.ContentDecodingError):
        return "the answer broke off"
    return "its address cannot be used"


def read(session: requests.Session, address: str, headers: Mapping[str, str], limit: int) -> Answer:
    content = bytearray()
    with session.get(
        address,
        timeout=TIMEOUT_S,
        headers={"User-Agent": USER_AGENT, "Accept": "application/json", **headers},
        allow_redirects=False,
        stream=True,
    ) as answer:
        for chunk in answer.iter_content(CHUNK):
            content += chunk
            if len(content) > limit:
                raise TooLongError("The answer is far too long.")
        return Answer(answer.status_code, answer.headers, bytes(content))


def connect(host: str, port: int, *, total_s: float, connect_s: float, guarded: bool) -> DeadlineSocket:
    """Open a TCP connection; the deadline of the whole exchange starts here. Raise OSError or RefusedAddressError."""
    deadline = time.monotonic() + total_s
    answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    if not answers:
        raise socket.gaierror(f"{host} has no address")
    family, _kind, _protocol, _name, place = answers[0]
    if guarded:
        refuse_unless_open(str(place[0]))
    line = DeadlineSocket(family, socket.SOCK_STREAM)
    line.deadline = deadline
    try:
        line.settimeout(max(0.1, min(connect_s, deadline - time.monotonic())))
        line.connect(place)
    except BaseException:
        line.close()
        raise
    return line
