"""One look at a stratum port: connect, TLS where the pool has it, subscribe, hang up. Nobody signs in."""

import socket
import ssl
import time
from dataclasses import dataclass

from hmm import outside
from hmm.net import tls_context
from pools.backends.stratum import wire

TOTAL_S, CONNECT_S = 10.0, 5.0
LINE_MAX, LINES_MAX = 65_536, 50
CONNECT_WORDS: tuple[tuple[type[Exception], str], ...] = (
    (outside.RefusedAddressError, "refused_address"),
    (socket.gaierror, "dns"),
    (UnicodeError, "dns"),
    (TimeoutError, "timeout"),
    (OSError, "tcp_refused"),
)
TALK_WORDS: tuple[tuple[type[OSError], str], ...] = (
    (TimeoutError, "timeout"),
    (ssl.SSLError, "tls_error"),
    (OSError, "no_reply"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What came of it: ok, tcp_refused, timeout, dns, tls_error, no_reply, bad_reply or refused_address."""

    outcome: str
    connect_ms: float | None = None
    reply_ms: float | None = None

    @property
    def ok(self) -> bool:
        return self.outcome == "ok"


def probe(
    host: str, port: int, *, tls: bool = False, verify: bool = True, guarded: bool = True, total_s: float = TOTAL_S
) -> Look:
    """Return whether a pool takes a subscription, and how long it took. Raises nothing."""
    began = time.monotonic()
    try:
        line = outside.connect(host, port, total_s=total_s, connect_s=CONNECT_S, guarded=guarded)
    except (OSError, UnicodeError, outside.RefusedAddressError) as error:
        return Look(outcome=next(word for kind, word in CONNECT_WORDS if isinstance(error, kind)))
    connect_ms = (time.monotonic() - began) * 1000
    try:
        with line:
            if not tls:
                return talk(line, connect_ms, began + total_s)
            line.settimeout(CONNECT_S)
            with tls_context(verify=verify).wrap_socket(line, server_hostname=host) as secure:
                return talk(secure, connect_ms, began + total_s)
    except OSError as error:
        word = next(word for kind, word in TALK_WORDS if isinstance(error, kind))
        return Look(outcome=word, connect_ms=connect_ms)


def talk(line: socket.socket, connect_ms: float, ends: float) -> Look:
    """Subscribe and read lines until ours is answered."""
    asked = time.monotonic()
    line.sendall(wire.subscribe())
    waiting = b""
    for _line in range(LINES_MAX):
        while b"\n" not in waiting:
            left = ends - time.monotonic()
            if left <= 0:
                return Look(outcome="timeout", connect_ms=connect_ms)
            line.settimeout(left)
            piece = line.recv(4096)
            waiting += piece
            if not piece or len(waiting) > LINE_MAX:
                return Look(outcome="bad_reply" if waiting else "no_reply", connect_ms=connect_ms)
        answer, _newline, waiting = waiting.partition(b"\n")
        welcome = wire.is_welcome(answer)
        if welcome is not None:
            reply_ms = (time.monotonic() - asked) * 1000
            return Look(outcome="ok" if welcome else "bad_reply", connect_ms=connect_ms, reply_ms=reply_ms)
    return Look(outcome="bad_reply", connect_ms=connect_ms)
