"""A small TCP server that can misbehave: for devices that take one request a connection and close it.

It has the control door and the faults of the HTTP simulators. Like the real thing it has one thread: whoever
connects while it answers somebody else waits in the queue.
"""

import socket
import socketserver
import struct
import threading
from abc import abstractmethod
from typing import Any

from hmm.simulation.server import STALL_S, TRICKLE_S, QuietServer, Reply, Simulator

REQUEST_MAX = 4096  # bytes, taken in one piece
RESET = struct.pack("ii", 1, 0)  # linger: close with a reset instead of an end


class LineSimulator(Simulator):
    """A device on a bare TCP port. Subclasses answer `answer(request)` with the bytes of a reply.

    Beside the faults of every simulator: `garbage` answers with what is no protocol at all, `reset` hangs up
    in the middle, `crowd` refuses whoever is not alone. There is no redirect: it speaks no HTTP.
    """

    known_faults = (Simulator.known_faults | {"garbage", "reset", "crowd"}) - {"redirect"}

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._turn = threading.Lock()  # one connection is served at a time

    @abstractmethod
    def answer(self, request: bytes) -> bytes:
        """Answer one request as the real thing would; b"" hangs up without a word."""

    def is_closed(self) -> bool:
        """Tell whether the port is closed for now, as while a device starts."""
        return False

    def respond(self, method: str, path: str, body: bytes, headers: Any) -> Reply:
        """Speak no HTTP; only the control door does."""
        del method, path, body, headers
        return Reply(404)

    def _open(self, port: int) -> QuietServer:
        simulator = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                simulator.converse(self.request)

        server = QuietServer((self.host, port), Handler)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
        return server

    def converse(self, connection: socket.socket) -> None:
        """Serve one connection when it is its turn."""
        with self._lock:
            self._inside.add(id(connection))
            self.max_parallel = max(self.max_parallel, self.parallel)
        try:
            if self.is_closed() or (self.fault == "crowd" and self.parallel > 1):
                hang_up(connection)
                return
            with self._turn:
                self._serve_one(connection)
        except OSError:
            return
        finally:
            self._let_go(connection)

    def _serve_one(self, connection: socket.socket) -> None:
        connection.settimeout(20)
        request = connection.recv(REQUEST_MAX)
        with self._lock:
            self.requests.append((self.clock(), "TCP", "", request.decode("utf-8", "replace")))
            del self.requests[:-2000]
        if not request:
            return
        if self.delay_s:
            self._stopping.wait(self.delay_s)
        if self.fault == "stall" or self.is_hanging():
            self._wait_for_the_end(connection)
            return
        if self.fault in {"reset", "empty"}:
            if self.fault == "reset":
                hang_up(connection)
            return
        self._send(connection, self._reply_to(request))

    def _reply_to(self, request: bytes) -> bytes:
        if self.fault in FIXED_LINES:
            return FIXED_LINES[self.fault]
        reply = self.answer(request)
        return reply[: len(reply) // 2] if self.fault == "truncate" else reply

    def _send(self, connection: socket.socket, reply: bytes) -> None:
        if self.fault != "trickle":
            self._let_go(connection)  # with the last byte the asker may ask again, sooner than this thread ends
            connection.sendall(reply)
            return
        for byte in reply:
            if self._stopping.wait(TRICKLE_S):
                return
            connection.sendall(bytes([byte]))

    def _wait_for_the_end(self, connection: socket.socket) -> None:
        """Keep a client waiting until it leaves, or the simulator stops."""
        connection.settimeout(0.2)
        for _moment in range(int(STALL_S / 0.2)):
            if self._stopping.is_set() or self.fault != "stall":
                return
            try:
                if not connection.recv(1):
                    return
            except TimeoutError:
                continue


FIXED_LINES = {
    "html": b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\n\r\n<!doctype html><title>Router</title>",
    "garbage": bytes(range(1, 256)) * 3,
    "malformed": b'{"STATUS":[{"STATUS":"S","Code":22,\0',
    "wrong_type": b'[1,"two",null]\0',
    "binary": bytes(range(256)),
}


def hang_up(connection: socket.socket) -> None:
    """Close with a reset, as a port that is closed does."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    connection.close()
