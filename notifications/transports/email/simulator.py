"""A small SMTP server on loopback. `fault` may be none, refuse (550), busy (451), login (535) or vanish."""

import socket
import socketserver
import threading
from types import TracebackType
from typing import Self


class MailSimulator:
    """It keeps each mail as its bytes."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []
        self.fault = "none"
        self._server: socketserver.ThreadingTCPServer | None = None

    @property
    def address(self) -> str:
        assert self._server is not None  # noqa: S101  # the simulator has been started
        return f"127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        simulator = self

        class Handler(socketserver.StreamRequestHandler):
            timeout = 20

            def handle(self) -> None:
                simulator.converse(self)

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None  # noqa: S101  # the simulator has been started
        self._server.shutdown()
        self._server.server_close()

    def converse(self, line: socketserver.StreamRequestHandler) -> None:
        """Speak as a mail server does until the other side quits."""
        line.wfile.write(b"220 simulated\r\n")
        while raw := line.rfile.readline(2000):
            word = raw.split()[0].upper() if raw.split() else b""
            line.wfile.write(self._answer(word))
            if word == b"QUIT":
                return
            if word == b"DATA":
                self._take(line)

    def _answer(self, word: bytes) -> bytes:
        refusals = {("login", b"AUTH"): b"535 no\r\n", ("refuse", b"RCPT"): b"550 no such user\r\n"}
        refusals[("busy", b"MAIL")] = b"451 later\r\n"
        known = {b"EHLO": b"250-simulated\r\n250 AUTH PLAIN\r\n", b"DATA": b"354 go on\r\n", b"QUIT": b"221 bye\r\n"}
        known[b"AUTH"] = b"235 in\r\n"
        return refusals.get((self.fault, word)) or known.get(word, b"250 ok\r\n")

    def _take(self, line: socketserver.StreamRequestHandler) -> None:
        mail = b""
        while (raw := line.rfile.readline(70_000)) and raw != b".\r\n":
            mail += raw
        self.mails.append(mail)
        if self.fault != "vanish":
            line.wfile.write(b"250 taken\r\n")
        else:
            line.connection.shutdown(socket.SHUT_RDWR)
