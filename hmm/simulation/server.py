"""A small HTTP server that can misbehave: what every simulator stands on.

It ships with the product. A control door on its own port stays open while the device plays dead.
"""

import json
import socket
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, ClassVar, Self

from hmm.simulation.ports import HeldPort

STALL_S = 60.0  # how long a stalled answer keeps its client waiting at most
LOOKS_EVERY_S = 0.1
TRICKLE_S = 1.0  # between two bytes of a trickling answer


class Reply:
    """A status with a body; `None` as the body is an empty one."""

    def __init__(
        self, status: int, body: Any = None, *, content_type: str = "application/json", headers: Any = None
    ) -> None:
        self.status = status
        self.content = body if isinstance(body, bytes) else b"" if body is None else encode(body)
        self.content_type = content_type
        self.headers: dict[str, str] = dict(headers or {})


def encode(body: Any) -> bytes:
    return body.encode() if isinstance(body, str) else json.dumps(body).encode()


class QuietServer(ThreadingHTTPServer):
    """Threads end with the process; a client that hangs up is no news."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: simulators are left in the middle of an answer all the time."""


WRONG_ANSWERS = ("empty", "malformed", "wrong_type", "binary", "html", "redirect")


class Simulator(ABC):
    """A server with faults. Subclasses answer `respond(method, path, body, headers)`.

    `fault` is one of `known_faults`, to which families add their own; `refuse_with` is the status of a refusal.
    """

    known_faults: ClassVar[frozenset[str]] = frozenset(
        {"none", "refuse", "stall", "trickle", "truncate", "vanish", *WRONG_ANSWERS}
    )

    def __init__(
        self, *, host: str = "127.0.0.1", port: int = 0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.host, self.port = host, port
        self.clock = clock
        self.fault = "none"
        self.refuse_with = 503
        self.delay_s = 0.0
        self.requests: list[tuple[float, str, str, Any]] = []
        self.max_parallel = 0
        self._inside: set[int] = set()
        self._lock = threading.RLock()
        self._stopping = threading.Event()
        self._server: QuietServer | None = None
        self._held = HeldPort()
        self._door: QuietServer | None = None

    # --- life -------------------------------------------------------------------------------------

    def start(self) -> Self:
        self._stopping.clear()
        self._listen()
        self._door = self._serve(0, self._control)
        return self

    def stop(self) -> None:
        self._stopping.set()
        self._hang_up()
        self._held.let_go()
        if self._door is not None:
            self._door.shutdown()
            self._door.server_close()
            self._door = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def control_url(self) -> str:
        """Return where orders are taken: POST {"fault": "stall"} or any attribute the family allows."""
        assert self._door is not None  # noqa: S101  # the simulator has been started
        return f"http://{self.host}:{self._door.server_address[1]}/"

    def set_fault(self, fault: str) -> None:
        """Put a fault on or take it off; "vanish" closes the port as a pulled plug would.

        Raise ValueError for one that this simulator does not have: it would answer as if it were well.
        """
        self.check_fault(fault)
        with self._lock:
            self.fault = fault
        if fault == "vanish":
            self._hang_up()
        elif self._server is None and not self._stopping.is_set():
            self._listen()

    def check_fault(self, fault: str) -> None:
        if fault not in self.known_faults:
            known = ", ".join(sorted(self.known_faults))
            raise ValueError(f"There is no fault {fault!r:.40} here; there are: {known}.")

    def obey(self, order: dict[str, Any]) -> None:
        """Carry out an order of the control door."""
        if "fault" in order:
            self.set_fault(str(order["fault"]))

    def describe(self) -> dict[str, Any]:
        """Return what the control door tells of the simulator."""
        return {"fault": self.fault, "requests": len(self.requests), "max_parallel": self.max_parallel}

    @abstractmethod
    def respond(self, method: str, path: str, body: bytes, headers: Any) -> Reply:
        """Answer one request as the real thing would."""

    # --- serving ------------------------------------------------------------------------------------

    def _listen(self) -> None:
        if self._server is None:
            self._held.let_go()
            self._server = self._open(self.port)
            self.port = int(self._server.server_address[1])

    def _open(self, port: int) -> QuietServer:
        return self._serve(port, self._answer)

    def _hang_up(self) -> None:
        with self._lock:
            server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            server.server_close()
            self._held.hold(self.host, self.port)

    def _serve(self, port: int, answer: Callable[[BaseHTTPRequestHandler, bytes], None]) -> QuietServer:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 20

            def handle_any(self) -> None:
                self.close_connection = True
                length = int(self.headers.get("Content-Length") or 0)
                answer(self, self.rfile.read(length) if length else b"")

            do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = handle_any  # noqa: N815  # http.server's names

            def log_message(self, format: str, *args: Any) -> None:  # http.server's name
                """Keep quiet."""

        server = QuietServer((self.host, port), Handler)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
        return server

    def _control(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        try:
            order = json.loads(body) if body else {}
            if handler.command == "POST":
                self.obey(order)
            send(handler, Reply(200, self.describe()))
        except (ValueError, KeyError, TypeError) as error:
            send(handler, Reply(400, {"error": str(error)}))

    def _answer(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        with self._lock:
            self._inside.add(id(handler))
            self.max_parallel = max(self.max_parallel, self.parallel)
            self.requests.append((self.clock(), handler.command, handler.path, body.decode("utf-8", "replace")))
            del self.requests[:-2000]
        try:
            self._misbehave_or_answer(handler, body)
        finally:
            self._let_go(handler)

    @property
    def parallel(self) -> int:
        """How many requests wait for their answer at this moment."""
        return len(self._inside)

    def _let_go(self, handler: object) -> None:
        with self._lock:
            self._inside.discard(id(handler))

    def _stall(self, client: socket.socket) -> None:
        """Keep a client waiting until it gives up or the device is well again; who has left takes up no place."""
        ends = time.monotonic() + STALL_S
        while time.monotonic() < ends and (self.fault == "stall" or self.is_hanging()) and not has_left(client):
            if self._stopping.wait(LOOKS_EVERY_S):
                return

    def _misbehave_or_answer(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        if self.delay_s:
            self._stopping.wait(self.delay_s)
        if self.fault == "stall" or self.is_hanging():
            self._stall(handler.connection)
            return
        if self.fault in FIXED:
            reply = FIXED[self.fault](self)
        else:
            reply = self.respond(handler.command, handler.path, body, handler.headers)
        if self.fault == "trickle":
            self._trickle(handler, reply)
        elif self.fault == "truncate":
            send(handler, reply, cut=len(reply.content) // 2)
        else:
            self._let_go(handler)  # with the last byte the asker may ask again, sooner than this thread ends
            send(handler, reply)

    def is_hanging(self) -> bool:
        """Tell whether the device has stopped answering by itself."""
        return False

    def _trickle(self, handler: BaseHTTPRequestHandler, reply: Reply) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        try:
            for byte in reply.content or b" ":
                if self._stopping.wait(TRICKLE_S):
                    return
                handler.wfile.write(bytes([byte]))
        except OSError:
            return


def has_left(client: socket.socket) -> bool:
    """Tell whether whoever asked has closed the connection."""
    try:
        return client.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


FIXED: dict[str, Callable[[Simulator], Reply]] = {
    "refuse": lambda simulator: Reply(simulator.refuse_with, "Refused", content_type="text/plain"),
    "empty": lambda _simulator: Reply(200),
    "malformed": lambda _simulator: Reply(200, b'{"hashRate": 1.5, "version": "v'),
    "wrong_type": lambda _simulator: Reply(200, [1, "two", None]),
    "binary": lambda _simulator: Reply(200, bytes(range(256))),
    "html": lambda _simulator: Reply(200, "<!doctype html><title>Router</title>", content_type="text/html"),
    "redirect": lambda _simulator: Reply(302, "Redirect", content_type="text/html", headers={"Location": "/"}),
}


def send(handler: BaseHTTPRequestHandler, reply: Reply, *, cut: int | None = None) -> None:
    """Write a reply; `cut` closes the line after that many bytes of the promised body."""
    try:
        handler.send_response(reply.status)
        handler.send_header("Content-Type", reply.content_type)
        handler.send_header("Content-Length", str(len(reply.content)))
        handler.send_header("Connection", "close")
        for name, value in reply.headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(reply.content if cut is None else reply.content[:cut])
        handler.wfile.flush()
        if cut is not None:
            handler.connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return
