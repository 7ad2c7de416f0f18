"""One HTTP request to a chat service, or to an address a person typed. Bounded in time, size and where it goes."""

import http.client
import ipaddress
import json as json_format
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from hmm.hosts import as_ip, is_allowed
from hmm.net import DeadlineSocket, converse, deadline_of, secured, tls_context
from notifications.transports.base import MessageRefusedError, PermanentError, TryLaterError, UnansweredError

TOTAL_S, CONNECT_S, LIMIT = 15.0, 5.0, 1_000_000


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and its JSON, None for anything else."""

    status: int
    json: Any
    text: str


def resolve(host: str, port: int, *, trusted: bool) -> tuple[int, str]:
    """Return the family and address to connect to. A typed one is public or in an allowed private network.

    Raise PermanentError for an address that is not spoken to, OSError without one.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    for family, _kind, _protocol, _name, where in found:
        address = as_ip(str(where[0]))
        if address is not None and (trusted or address.is_global or is_allowed(address)):
            return int(family), str(address)
    raise PermanentError(
        f"{host} is this computer or no ordinary network. If it is meant, add it to HMM_DEVICE_NETWORKS."
    )


def connect(host: str, port: int, *, trusted: bool, total_s: float = TOTAL_S) -> DeadlineSocket:
    """Open a line whose every wait ends at one deadline."""
    deadline = deadline_of(total_s)
    family, address = resolve(host, port, trusted=trusted)
    line = DeadlineSocket(family, socket.SOCK_STREAM)
    line.deadline = deadline
    try:
        line.settimeout(max(0.1, min(CONNECT_S, deadline - time.monotonic())))
        line.connect((address, port))
    except BaseException:
        line.close()
        raise
    return line


def post(
    url: str,
    body: Any,
    *,
    trusted: bool,
    service: str,
    headers: Mapping[str, str] | None = None,
    total_s: float = TOTAL_S,
) -> Answer:
    """Send JSON and read the answer. `trusted` is for addresses from the settings, not for typed ones.

    Raise TryLaterError when nothing was sent, UnansweredError when it may have arrived, PermanentError.
    The words name the service, never the address: that may hold a token.
    """
    parts = urlsplit(url)
    host, is_tls = parts.hostname or "", parts.scheme == "https"
    content = body if isinstance(body, bytes) else json_format.dumps(body).encode()
    sent = {"Connection": "close", "Content-Type": "application/json", "User-Agent": "home-miner-manager"}
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    port = parts.port or (443 if is_tls else 80)
    try:
        line = connect(host, port, trusted=trusted, total_s=total_s)
    except (OSError, UnicodeError) as error:
        raise TryLaterError(f"{service} cannot be reached: {reason_of(error)}.") from error
    try:
        with line:
            args: dict[str, Any] = {"body": content, "headers": {**sent, **(headers or {})}, "limit": LIMIT}
            if is_tls:
                with secured(line, host, tls_context()) as safe:
                    answer = converse(safe, host, port, "POST", path, **args)
            else:
                answer = converse(line, host, port, "POST", path, **args)
    except ssl.SSLCertVerificationError as error:
        raise TryLaterError(f"The certificate of {service} is not trusted: {error.verify_message}.") from error
    except (OSError, http.client.HTTPException) as error:
        raise UnansweredError(f"{service} did not answer to the end; the message may have arrived.") from error
    return Answer(answer.status, as_json(answer.body), answer.body[:200].decode("utf-8", "replace"))


def reason_of(error: Exception) -> str:
    return "no answer in time" if isinstance(error, TimeoutError) else str(getattr(error, "strerror", "") or error)


def as_json(content: bytes) -> Any:
    try:
        return json_format.loads(content)
    except ValueError:
        return None


def wait_of(answer: Answer) -> float:
    """Return the pause an answer 429 asks for, in seconds; a minute when it names none."""
    told: dict[str, Any] = answer.json if isinstance(answer.json, dict) else {}
    parameters = told.get("parameters")
    inner: dict[str, Any] = parameters if isinstance(parameters, dict) else {}
    for value in (told.get("retry_after"), inner.get("retry_after")):
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 10**7:
            return float(value)
    return 60.0


def raise_for(answer: Answer, service: str, words: str = "") -> None:
    """Raise what an answer other than 2xx means."""
    status = answer.status
    if 200 <= status < 300:
        return
    said = f"{service} answered {status}" + (f": {words}"[:200] if words else "") + "."
    if status == 429:
        raise TryLaterError(said, after_s=wait_of(answer))
    if status >= 500 or status == 408:
        raise TryLaterError(said)
    if status in {400, 413, 422}:
        raise MessageRefusedError(said)
    raise PermanentError(said)


def is_web_address(text: str) -> bool:
    """Tell whether a typed address can be posted to."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    is_plain = text.isascii() and text.isprintable() and " " not in text
    literal = as_ip(parts.hostname or "")
    refused = isinstance(literal, ipaddress.IPv4Address | ipaddress.IPv6Address) and (
        literal.is_link_local or literal.is_multicast or literal.is_unspecified
    )
    return is_plain and parts.scheme in {"http", "https"} and bool(parts.hostname) and port != 0 and not refused
