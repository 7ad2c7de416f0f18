"""One question to a supplier over HTTP: a deadline for the whole of it, a limit in bytes, no redirects."""

import contextlib
import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from energy.tariffs.base import DataError, TemporaryError

TIMEOUT_S = (5, 20)  # to connect, and between two bytes
TOTAL_S = 45.0
ANSWER_LIMIT = 8_000_000  # bytes
CHUNK = 65_536
USER_AGENT = "home-miner-manager (self-hosted)"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, read to the end."""

    status: int
    headers: Mapping[str, str]
    content: bytes


class CutLine(HTTPAdapter):
    """Hangs up when the time is over: the time-outs of a socket begin again with every byte that trickles in."""

    def __init__(self, total_s: float) -> None:
        super().__init__()
        self.lines: list[socket.socket] = []
        self.is_cut = False
        self.timer = threading.Timer(total_s, self.cut)
        self.timer.daemon = True

    def get_connection_with_tls_context(self, *arguments: Any, **options: Any) -> Any:
        pool: Any = super().get_connection_with_tls_context(*arguments, **options)
        lines = self.lines

        class Connection(pool.ConnectionCls):  # type: ignore[misc]  # plain or TLS, known only here
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


def ask(address: str, *, total_s: float = TOTAL_S) -> Answer:
    """Return the answer to a GET, whatever its status. Raise TemporaryError without one, DataError for a flood."""
    adapter = CutLine(total_s)
    with requests.Session() as session:
        session.mount("http://", adapter)
        session.mount("https://", adapter)
        adapter.timer.start()
        try:
            answer = read(session, address)
        except requests.RequestException as error:
            why = f"It took longer than {total_s:g} s" if adapter.is_cut else type(error).__name__
            raise TemporaryError(f"The price feed does not answer: {why}.") from error
        finally:
            adapter.timer.cancel()
    if adapter.is_cut:
        raise TemporaryError(f"The price feed does not answer: It took longer than {total_s:g} s.")
    return answer


def read(session: requests.Session, address: str) -> Answer:
    content = bytearray()
    with session.get(
        address,
        timeout=TIMEOUT_S,
        headers={"User-Agent": USER_AGENT, "Accept": "application/json"},
        allow_redirects=False,
        stream=True,
    ) as answer:
        for chunk in answer.iter_content(CHUNK):
            content += chunk
            if len(content) > ANSWER_LIMIT:
                raise DataError("The price feed's answer is far too long.")
        return Answer(answer.status_code, answer.headers, bytes(content))
