"""A stratum pool on loopback that welcomes a subscription, or misbehaves."""

import ipaddress
import json
import socketserver
import ssl
import tempfile
import threading
from datetime import timedelta
from types import TracebackType
from typing import Any, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from hmm.clock import now as read_clock
from hmm.simulation.ports import HeldPort

STALL_S = 30.0
VALID_FOR = timedelta(days=2)


def own_certificate(host: str) -> tuple[bytes, ssl.SSLContext]:
    """Return a certificate for an address, signed by itself, and how a server speaks with it."""
    key, now = ec.generate_private_key(ec.SECP256R1()), read_clock()
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "stratum simulator")])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - VALID_FOR)
        .not_valid_after(now + VALID_FOR)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    written = certificate.public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile() as file:  # the standard library takes files only
        file.write(secret + written)
        file.flush()
        context.load_cert_chain(file.name)
    return written, context


class StratumSimulator:
    """`fault` is none, vanish, stall, hang_up, garbage or refuse. A notice comes before each answer.

    With `tls` it speaks TLS, with a certificate that it made itself and nobody knows; see `certificate`.
    """

    def __init__(self, *, host: str = "127.0.0.1", port: int = 0, tls: bool = False) -> None:
        self.host, self.port = host, port
        self.certificate = b""
        self.tls: ssl.SSLContext | None = None
        if tls:
            self.certificate, self.tls = own_certificate(host)
        self.fault = "none"
        self.asked = 0
        self._stopping = threading.Event()
        self._server: socketserver.ThreadingTCPServer | None = None
        self._held = HeldPort()

    def start(self) -> Self:
        self._stopping.clear()
        self._held.let_go()
        simulator = self

        class Handler(socketserver.StreamRequestHandler):
            timeout = 20

            def setup(self) -> None:
                if simulator.tls is not None:
                    self.request.settimeout(self.timeout)
                    self.request = simulator.tls.wrap_socket(self.request, server_side=True)
                super().setup()

            def handle(self) -> None:
                try:
                    simulator.answer(self.rfile, self.wfile)
                except OSError:
                    return

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            allow_reuse_address = True

            def handle_error(self, request: Any, client_address: Any) -> None:
                """Say nothing: who does not like the certificate hangs up."""

        self._server = Server((self.host, self.port), Handler)
        self.port = int(self._server.server_address[1])
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
        return self

    def stop(self) -> None:
        self._hang_up()
        self._held.let_go()

    def _hang_up(self) -> None:
        self._stopping.set()
        server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            server.server_close()
            self._held.hold(self.host, self.port)

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
            self._hang_up()
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
