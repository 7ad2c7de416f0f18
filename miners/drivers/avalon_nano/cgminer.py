"""One conversation with a cgminer API: a connection for each request, one after the other, under one deadline."""

import json
import time

from hmm.hosts import AddressRefusedError
from hmm.net import TOTAL_S, DeadlineSocket, open_connection
from miners.drivers.avalon_nano.replies import INVALID_COMMAND, NUL, Section, code_of, expect, parse
from miners.drivers.base import Address, PayloadError, RefusedError, UnreachableError

CONNECT_S = 3.0
PAUSE_S = 0.1  # the server has one thread; the next request comes after it has put the last one away
ANSWER_LIMIT = 256_000  # bytes
CHUNK = 16_384


class Conversation:
    """The requests of one call of the driver. Whatever their number, they end at one deadline."""

    def __init__(self, address: Address, *, total_s: float = TOTAL_S) -> None:
        self.address = address
        self.deadline = time.monotonic() + total_s
        self.spoken = False
        self.connected = False  # the newest request found somebody to take it

    def ask(self, command: str, parameter: str = "") -> Section:
        """Send one command and return its answer, whatever its status."""
        request = {"command": command, "parameter": parameter} if parameter else {"command": command}
        return parse(self._exchange(encoded(request)), (command,))[""]

    def ask_all(self, *commands: str) -> dict[str, Section]:
        """Ask several reads in one request; one by one where the device cannot join them."""
        request = {"command": "+".join(commands)}
        answers = parse(self._exchange(encoded(request)), commands)
        if "" not in answers:
            return answers
        if code_of(answers[""]) != INVALID_COMMAND:
            expect(answers[""], what="Reading")
            raise PayloadError("The device answers something other than what was asked.")
        return {command: self.ask(command) for command in commands}

    def _exchange(self, request: bytes) -> bytes:
        """Send one request in one piece and read to the NUL or to the end."""
        if self.spoken:
            time.sleep(PAUSE_S)
        self.spoken = True
        self.connected = False
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise UnreachableError(f"No answer from {self.address} in time. Is the miner powered?")
        try:
            with open_connection(
                self.address.host, self.address.port, total_s=left, connect_s=CONNECT_S
            ) as connection:
                self.connected = True
                connection.sendall(request)
                return read_to_the_end(connection)
        except AddressRefusedError as error:
            raise RefusedError(str(error)) from error
        except TimeoutError as error:
            raise UnreachableError(f"No answer from {self.address} in time. Is the miner powered?") from error
        except OSError as error:
            raise UnreachableError(
                f"No connection to {self.address}: {error.strerror or error}. Is the miner powered, or just starting?"
            ) from error


def encoded(request: dict[str, str]) -> bytes:
    """Return a request with a line end: cgminer skips it, and a web server says no at once."""
    return json.dumps(request).encode() + b"\n"


def read_to_the_end(connection: DeadlineSocket) -> bytes:
    raw = bytearray()
    buffer = bytearray(CHUNK)
    while NUL not in raw:
        count = connection.recv_into(buffer)
        if not count:
            break
        raw += buffer[:count]
        if len(raw) > ANSWER_LIMIT:
            raise PayloadError(f"The device's answer is longer than {ANSWER_LIMIT} bytes.")
    return bytes(raw)
