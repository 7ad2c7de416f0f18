"""A stratum pool on loopback that welcomes a subscription, or misbehaves."""

import json
import socketserver
import threading
from types import TracebackType
from typing import Any, Self

STALL_S = 30.0


class StratumSimulator:
    """`fault` is none, vanish, stall, hang_up, garbage or refuse. A notice comes before each answer."""

    def __init__(self, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.host, self.port = host, port
        self.fault = "none"
        self.asked = 0
        self._stopping = threading.Event()
        self._server: socketserver.ThreadingTCPServer | None = None

    def start(self) -> Self:
        self._stopping.clear()
        simulator = self

        class Handler(socketserver.StreamRequestHandler):
            timeout = 20

            def handle(self) -> None:
                try:
                    simulator.answer(self.rfile, self.wfile)
                except OSError:
                    return

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            allow_reuse_address = True

        self._server = Server((self.host, self.port), Handler)
        self.port = int(self._server.server_address[1])
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
        return self

    def stop(self) -> None:
        self._stopping.set()
        server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            server.server_close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def control_url(self) -> str:
        return ""

    def set_fault(self, fault: str) -> None:
        """Put a fault on or take it off."""
        self.fault = fault
        if fault == "vanish":
            self.stop()
        elif self._server is None:
            self.start()

    def answer(self, reader: Any, writer: Any) -> None:
        line = reader.readline(65_536)
        self.asked += 1
        if self.fault == "stall":
            self._stopping.wait(STALL_S)
        if self.fault in {"stall", "hang_up"}:
            return
        if self.fault == "garbage":
            writer.write(b"<html>no stratum here</html>\n")
            return
        asked = json.loads(line)
        writer.write(json.dumps({"id": None, "method": "mining.set_difficulty", "params": [1000]}).encode() + b"\n")
        refused = {"id": asked["id"], "result": None, "error": [20, "no", None]}
        welcome = {"id": asked["id"], "result": [[["mining.notify", "ab"]], "f2b944e0", 8], "error": None}
        writer.write(json.dumps(refused if self.fault == "refuse" else welcome).encode() + b"\n")
